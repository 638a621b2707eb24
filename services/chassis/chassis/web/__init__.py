"""Pages, forms, streams and errors, the same in every service. How to use it: README.md beside this file."""

from chassis.web.answers import (
    Toast,
    WebPages,
    fragment,
    leave_for,
    letter_document,
    page,
    see_other,
    static_address,
    unchanged,
)
from chassis.web.app import create_app
from chassis.web.asking import fetch_is_fragment
from chassis.web.dates import use_time_zone
from chassis.web.downloads import byte_stream, content_disposition
from chassis.web.forms import UnreadableFields, read_form
from chassis.web.live import ServerEvent, event_stream
from chassis.web.ports import TOKEN_COOKIE, Guard, Readiness, WebSettings

__all__ = [
    "TOKEN_COOKIE",
    "Guard",
    "Readiness",
    "ServerEvent",
    "Toast",
    "UnreadableFields",
    "WebPages",
    "WebSettings",
    "byte_stream",
    "content_disposition",
    "create_app",
    "event_stream",
    "fetch_is_fragment",
    "fragment",
    "leave_for",
    "letter_document",
    "page",
    "read_form",
    "see_other",
    "static_address",
    "unchanged",
    "use_time_zone",
]
