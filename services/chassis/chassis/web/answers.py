"""What handlers answer with: pages, pieces of them, and the way to the next page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from contracts.base import UUID_PATTERN

TOAST_COOKIE = "pli-toast"
_TOAST_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ID = re.compile(UUID_PATTERN)
_TOAST_LIFE = 60
_LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; font-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)


@dataclass(frozen=True)
class Toast:
    """A short text said once after an act; `href` and `link` lead to what came of it.

    `{id}` in `href` stands for the thing that the act made; `kind` is `good`, or `bad` for what went wrong.
    """

    text: str
    href: str | None = None
    link: str | None = None
    kind: str = "good"


@dataclass(frozen=True)
class WebPages:
    """A service's pages: the path they live under, where they lie, what they may say in passing, what else every
    template of the service may ask for by name, and the words beside the fields that a person writes in."""

    prefix: str
    templates: Path
    locale: Path | None = None
    static: Path | None = None
    toasts: Mapping[str, str | Toast] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def toast(self, said: str) -> Toast | None:
        """The toast of this code, or None when it is another service's or nobody's.

        `said` is the code, and what it is about behind a dot.
        """
        code, _, about = said.partition(".")
        found = self.toasts.get(code)
        toast = Toast(found) if isinstance(found, str) else found
        if toast is None or toast.href is None or "{id}" not in toast.href:
            return toast
        if not _ID.fullmatch(about):
            return Toast(toast.text)
        return replace(toast, href=toast.href.replace("{id}", about))


def page(
    template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> Template:
    """A page: a template that extends `shell.html` or `plain.html`. `errors` is there, empty if not given."""
    context = {"errors": {}, **context}
    return Template(template, context=context, status_code=status, headers=dict(headers or {}))


def fragment(
    template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> Template:
    """A piece of a page, for htmx."""
    return page(template, status=status, headers={"vary": "HX-Request", **(headers or {})}, **context)


def unchanged() -> Response[None]:
    """Nothing newer than what the page shows (204): htmx leaves it as it is."""
    return Response(None, status_code=204)


def see_other(url: str, toast: str | None = None, about: str | None = None) -> Redirect:
    """Go to a local address (303); `toast` is the code of what the next page says once, never free text.

    `about` is the id of the thing that the toast leads to.
    """
    _check_local(url)
    return Redirect(url, status_code=303, cookies=[toast_cookie(toast, about)] if toast else [])


def leave_for(url: str, toast: str | None = None, about: str | None = None) -> Response[None]:
    """What `see_other` is for a fragment: htmx leaves the page for this address."""
    _check_local(url)
    cookies = [toast_cookie(toast, about)] if toast else []
    return Response(None, status_code=204, headers={"hx-redirect": url}, cookies=cookies)


def _check_local(url: str) -> None:
    if not url.startswith("/") or url.startswith(("//", "/\\")):
        raise ValueError("only a local address can be gone to")


def toast_cookie(code: str, about: str | None = None) -> Cookie:
    """What carries a toast to the next page. Raises ValueError for what is no code, or no id."""
    if not _TOAST_CODE.fullmatch(code) or (about is not None and not _ID.fullmatch(about)):
        raise ValueError("a toast is named by its code, and what it is about by an id")
    value = f"{code}.{about}" if about else code
    return Cookie(key=TOAST_COOKIE, value=value, max_age=_TOAST_LIFE, path="/", httponly=True, samesite="lax")


def static_address(request: Request[Any, Any, Any], name: str) -> str:
    """Where a static file of the service or the shell is served, for what isn't a template."""
    engine: Any = request.app.template_engine
    return str(engine.engine.globals["static"](name))


def letter_document(html: str) -> Response[str]:
    """A letter's sanitised HTML as a document of its own, to be framed by our pages, without any script."""
    return Response(html, media_type="text/html", headers={"content-security-policy": _LETTER_POLICY})
