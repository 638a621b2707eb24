"""Who looked at what: a patient reaches their own things only, and an attempt at others' is recorded."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.errors import NotFound
from chassis.identity import Identity
from chassis.store import Tx
from messaging.store import MessagingStore
from messaging.store.ownership import is_anothers


@asynccontextmanager
async def own(
    store: MessagingStore, identity: Identity, action: str, kind: str, thing_id: str
) -> AsyncIterator[None]:
    """Around the lookup of a patient's thing: `NotFound` passes on, and is audited if it is another's."""
    try:
        yield
    except NotFound:
        if await is_anothers(store, kind, thing_id, identity.patient_id):
            await record(store, identity, action, kind, thing_id, refused=True)
        raise


async def record(
    store: MessagingStore, identity: Identity, action: str, kind: str, thing_id: str, *, refused: bool = False
) -> None:
    """Record one access that changes nothing in the store."""

    async def work(tx: Tx) -> None:
        note(tx, identity, action, kind, thing_id, refused=refused)

    await store.transact(work)


def note(tx: Tx, identity: Identity, action: str, kind: str, thing_id: str, *, refused: bool = False) -> None:
    """Record what this transaction does."""
    tx.audit(
        action=action,
        actor=identity.actor,
        patient_id=identity.patient_id,
        object_kind=kind,
        object_id=thing_id[:64],
        outcome="refused" if refused else "done",
    )
