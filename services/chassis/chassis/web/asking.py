"""How a request asks: for a page, a piece of one, or data."""

from typing import Any

from litestar.connection import ASGIConnection, Request
from litestar.datastructures import Headers

from chassis.web.ports import UNSAFE, parts_of


def fetch_is_fragment(request: "ASGIConnection[Any, Any, Any, Any]") -> bool:
    """Whether htmx asks, and a piece of the page is the answer."""
    return request.headers.get("hx-request") == "true"


def wants_page(request: "ASGIConnection[Any, Any, Any, Any]") -> bool:
    """Whether a person will look at the answer in a browser's window or frame."""
    mode = request.headers.get("sec-fetch-mode")
    if fetch_is_fragment(request) or mode not in (None, "navigate"):
        return False
    return "text/html" in request.headers.get("accept", "")


def is_navigation(request: "Request[Any, Any, Any]") -> bool:
    """Whether a browser goes to a page by a safe request, so that it can be sent elsewhere and back."""
    return request.method not in UNSAFE and wants_page(request)


def local_address(request: "ASGIConnection[Any, Any, Any, Any]") -> str:
    """The path and query of the request, as they were sent."""
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope.get("query_string", b"")
    return (path.partition(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")


def page_before(request: "ASGIConnection[Any, Any, Any, Any]") -> str | None:
    """The local address of the page that sent this request, or None when it is not one of ours."""
    origin = parts_of(request).settings.public_origin.rstrip("/")
    return local_part(request.headers, origin)


def local_part(headers: Headers, origin: str) -> str | None:
    """What follows our own origin in a `Referer`."""
    referer = headers.get("referer", "")
    if not referer.startswith(f"{origin}/"):
        return None
    return referer.removeprefix(origin)
