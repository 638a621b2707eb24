"""Whether one more reply may leave now, counted in the transaction that would send it."""

from datetime import datetime

from chassis.store import Tx
from messaging.domain.allowance import Allowances, free_again, looks_at
from messaging.domain.errors import TooManyReplies
from messaging.domain.model import Message
from messaging.store import MessagingStore


async def check_allowances(
    store: MessagingStore, tx: Tx, allowances: Allowances, reply: Message, at: datetime
) -> None:
    """Raises `TooManyReplies`. Exact for a patient, whose sendings meet on their mailbox; of those of several
    patients to one professional, some that cross may pass together."""
    most, within = looks_at(allowances.by_patient)
    if most:
        sent = await store.sent_lately(tx, reply.patient_id, at - within, most)
        if until := free_again(sent, allowances.by_patient, at):
            raise TooManyReplies(until)
    most, within = looks_at(allowances.to_professional)
    for party in reply.recipients if most else ():
        sent = await store.sent_lately_to(tx, party.address, at - within, most)
        if until := free_again(sent, allowances.to_professional, at):
            raise TooManyReplies(until, party.name)
