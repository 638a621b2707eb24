"""Whether one more reply may leave now, decided and counted in the transaction that sends it."""

from collections.abc import Iterable
from datetime import datetime

from chassis.store import Tx
from messaging.domain.allowance import Allowances, free_again, latest_of, looks_at
from messaging.domain.errors import TooManyReplies
from messaging.domain.model import Party
from messaging.store import MessagingStore


async def spend_allowances(
    store: MessagingStore,
    tx: Tx,
    allowances: Allowances,
    patient_id: str,
    recipients: Iterable[Party],
    *,
    at: datetime,
) -> None:
    """Count one press of "Envoyer" or "Réessayer", to however many. Raises `TooManyReplies`.

    Exact for a patient, whose sendings meet on one row; of those of several patients to one professional, some
    that cross may pass together.
    """
    sent = await store.sendings(tx, patient_id)
    if until := free_again(sent, allowances.by_patient, at):
        raise TooManyReplies(until)
    await _check_professionals(store, tx, allowances, recipients, at)
    if counted := latest_of([*sent, at], allowances.by_patient, at):
        await store.keep_sendings(tx, patient_id, counted)


async def _check_professionals(
    store: MessagingStore, tx: Tx, allowances: Allowances, recipients: Iterable[Party], at: datetime
) -> None:
    most, within = looks_at(allowances.to_professional)
    for party in recipients if most else ():
        sent = await store.sent_lately_to(tx, party.address, at - within, most)
        if until := free_again(sent, allowances.to_professional, at):
            raise TooManyReplies(until, party.name)
