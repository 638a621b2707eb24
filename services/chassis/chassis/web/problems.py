"""Errors as people and programs read them: a page in the shell, or problem details (RFC 9457)."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException
from litestar.response import Redirect, Template

from chassis.errors import (
    BackingServiceAway,
    BodyTooLarge,
    Kind,
    LogInNeeded,
    NotFound,
    NotYet,
    PliError,
    TooManyRequests,
    recognise,
)
from chassis.i18n import mark as _
from chassis.identity import TokenForged
from chassis.telemetry import log
from chassis.web.asking import is_navigation, local_address, page_before, wants_page
from chassis.web.ports import TOKEN_COOKIE, parts_of
from chassis.web.requests import choose_language

RENEWAL = "/connexion/renouveler"
LOG_IN = "/connexion"
RETRY_AFTER = 5
"""Seconds until a program that is not a browser should ask again."""
PREPARED_AFTER, BACK_AFTER = 3, 10
"""Seconds between the looks of a page at what it stands for (`returning.js`): being prepared, or away."""


class MethodNotAllowed(PliError):
    """The address exists, and does not take this method."""

    code = "method-not-allowed"
    status = 405
    sentence = _("Cette page ne peut pas être demandée ainsi. Revenez à l'accueil.")


class UnreadableRequest(PliError):
    """The address or the headers cannot be read."""

    code = "unreadable-request"
    sentence = _("Cette adresse n'a pas pu être lue. Vérifiez-la ou revenez à l'accueil.")


class RequestBroken(PliError):
    """The browser went away in the middle of what it sent."""

    code = "request-broken"
    sentence = _("L'envoi a été interrompu. Vous pouvez réessayer.")


class Unexpected(PliError):
    """Nobody foresaw this."""

    status = 500
    sentence = _("Une erreur est survenue de notre côté. Vous pouvez réessayer dans un instant.")


_BY_STATUS: dict[int, type[PliError]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    429: TooManyRequests,
}
_TITLES = {
    401: _("Connexion nécessaire"),
    403: _("Demande refusée"),
    404: _("Page introuvable"),
    413: _("Envoi trop volumineux"),
    429: _("Trop de tentatives"),
    500: _("Une erreur est survenue"),
    503: _("Service momentanément indisponible"),
}
_NEXT = {
    401: _("Vous reviendrez ensuite à cette page."),
    404: _("Vérifiez l'adresse, ou revenez à l'accueil."),
    413: _("Revenez à la page précédente et choisissez un fichier plus petit."),
    429: _("Revenez à cette page un peu plus tard."),
    500: _("Si cela se reproduit, écrivez-nous depuis Aide & Contact."),
    503: _("Ce que vous aviez enregistré est conservé."),
}


@dataclass(frozen=True)
class Problem:
    """What is said of an error: a stable code, its HTTP status, one sentence, and what to do next."""

    code: str
    status: int
    title: str
    sentence: str
    next_step: str
    fields: tuple[str, ...] = ()
    returns: int | None = None
    """Seconds between two looks at whether the page in whose place it stands is there; None: no look."""

    @classmethod
    def of(cls, error: PliError) -> "Problem":
        """The problem this error is shown as."""
        return cls(
            code=error.code,
            status=error.status,
            title=_title(error),
            sentence=error.sentence,
            next_step=getattr(error, "next_step", _NEXT.get(error.status, "")),
            fields=getattr(error, "fields", ()),
            returns=_returns(error),
        )


def answer_error(request: "Request[Any, Any, Any]", error: Exception) -> Response[Any]:
    """The answer to a request that failed: never a stack trace, always a code and a sentence."""
    known = ours(error)
    _note(request, error, known)
    if _can_be_renewed(request, known):
        return Redirect(renewal_of(local_address(request)), status_code=303)
    if isinstance(known, MethodNotAllowed) and is_navigation(request):
        return Redirect(_page_above(request), status_code=303)
    problem = Problem.of(known)
    return _page(request, problem) if wants_page(request) else _details(request, problem)


def ours(error: Exception) -> PliError:
    """The error of ours that stands for this one."""
    if isinstance(error, InternalServerException) and "disconnected" in error.detail:
        return RequestBroken()
    if isinstance(error, HTTPException):
        wider = UnreadableRequest if error.status_code < 500 else Unexpected
        return _BY_STATUS.get(error.status_code, wider)()
    return recognise(error) or Unexpected()


def recognise_reader(request: "Request[Any, Any, Any]") -> None:
    """Know who reads the page of an address that no route has, whose request no middleware has seen."""
    scope: Any = request.scope
    if "user" in scope:
        return
    parts = parts_of(request)
    choose_language(request, parts.languages)
    with suppress(LogInNeeded):
        token = request.cookies.get(TOKEN_COOKIE)
        scope["user"] = parts.guard.identify(token, unsafe=False)


def renewal_of(address: str) -> str:
    """Where a session is renewed, to come back to this local address."""
    return f"{RENEWAL}?vers={quote(address, safe='/')}"


def _page_above(request: "Request[Any, Any, Any]") -> str:
    """The page that has the form of an address that only takes one: who reloads an answer comes back to it."""
    return request.url.path.rstrip("/").rpartition("/")[0] or "/"


def _returns(error: PliError) -> int | None:
    if isinstance(error, NotYet):
        return PREPARED_AFTER
    return BACK_AFTER if error.status == BackingServiceAway.status else None


def _title(error: PliError) -> str:
    if isinstance(error, NotYet):
        return _("Votre espace est en cours de préparation")
    return _TITLES.get(error.status, _("Cela n'a pas pu être fait"))


def _note(request: "Request[Any, Any, Any]", error: Exception, known: PliError) -> None:
    route = request.scope.get("path_template", "")
    if isinstance(known, Unexpected):
        log.error("web.unexpected", route=route, method=request.method, exc_info=error)
    elif known.kind is Kind.AWAY:
        log.warning("web.away", route=route, what=getattr(known, "what", ""))


def _can_be_renewed(request: "Request[Any, Any, Any]", error: PliError) -> bool:
    """Forged tokens are shown as such, or browsers would go round between two keys that differ."""
    if not isinstance(error, LogInNeeded) or isinstance(error, TokenForged):
        return False
    handler = request.scope.get("route_handler")
    return is_navigation(request) and not (handler and handler.opt.get("public"))


def _page(request: "Request[Any, Any, Any]", problem: Problem) -> Template:
    recognise_reader(request)
    context = {
        "problem": problem,
        "before": page_before(request),
        "here": local_address(request),
        "returns": problem.returns if is_navigation(request) else None,
    }
    template = "preparing.html" if problem.code == NotYet.code else "problem.html"
    return Template(template, context=context, status_code=problem.status, headers=_headers(problem))


def _details(request: "Request[Any, Any, Any]", problem: Problem) -> Response[dict[str, Any]]:
    say = parts_of(request).languages.gettext
    details: dict[str, Any] = {
        "type": f"urn:pli:problem:{problem.code}",
        "code": problem.code,
        "status": problem.status,
        "title": say(problem.sentence),
        "next": say(problem.next_step),
    }
    if problem.fields:
        details["fields"] = list(problem.fields)
    headers = _headers(problem) | {"vary": "HX-Request"}
    return Response(details, status_code=problem.status, media_type="application/problem+json", headers=headers)


def _headers(problem: Problem) -> dict[str, str]:
    return {} if problem.returns is None else {"retry-after": str(RETRY_AFTER)}
