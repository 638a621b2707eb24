"""What auth's handlers need to know of a request."""

from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from auth.settings import AuthSettings
from auth.store import AuthStore
from auth.usecases.activating import Activating
from auth.usecases.caller import Caller
from auth.usecases.logging_in import LoggingIn
from auth.usecases.preferring import Preferring
from auth.usecases.sessions import Sessions
from auth.web.cookies import BROWSER
from chassis.identity import Identity

Asked = Request[Identity | None, Any, State]
"""A request to a public page: it has an identity or none."""
AskedByPatient = Request[Identity, Any, State]

GivenSettings = NamedDependency[SkipValidation[AuthSettings]]
GivenStore = NamedDependency[SkipValidation[AuthStore]]
GivenSessions = NamedDependency[SkipValidation[Sessions]]
GivenActivating = NamedDependency[SkipValidation[Activating]]
GivenLoggingIn = NamedDependency[SkipValidation[LoggingIn]]
GivenPreferring = NamedDependency[SkipValidation[Preferring]]

FORM_LIMIT = 16_000
"""Bytes of a form of auth: a few short fields."""


def caller_of(request: "Request[Any, Any, State]") -> Caller:
    """Who is at the other end, as the gateway tells."""
    peer = request.client.host if request.client else None
    return Caller(peer=peer, browser=request.cookies.get(BROWSER), agent=request.headers.get("user-agent"))
