"""Whether a thing that a patient asked for, and may not have, exists for someone else."""

from collections.abc import Mapping

from chassis.store import Store, Tx, away

COLLECTIONS: Mapping[str, tuple[str, ...]] = {
    "conversation": ("conversations", "messages"),
    "message": ("messages",),
    "draft": ("drafts", "messages"),
    "draft-row": ("draft_rows",),
    "keep": ("keeps",),
}
"""Where things of each kind are kept; a merged conversation's id lives on as that of a message."""


async def is_anothers(store: Store[Tx], kind: str, thing_id: str, patient_id: str) -> bool:
    """Whether this id names a thing of another patient; for the audit alone, never for the answer."""
    with away():
        for name in COLLECTIONS[kind]:
            row = await store.collection(name).find_one({"_id": thing_id}, {"patient_id": 1})
            if row is not None:
                return bool(row["patient_id"] != patient_id)
    return False
