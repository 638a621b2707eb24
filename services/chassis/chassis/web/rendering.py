"""Jinja as the pages use it: everything escaped, undefined names are errors, texts through gettext."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar.connection import Request
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template.config import TemplateConfig

from chassis.clock import now
from chassis.i18n import mark as _
from chassis.identity.identity import SESSION_IDLE
from chassis.identity.tokens import TOKEN_LIFE
from chassis.web import dates, kept
from chassis.web.answers import TOAST_COOKIE, Toast, WebPages
from chassis.web.language import Languages, current_language
from chassis.web.ports import WebSettings
from chassis.web.static_files import StaticFiles

ACCESSIBILITY_STATES = (_("totalement conforme"), _("partiellement conforme"), _("non conforme"))
TOAST_SHOWN = "pli_toast_shown"
_NAVIGATION = (
    ("accueil", "/", _("Accueil"), "house"),
    ("profil", "/profil", _("Profil médical"), "heart-pulse"),
    ("documents", "/documents", _("Documents"), "folder"),
    ("messagerie", "/messagerie", _("Messagerie"), "mail"),
)


def engine(
    folders: Sequence[Path], pages: WebPages, settings: WebSettings, files: StaticFiles, languages: Languages
) -> TemplateConfig[JinjaTemplateEngine]:
    """Litestar's template engine over `folders`, the service's before the shell's."""
    environment = Environment(
        loader=FileSystemLoader(list(folders)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=settings.development,
    )
    _install_texts(environment, languages)
    environment.globals.update(_globals(pages, settings, files) | dict(pages.names))
    environment.filters.update(_filters(languages))
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


def _install_texts(environment: Environment, languages: Languages) -> None:
    install: Any = environment
    install.install_gettext_callables(languages.gettext, languages.ngettext, newstyle=True)
    environment.policies["ext.i18n.trimmed"] = True
    environment.policies["urlize.target"] = "_blank"
    environment.policies["urlize.rel"] = "noopener noreferrer nofollow"
    environment.globals.update(say=languages.gettext, languages=languages.names)


def _globals(pages: WebPages, settings: WebSettings, files: StaticFiles) -> dict[str, Any]:
    return {
        "static": files.address,
        "service_name": settings.service_name,
        "language": current_language,
        "accessibility_state": getattr(settings, "accessibility_state", ACCESSIBILITY_STATES[-1]),
        "this_year": lambda: dates.local(now()).year,
        "navigation": _NAVIGATION,
        "signed_in": _signed_in,
        "toast": _toast_of(pages),
        "given_back": kept.given_back,
        "value_of": kept.value_of,
        "is_ticked": kept.is_ticked,
        "typed_labels": pages.labels,
        "keeping": f"{pages.prefix.rstrip('/')}/_saisie",
        "session_holds_until": _session_holds_until,
    }


def _filters(languages: Languages) -> dict[str, Any]:
    return {
        "list_date": lambda at: dates.list_date(at, languages),
        "day": dates.day,
        "moment": dates.moment,
        "full_moment": dates.full_moment,
        "hour": dates.hour,
        "size": lambda count: dates.size(count, languages),
    }


@pass_context
def _signed_in(context: Context) -> bool:
    request: Request[Any, Any, Any] = context["request"]
    return request.scope.get("user") is not None


@pass_context
def _session_holds_until(context: Context) -> str:
    """Until when the session holds for who does nothing more, without scripts: "14 h 40"; empty without one.

    Without scripts only navigations renew a token, and each is activity: the token tells when the last one was.
    """
    user = context["request"].scope.get("user")
    if user is None:
        return ""
    return dates.clock_time_before(min(user.expires_at - TOKEN_LIFE + SESSION_IDLE, user.session_ends_at))


def _toast_of(pages: WebPages) -> Any:
    @pass_context
    def toast(context: Context) -> Toast | None:
        """What the page before left to say; asking for it uses it up.

        A dialog's form fetches the page it leads to before the browser goes there, which is who shall say it.
        """
        request: Request[Any, Any, Any] = context["request"]
        if "x-pli-dialog" in request.headers:
            return None
        found = pages.toast(request.cookies.get(TOAST_COOKIE, ""))
        if found:
            request.scope["state"][TOAST_SHOWN] = True
        return found

    return toast
