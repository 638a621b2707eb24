"""A letter as it was received, untouched, for an operator who must show it (mail.md)."""

from pathlib import Path

from chassis.errors import NotFound
from messaging.disclosing import Access, check_free, put_down
from messaging.domain.errors import MessagingError
from messaging.objects import Objects
from messaging.store import MessagingStore

ACTION = "evidence-disclosed"


class OriginalLost(MessagingError):
    """The letter is known and its bytes are not in the object store: something is amiss there."""

    code = "original-lost"


async def disclose(store: MessagingStore, objects: Objects, message_id: str, to: Path, access: Access) -> int:
    """Write the bytes to the new file `to`, other patients' addresses included; how many they are.

    Raises `NotFound` where there is no letter of that id with an original, `OriginalLost`, `BackingServiceAway`,
    `FileExistsError`, `OSError`.
    """
    patient_id, raw_key = await store.original(message_id)
    check_free(to)
    await access.record(store, ACTION, "message", message_id, patient_id)
    try:
        return await put_down(objects.chunks(raw_key), to)
    except NotFound as error:
        raise OriginalLost(f"the original of {message_id} is not in the store") from error
