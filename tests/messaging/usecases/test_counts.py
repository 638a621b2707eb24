"""The count beside "Messagerie" is exact, whatever happened in whatever order."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.conversations import mark_shown
from messaging.domain.facets import Facet
from messaging.domain.trash import KEPT_FOR
from messaging.upkeep import delete_conversation, mark_unread, restore_conversation
from tests.messaging.fakes import identity_of
from tests.messaging.mail.test_filing import AT, PATIENT_ID, PEOPLE, MailStore, file, house, letter, taken

ME = identity_of(PATIENT_ID)
MOST_LETTERS = 8
_letter = st.tuples(
    st.just("letter"),
    st.integers(0, 9),
    st.sampled_from(PEOPLE),
    st.sampled_from(["a", "Re: a", "b", "[FIN]"]),
    st.lists(st.integers(0, MOST_LETTERS - 1), max_size=2),
)
_act = st.tuples(st.sampled_from(["read", "unread", "delete", "restore"]), st.integers(0, MOST_LETTERS))
_happenings = st.lists(st.one_of(_letter, _act, _act), min_size=4, max_size=16)


async def act(store: MailStore, what: str, row: Any) -> None:
    """What the patient does with a conversation; a page of it lists its messages."""
    if what == "read":
        if row.trashed_at is None:
            page = await store.messages(PATIENT_ID, row.id)
            await mark_shown(store, ME, page.messages, AT)
    elif what == "unread":
        await mark_unread(store, ME, row.id)
    elif what == "delete":
        await delete_conversation(store, ME, row.id, at=AT)
    else:
        await restore_conversation(store, ME, row.id, at=AT + KEPT_FOR - timedelta(seconds=1))


async def the_counts_are_right(store: MailStore) -> None:
    """Asked of the messages themselves, which know nothing of counters."""
    rows = store.kept["conversations"]
    shown = {row.id for row in rows.values() if row.trashed_at is None}
    unread = [one for one in store.kept["messages"].values() if one.unread and one.conversation_id in shown]
    box = await store.mailbox(PATIENT_ID)
    assert box.unread == len(unread)
    assert box.conversations == len(shown)
    listed = (await store.mailbox_page(PATIENT_ID, lists=[Facet.UNREAD], total=box.conversations)).rows
    assert {row.id for row in listed} == {one.conversation_id for one in unread}
    everything = (await store.mailbox_page(PATIENT_ID, total=box.conversations)).rows
    assert {row.id for row in everything} == shown


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_happenings)
async def test_whatever_the_order_the_unread_count_is_that_of_the_unread_letters(happenings: Any) -> None:
    store, filing = await house()
    letters = 0
    for what, *more in happenings:
        if what == "letter":
            if letters < MOST_LETTERS:
                minute, sender, subject, refers = more
                read = letter(sender, subject, letters, tuple(refers))
                await file(store, filing, taken(letters, minute), read)
                letters += 1
        else:
            rows = sorted(store.kept["conversations"].values(), key=lambda row: row.id)
            await act(store, what, rows[more[0] % len(rows)])
        await the_counts_are_right(store)
