"""Préférences: the language, for who is logged in and for who isn't."""

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.response import Redirect, Template

from auth.domain.redirects import HOME, local_path
from auth.web import cookies
from auth.web.account import account_of
from auth.web.asking import FORM_LIMIT, Asked, AskedByPatient, GivenPreferring, GivenStore, caller_of
from chassis import web
from chassis.web.asking import page_before
from chassis.web.ports import parts_of
from contracts.auth import NoticeChoice

PREFERENCES = "/compte/preferences"


class LanguageForm(msgspec.Struct, kw_only=True):
    """A language, by its code."""

    langue: Annotated[str, msgspec.Meta(max_length=10)] = ""


class NoticesForm(msgspec.Struct, kw_only=True):
    """How to be told of letters."""

    notifications: NoticeChoice


class Preferences(Controller):
    """`/compte/preferences`, and `/compte/langue` that the footer of every page posts to."""

    path = "/compte"
    request_max_body_size = FORM_LIMIT

    @get("/preferences")
    async def preferences(self, request: AskedByPatient, store: GivenStore) -> Template:
        """What the person can choose."""
        account = await account_of(request, store)
        return web.page("preferences.html", person_name=account.short_name(), notices=account.notices)

    @post("/notifications")
    async def choose_notices(self, request: AskedByPatient, preferring: GivenPreferring) -> Redirect:
        """Keep how the person wants to be told of letters; back to the page."""
        form = await web.read_form(request, NoticesForm)
        await preferring.choose_notices(request.user.patient_id, form.notifications, caller_of(request))
        return web.see_other(PREFERENCES, toast="notices-chosen")

    @post("/langue", opt={"public": True})
    async def choose_language(self, request: Asked, preferring: GivenPreferring) -> Redirect:
        """Keep the choice in this browser, with the account too when somebody is logged in; back to the page."""
        form = await web.read_form(request, LanguageForm)
        back = local_path(page_before(request), of_log_in=True)
        if form.langue not in parts_of(request).languages.offered:
            return web.see_other(back)
        if request.user:
            await preferring.choose_language(request.user.patient_id, form.langue, caller_of(request))
        answer = web.see_other(back)
        answer.set_cookie(cookies.language(form.langue))
        return answer

    @get("/langue", opt={"public": True}, sync_to_thread=False)
    def after_choice(self) -> Redirect:
        """A reloaded or typed address: nothing to choose by a GET."""
        return web.see_other(HOME)
