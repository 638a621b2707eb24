"""Log-in in three steps, with the guide's words (p. "Si je ne suis pas connecté")."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import Controller, get, post
from litestar.response import Redirect, Template

from auth.domain import masking
from auth.domain.codes import Channel
from auth.domain.redirects import local_path
from auth.errors import (
    AttemptOver,
    AuthError,
    CodeUnreadable,
    NoSuchChannel,
    SentJustNow,
    SentTooOften,
    TriedTooOften,
    WrongCode,
    WrongCredentials,
)
from auth.usecases.logging_in import Attempt, LoggingIn
from auth.web import cookies
from auth.web.asking import FORM_LIMIT, Asked, GivenLoggingIn, GivenSettings, caller_of
from chassis import web
from chassis.clock import now
from chassis.i18n import mark as _
from chassis.web.dates import clock_time
from chassis.web.language import current_language

Page = Template | Redirect


class IdentifyForm(msgspec.Struct, kw_only=True):
    """First step."""

    identifier: Annotated[str, msgspec.Meta(max_length=500)] = ""
    password: Annotated[str, msgspec.Meta(max_length=4_000)] = ""
    vers: Annotated[str, msgspec.Meta(max_length=4_000)] = ""


class ChannelForm(msgspec.Struct, kw_only=True):
    """Second step."""

    channel: Annotated[str, msgspec.Meta(max_length=20)] = ""


class CodeForm(msgspec.Struct, kw_only=True):
    """Third step."""

    code: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


def _again(_: Asked, over: AttemptOver) -> Redirect:
    """An attempt that is over, of whatever step, begins anew and says why."""
    return web.see_other("/connexion", toast=over.code)


class LogIn(Controller):
    """`/connexion`: identifier and password, where the code goes, the code."""

    path = "/connexion"
    opt = {"public": True}  # noqa: RUF012 Litestar reads it from the class
    request_max_body_size = FORM_LIMIT
    exception_handlers = {AttemptOver: _again}  # noqa: RUF012

    @get("/")
    async def ask_identifier(self, request: Asked) -> Page:
        """First step; who is logged in already goes on."""
        wanted = local_path(request.query_params.get("vers"))
        if request.user:
            return web.see_other(wanted)
        return _identify_page(IdentifyForm(vers=wanted))

    @post("/")
    async def identify(self, request: Asked, logging_in: GivenLoggingIn) -> Page:
        """Take identifier and password."""
        form = await web.read_form(request, IdentifyForm)
        missing = _missing(form)
        if missing:
            return _identify_page(form, errors=missing)
        wanted = local_path(form.vers)
        try:
            handle = await logging_in.identify(form.identifier, form.password, wanted, caller_of(request))
        except (WrongCredentials, TriedTooOften) as refused:
            return _identify_page(form, refused=refused)
        answer = web.see_other("/connexion/mode")
        answer.set_cookie(cookies.attempt(handle.secret))
        return answer

    @get("/mode")
    async def ask_channel(self, request: Asked, logging_in: GivenLoggingIn) -> Page:
        """Second step."""
        return _channel_page(await _attempt(request, logging_in))

    @post("/mode")
    async def choose_channel(self, request: Asked, logging_in: GivenLoggingIn) -> Page:
        """Send a code there; one that just left by the same way will do."""
        form = await web.read_form(request, ChannelForm)
        attempt = await _attempt(request, logging_in)
        try:
            await logging_in.send_code(_secret(request), _channel(form, attempt), current_language())
        except SentJustNow:
            return web.see_other("/connexion/code")
        except (NoSuchChannel, SentTooOften) as refused:
            return _channel_page(attempt, refused)
        return web.see_other("/connexion/code")

    @get("/code")
    async def ask_code(self, request: Asked, logging_in: GivenLoggingIn) -> Page:
        """Third step."""
        return _code_page(await _attempt(request, logging_in))

    @post("/code")
    async def take_code(self, request: Asked, logging_in: GivenLoggingIn) -> Page:
        """Log in with the right code."""
        form = await web.read_form(request, CodeForm)
        try:
            logged_in = await logging_in.try_code(_secret(request), form.code, caller_of(request))
        except (CodeUnreadable, WrongCode) as refused:
            return _code_page(await _attempt(request, logging_in), code=form.code, refused=refused)
        answer = web.see_other(logged_in.destination)
        for cookie in cookies.of_log_in(logged_in):
            answer.set_cookie(cookie)
        return answer

    @post("/code/renvoyer")
    async def resend(self, request: Asked, logging_in: GivenLoggingIn) -> Page:
        """Send another code by the same way, from 30 seconds after the one before."""
        attempt = await _attempt(request, logging_in)
        channel = attempt.challenge.channel
        if channel is None:
            return web.see_other("/connexion/mode")
        try:
            await logging_in.send_code(_secret(request), channel, current_language())
        except (SentJustNow, SentTooOften) as refused:
            return _code_page(attempt, refused=refused)
        return web.see_other("/connexion/code", toast="code-sent")

    @get("/sans-acces", sync_to_thread=False)
    def without_contact(self, about: GivenSettings) -> Template:
        """What to do when neither e-mail nor telephone can be reached any more."""
        return web.page("no-contact.html", about=about)

    @get("/oubli", sync_to_thread=False)
    def forgotten(self, about: GivenSettings) -> Template:
        """The way back for who forgot their identifier or their password."""
        return web.page("forgotten.html", about=about)


def _secret(request: Asked) -> str:
    return request.cookies.get(cookies.ATTEMPT, "")


async def _attempt(request: Asked, logging_in: LoggingIn) -> Attempt:
    attempt = await logging_in.attempt(_secret(request))
    web.use_time_zone(attempt.account.time_zone)
    return attempt


def _channel(form: ChannelForm, attempt: Attempt) -> Channel:
    for channel in attempt.account.channels():
        if channel == form.channel:
            return channel
    raise NoSuchChannel


def _missing(form: IdentifyForm) -> dict[str, str]:
    sentences = {}
    if not form.identifier.strip():
        sentences["identifier"] = _("Saisissez votre identifiant.")
    if not form.password:
        sentences["password"] = _("Saisissez votre mot de passe.")
    return sentences


def _identify_page(
    form: IdentifyForm, *, errors: Mapping[str, str] | None = None, refused: AuthError | None = None
) -> Template:
    shown = dict(errors or {})
    if isinstance(refused, WrongCredentials):
        shown["identifier"] = refused.sentence
    status = refused.status if refused else 422 if errors else 200
    return web.page(
        "identify.html",
        status=status,
        identifier=form.identifier.strip(),
        vers=local_path(form.vers),
        errors=shown,
        wait_until=_until(refused),
    )


def _channel_page(attempt: Attempt, refused: AuthError | None = None) -> Template:
    errors = {"channel": refused.sentence} if isinstance(refused, NoSuchChannel) else {}
    return web.page(
        "channel.html",
        status=refused.status if refused else 200,
        channels=attempt.account.channels(),
        chosen=attempt.challenge.channel or attempt.account.channels()[0],
        errors=errors,
        wait_until=_until(refused),
        sent_before=attempt.challenge.channel is not None,
    )


def _code_page(attempt: Attempt, *, code: str = "", refused: AuthError | None = None) -> Page:
    channel = attempt.challenge.channel
    if channel is None:
        return web.see_other("/connexion/mode")
    return web.page(
        "code.html",
        status=refused.status if refused else 200,
        channel=channel,
        masked=_masked(attempt, channel),
        code=code if isinstance(refused, CodeUnreadable) else "",
        refused=_refusal(refused),
        wait_until=_until(refused if isinstance(refused, SentTooOften) else None),
        wait_seconds=_seconds(refused),
        errors={"code": refused.sentence} if isinstance(refused, CodeUnreadable | WrongCode) else {},
    )


def _masked(attempt: Attempt, channel: Channel) -> dict[str, str]:
    destination = attempt.account.contact(channel) or ""
    if channel == "sms":
        return {"shown": masking.masked_phone(destination), "end": masking.spoken_phone(destination)}
    start, domain = masking.spoken_email(destination)
    return {"shown": masking.masked_email(destination), "start": start, "domain": domain}


def _refusal(refused: AuthError | None) -> dict[str, Any]:
    """What the code's page says besides the sentence: how many digits miss, how many tries are left."""
    if isinstance(refused, CodeUnreadable):
        return {"missing": max(6 - refused.digits, 0)}
    return {"tries_left": refused.tries_left} if isinstance(refused, WrongCode) else {}


def _until(refused: AuthError | None) -> str | None:
    return clock_time(refused.until) if isinstance(refused, SentTooOften | TriedTooOften) else None


def _seconds(refused: AuthError | None) -> int | None:
    if not isinstance(refused, SentJustNow):
        return None
    return max(1, round((refused.until - now()).total_seconds()))
