"""What a patient does with their profile, each in one transaction."""

from collections.abc import Callable
from datetime import datetime

from chassis.identity import Identity
from chassis.store import Tx
from synthesis.domain.entries import Entry
from synthesis.domain.profile import Profile, with_changed, with_new, without
from synthesis.domain.sections import Section
from synthesis.store import SynthesisStore

Change = Callable[[Profile], Profile]


async def keep_entry(
    store: SynthesisStore, who: Identity, section: Section, entry: Entry, at: datetime
) -> Profile:
    """Add the entry at its revision 1, or put it in the place of the revision before.

    Raises `NotFound`, `EntryChanged` or `SectionFull`.
    """
    put = with_new if entry.revision == 1 else with_changed
    return await _change(store, who, "entry-kept", entry.id, lambda profile: put(profile, section, entry, at))


async def remove_entry(
    store: SynthesisStore, who: Identity, section: Section, entry_id: str, *, revision: int, at: datetime
) -> Profile:
    """Take the entry out, if it still is at that revision. Raises `NotFound` or `EntryChanged`."""

    def taken_out(profile: Profile) -> Profile:
        return without(profile, section, entry_id, revision, at)

    return await _change(store, who, "entry-removed", entry_id, taken_out)


async def record(
    store: SynthesisStore,
    who: Identity,
    action: str,
    object_kind: str,
    object_id: str,
    *,
    refused: bool = False,
) -> None:
    """Record in the audit who did this to what."""

    async def work(tx: Tx) -> None:
        _audit(tx, who, action, object_kind, object_id, refused=refused)

    await store.transact(work)


async def _change(store: SynthesisStore, who: Identity, action: str, entry_id: str, change: Change) -> Profile:
    async def work(tx: Tx) -> Profile:
        before = await store.profile(who.patient_id, tx)
        after = change(before)
        if after is not before:
            await store.save_profile(tx, after)
            _audit(tx, who, action, "profile-entry", entry_id)
        return after

    return await store.transact(work)


def _audit(tx: Tx, who: Identity, action: str, object_kind: str, object_id: str, *, refused: bool = False) -> None:
    tx.audit(
        action=action,
        actor=who.actor,
        patient_id=who.patient_id,
        object_kind=object_kind,
        object_id=object_id,
        outcome="refused" if refused else "done",
    )
