"""A reply on its way: how far it has come for each recipient, and what the patient decides about it."""

from typing import Literal

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from chassis import web
from chassis.clock import now
from messaging.conversations import open_message
from messaging.domain.consignment import deliveries_of
from messaging.domain.errors import TooManyReplies
from messaging.sending import give_up, try_again
from messaging.store import MessagingStore
from messaging.web.asking import GivenAllowances, GivenDomains, GivenStore, PatientRequest, known_patient
from messaging.web.draft_page import too_many_words
from messaging.web.states import states_shown


class DecisionForm(msgspec.Struct, kw_only=True):
    """Which button was pressed: "Réessayer" or "Ne plus envoyer"."""

    choix: Literal["reprise", "abandon"]


class SendingPages(Controller):
    """`/messagerie/messages/<message>/etats`, and the decisions beside it."""

    path = "/messagerie"

    @get("/messages/{message_id:str}/etats")
    async def states(self, request: PatientRequest, store: GivenStore, message_id: FromPath[str]) -> Template:
        """How far a reply has come, for a page that shows it."""
        message = await open_message(store, request.user, message_id)
        await known_patient(request, store)
        deliveries = deliveries_of(message, await store.consignments(request.user.patient_id, [message.id]))
        return web.fragment("states.html", message=message, states=states_shown(deliveries, now()))

    @post("/messages/{message_id:str}/destinataires/{delivery_id:str}", request_max_body_size=2_000)
    async def decide(
        self,
        request: PatientRequest,
        store: GivenStore,
        domains: GivenDomains,
        allowances: GivenAllowances,
        message_id: FromPath[str],
        *,
        delivery_id: FromPath[str],
    ) -> Redirect | Template:
        """The buttons "Réessayer" and "Ne plus envoyer". Pressed twice, they do what they do once."""
        form = await web.read_form(request, DecisionForm)
        if form.choix == "reprise":
            whose = (store, domains, request.user, message_id, delivery_id)
            try:
                message = await try_again(*whose, at=now(), allowances=allowances)
            except TooManyReplies as error:
                return await _not_now(request, store, message_id, error)
            return web.see_other(f"/messagerie/conversations/{message.conversation_id}", toast="sending-again")
        message = await give_up(store, request.user, message_id, delivery_id, at=now())
        return web.see_other(f"/messagerie/conversations/{message.conversation_id}", toast="sending-ended")


async def _not_now(
    request: PatientRequest, store: MessagingStore, message_id: str, error: TooManyReplies
) -> Template:
    """The allowance is used up: when it can be tried again, and the way back to the message as it was."""
    message = await open_message(store, request.user, message_id)
    await known_patient(request, store)
    return web.page(
        "retry-later.html",
        status=error.status,
        conversation_id=message.conversation_id,
        reason=too_many_words(error, request),
    )
