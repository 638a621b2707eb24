"""A letter as it was received, untouched, for an operator who must show it: each access is audited (mail.md)."""

from typing import BinaryIO

from chassis.store import Tx
from messaging.objects import Objects
from messaging.store import MessagingStore

OPERATOR = "operator"
ACTION = "evidence-disclosed"


async def disclose(store: MessagingStore, objects: Objects, message_id: str, out: BinaryIO) -> int:
    """Write the bytes to `out`, other patients' addresses included; how many they are.

    The access is recorded before the first byte is read. Raises `NotFound` where there is no letter of that id
    with an original, `BackingServiceAway`, `OSError`.
    """
    patient_id, raw_key = await store.original(message_id)

    async def work(tx: Tx) -> None:
        tx.audit(
            action=ACTION, actor=OPERATOR, patient_id=patient_id, object_kind="message", object_id=message_id[:64]
        )

    await store.transact(work)
    written = 0
    async with objects.open(raw_key) as stream:
        async for chunk in stream.chunks():
            written += out.write(chunk)
    return written
