"""The headers of every answer: what a browser may load, keep and tell others."""

from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from typing import Any

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from chassis.web.answers import TOAST_COOKIE
from chassis.web.kept import gone
from chassis.web.rendering import TOAST_SHOWN
from chassis.web.sessions import GIVEN_BACK

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_UNLESS_SET = {
    "content-security-policy": PAGE_POLICY,
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
}
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
    ),
}
_HSTS = "max-age=63072000; includeSubDomains"

Hook = Callable[[Message, Scope], Awaitable[None]]


def security_headers(*, secure: bool) -> Hook:
    """A hook that completes every answer's headers; `secure` when browsers reach the site over TLS."""

    async def complete(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders.from_message(message)
        _complete(headers, secure)
        state = scope.get("state", {})
        if state.get(TOAST_SHOWN):
            headers.add("set-cookie", _no_more_toast())
        if state.get(GIVEN_BACK):
            headers.add("set-cookie", gone().to_header(header=""))

    return complete


def _complete(headers: MutableScopeHeaders, secure: bool) -> None:
    for name, value in _UNLESS_SET.items():
        headers.setdefault(name, value)
    for name, value in _ALWAYS.items():
        headers[name] = value
    if secure:
        headers["strict-transport-security"] = _HSTS


def _no_more_toast() -> str:
    cookie: Any = SimpleCookie({TOAST_COOKIE: ""})
    cookie[TOAST_COOKIE].update({"path": "/", "max-age": 0, "httponly": True, "samesite": "lax"})
    return str(cookie.output(header="").strip())
