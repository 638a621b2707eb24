"""What the patient decides about a reply that did not arrive for a recipient: to try again, or to give it up."""

from datetime import datetime

from msgspec.structs import replace

from chassis.errors import NotFound
from chassis.identity import Identity
from chassis.store import Tx
from messaging.access import note, own
from messaging.conversations import exchange
from messaging.domain.addresses import Domains
from messaging.domain.allowance import NO_LIMITS, Allowances
from messaging.domain.consignment import Consignment, changed
from messaging.domain.delivery import Fact, Heard
from messaging.domain.model import Message
from messaging.rationing import spend_allowances
from messaging.store import MessagingStore
from messaging.telling import state_told


async def try_again(
    store: MessagingStore,
    domains: Domains,
    identity: Identity,
    message_id: str,
    delivery_id: str,
    *,
    at: datetime,
    allowances: Allowances = NO_LIMITS,
) -> Message:
    """Have the road try again, for 48 hours anew. Pressed twice, it is tried once more only.

    It counts like a sending. Raises `NotFound`, `ReplyBlocked` when the professional may not be answered any
    more, or `TooManyReplies`; nothing has changed then.
    """

    async def work(tx: Tx) -> Message:
        message, before = await _find(store, tx, identity, message_id, delivery_id)
        delivery = before.delivery(delivery_id)
        if delivery is None or delivery.reply_state not in ("failed", "given-up"):
            return message
        found = await exchange(store, domains, identity.patient_id, message.conversation_id, tx)
        found.options.chosen([delivery.recipient.address])
        await spend_allowances(store, tx, allowances, identity.patient_id, [delivery.recipient], at=at)
        after = before.hearing({delivery_id: Heard(fact=Fact.RETRIED, at=at)})
        await _save(store, tx, before, after)
        await store.requeue_consignment(tx, replace(after, due_at=at))
        note(tx, identity, "reply-retried", "message", message_id)
        return message

    async with own(store, identity, "reply-retried", "message", message_id):
        return await store.transact(work)


async def give_up(
    store: MessagingStore, identity: Identity, message_id: str, delivery_id: str, *, at: datetime
) -> Message:
    """Let it be: it is no longer tried, nor shown as waiting for a decision. What has left has left.

    Raises `NotFound`.
    """

    async def work(tx: Tx) -> Message:
        message, before = await _find(store, tx, identity, message_id, delivery_id)
        delivery = before.delivery(delivery_id)
        if delivery is not None and (delivery.is_open or delivery.needs_a_decision):
            after = before.hearing({delivery_id: Heard(fact=Fact.GIVEN_UP, at=at)})
            await _save(store, tx, before, after)
            note(tx, identity, "reply-given-up", "message", message_id)
        return message

    async with own(store, identity, "reply-given-up", "message", message_id):
        return await store.transact(work)


async def _find(
    store: MessagingStore, tx: Tx, identity: Identity, message_id: str, delivery_id: str
) -> tuple[Message, Consignment]:
    message = await store.message(identity.patient_id, message_id, tx)
    for consignment in await store.consignments(identity.patient_id, [message.id], tx):
        if consignment.delivery(delivery_id) is not None:
            return message, consignment
    raise NotFound(f"delivery {delivery_id}")


async def _save(store: MessagingStore, tx: Tx, before: Consignment, after: Consignment) -> None:
    await store.save_consignment(tx, after)
    for delivery in changed(before, after):
        tx.publish(state_told(after, delivery), key=after.patient_id)
