"""auth's cookies. None says anything by itself: random secrets whose hash we keep, and the signed token."""

from datetime import timedelta

from litestar.datastructures import Cookie

from auth.domain.activation import HOLD
from auth.domain.codes import ATTEMPT_LIFE
from auth.store.guesses import BROWSER_KNOWN_FOR
from auth.usecases.logging_in import LoggedIn
from chassis.web import TOKEN_COOKIE
from chassis.web.language import LANGUAGE_COOKIE

ATTEMPT = "__Host-pli-essai"
INVITATION = "__Host-pli-invitation"
BROWSER = "__Host-pli-navigateur"
SESSION = "__Secure-pli-session"
SESSION_PATH = "/connexion"
LANGUAGE_KEPT_FOR = timedelta(days=365)


def attempt(secret: str) -> Cookie:
    """Holds a log-in attempt to this browser."""
    return _cookie(ATTEMPT, secret, life=ATTEMPT_LIFE)


def invitation(secret: str) -> Cookie:
    """Holds a proved invitation to this browser."""
    return _cookie(INVITATION, secret, life=HOLD)


def token(value: str) -> Cookie:
    """The five-minute token; kept until the browser closes, so that an expired one asks to be renewed."""
    return _cookie(TOKEN_COOKIE, value)


def language(code: str) -> Cookie:
    """The language that a person chose; it outlives sessions."""
    return _cookie(LANGUAGE_COOKIE, code, life=LANGUAGE_KEPT_FOR)


def of_log_in(logged_in: LoggedIn) -> list[Cookie]:
    """What a browser gets when its log-in succeeded, and what it no longer needs."""
    return [
        *([language(logged_in.language)] if logged_in.language else []),
        token(logged_in.token),
        _cookie(SESSION, logged_in.handle.secret, path=SESSION_PATH),
        _cookie(BROWSER, logged_in.browser.secret, life=BROWSER_KNOWN_FOR),
        _gone(ATTEMPT),
    ]


def of_log_out() -> list[Cookie]:
    """A session that is over; the browser stays known."""
    return [_gone(TOKEN_COOKIE), _gone(SESSION, path=SESSION_PATH), _gone(ATTEMPT)]


def no_invitation() -> list[Cookie]:
    """An invitation that is used up."""
    return [_gone(INVITATION)]


def _gone(key: str, path: str = "/") -> Cookie:
    return _cookie(key, "", path=path, life=timedelta(0))


def _cookie(key: str, value: str, *, path: str = "/", life: timedelta | None = None) -> Cookie:
    max_age = None if life is None else int(life.total_seconds())
    return Cookie(key=key, value=value, path=path, max_age=max_age, httponly=True, secure=True, samesite="lax")
