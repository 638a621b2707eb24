"""Appareils connectés: where the patient is logged in, and the way to end it."""

from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from auth.web.account import account_of
from auth.web.asking import FORM_LIMIT, AskedByPatient, GivenSessions, GivenStore, caller_of
from chassis import web


class Devices(Controller):
    """`/compte/appareils`."""

    path = "/compte/appareils"
    request_max_body_size = FORM_LIMIT

    @get("/")
    async def devices(self, request: AskedByPatient, store: GivenStore, sessions: GivenSessions) -> Template:
        """The live sessions of the patient, this one first."""
        account = await account_of(request, store)
        alive = await sessions.alive(request.user.patient_id)
        here = request.user.session_id
        return web.page(
            "devices.html",
            person_name=account.short_name(),
            here=here,
            alive=sorted(alive, key=lambda session: session.id != here),
        )

    @post("/{session_id:str}/fin")
    async def end(self, request: AskedByPatient, sessions: GivenSessions, session_id: FromPath[str]) -> Redirect:
        """End one of them. Raises `NotFound` for what is nobody's or another's, which is recorded."""
        await sessions.end_one(request.user.patient_id, session_id, caller_of(request))
        return web.see_other("/compte/appareils", toast="device-ended")
