"""« Ce message ne me concerne pas »: the question, and the way back."""

from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from chassis import web
from chassis.clock import now
from messaging.conversations import open_message
from messaging.disowning import set_aside, take_back
from messaging.domain.disowning import NotYourLetter, may_be_set_aside
from messaging.web.asking import GivenDomains, GivenStore, PatientRequest, known_patient


class Disowning(Controller):
    """`/messagerie/messages/<message>/ecarter` and `…/reprendre`."""

    path = "/messagerie"

    @get("/messages/{message_id:str}/ecarter")
    async def ask(self, request: PatientRequest, store: GivenStore, message_id: FromPath[str]) -> Template:
        """What will happen, before it does."""
        message = await open_message(store, request.user, message_id)
        if not may_be_set_aside(message):
            raise NotYourLetter(f"message {message_id}")
        await known_patient(request, store)
        return web.page("set-aside.html", message=message)

    @post("/messages/{message_id:str}/ecarter", request_max_body_size=2_000)
    async def set_aside(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, message_id: FromPath[str]
    ) -> Redirect:
        """Hide it, and tell its sender."""
        message = await set_aside(store, domains, request.user, message_id, now())
        return web.see_other(f"/messagerie/conversations/{message.conversation_id}", toast="message-set-aside")

    @post("/messages/{message_id:str}/reprendre", request_max_body_size=2_000)
    async def take_back(self, request: PatientRequest, store: GivenStore, message_id: FromPath[str]) -> Redirect:
        """Show it again."""
        message = await take_back(store, request.user, message_id, now())
        return web.see_other(f"/messagerie/conversations/{message.conversation_id}", toast="message-taken-back")
