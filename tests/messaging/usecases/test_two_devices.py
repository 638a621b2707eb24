"""One draft on two devices, in every order: no words are lost without being told, no message is doubled."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import NotFound
from messaging.domain.drafting import tick_of
from messaging.domain.errors import MessagingError
from messaging.drafts import Conflict, Typed, begin_reply, open_draft, save_draft, submit_reply
from messaging.removing import leave_draft, remove_draft, restore_draft
from tests.messaging.people import AT, CHRISTELLE, DOMAINS, INAYA, World

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["phone", "desk"]),
        st.sampled_from(["begin", "open", "type", "save", "leave", "remove", "restore", "send"]),
    ),
    max_size=25,
)


class Device:
    """An open page of the draft: what is typed in it, what it knows, and what it has been told of."""

    def __init__(self, house: "House", name: str) -> None:
        self.house = house
        self.name = name
        self.draft_id: str | None = None
        self.text = ""
        self.revision = 1
        self.seen: set[str] = {""}

    async def begin(self) -> None:
        begun = await begin_reply(
            self.house.store, DOMAINS, INAYA, self.house.conversation_id, to_all=False, at=AT
        )
        self._shows(begun.draft)

    async def open(self) -> None:
        if self.draft_id:
            self._shows((await open_draft(self.house.store, DOMAINS, INAYA, self.draft_id)).draft)

    async def type(self) -> None:
        self.house.words += 1
        self.text = f"{self.text} {self.house.words}".strip()

    async def save(self) -> None:
        if self.draft_id is None:
            return
        before = self.house.kept_text(self.draft_id)
        try:
            draft = await save_draft(self.house.store, DOMAINS, INAYA, self.draft_id, self._typed(), at=AT)
        except Conflict as conflict:
            self.seen |= {conflict.saved.text}
            raise
        assert before in self.seen | {self.text}, "words of the other device were overwritten unseen"
        assert self.house.kept_text(self.draft_id) == self.text
        self.revision = draft.revision
        self.seen.add(self.text)

    async def leave(self) -> None:
        if self.draft_id:
            words = self.house.kept_text(self.draft_id)
            await leave_draft(self.house.store, INAYA, self.draft_id, at=AT)
            assert not words or self.house.kept_text(self.draft_id) == words, "left with words in it, and gone"

    async def remove(self) -> None:
        if self.draft_id:
            await remove_draft(self.house.store, INAYA, self.draft_id, at=AT)

    async def restore(self) -> None:
        if self.draft_id:
            words = self.house.store.kept["drafts"][self.draft_id].text if self.house.exists(self.draft_id) else ""
            await restore_draft(self.house.store, INAYA, self.draft_id)
            assert self.house.kept_text(self.draft_id) == words

    async def send(self) -> None:
        if self.draft_id is None:
            return
        before = self.house.kept_text(self.draft_id)
        try:
            sent = await submit_reply(self.house.store, DOMAINS, INAYA, self.draft_id, self._typed(), at=AT)
        except Conflict as conflict:
            self.seen |= {conflict.saved.text}
            raise
        except MessagingError:
            await self.save()
            raise
        assert before in self.seen | {self.text}, "words of the other device were overwritten unseen"
        assert sent.text == self.text
        self.draft_id = None

    def _typed(self) -> Typed:
        return Typed(text=self.text, ticks=(tick_of(CHRISTELLE.address),), revision=self.revision, page=self.name)

    def _shows(self, draft: Any) -> None:
        self.draft_id, self.text, self.revision = draft.id, draft.text, draft.revision
        self.seen = {draft.text}


class House:
    """A conversation with a letter, and two devices."""

    def __init__(self) -> None:
        self.world = World()
        self.store = self.world.store
        self.conversation_id = self.world.letter().id
        self.devices = {name: Device(self, name) for name in ("phone", "desk")}
        self.words = 0

    def exists(self, draft_id: str) -> bool:
        return draft_id in self.store.kept["drafts"]

    def kept_text(self, draft_id: str) -> str:
        found = self.store.kept["drafts"].get(draft_id)
        return found.text if found and found.removed_at is None else ""

    def check(self) -> None:
        live = [one.id for one in self.store.kept["drafts"].values() if one.removed_at is None]
        assert len(live) <= 1
        assert list(self.store.kept["conversations"][self.conversation_id].drafts) == live
        assert not set(live) & self.store.kept["messages"].keys()


@given(STEPS)
async def test_no_words_are_overwritten_unseen_and_there_is_never_a_second_draft(
    steps: list[tuple[str, str]],
) -> None:
    house = House()
    for name, step in steps:
        device = house.devices[name]
        typed = device.text
        try:
            await getattr(device, step)()
        except (NotFound, MessagingError):
            assert device.text == typed, "what is typed stays on the page that was told"
        house.check()


@given(STEPS)
async def test_each_draft_leaves_at_most_once(steps: list[tuple[str, str]]) -> None:
    house = House()
    for name, step in steps:
        try:
            await getattr(house.devices[name], step)()
        except (NotFound, MessagingError):
            continue
    replies = [one for one in house.store.kept["messages"].values() if one.kind == "reply"]
    assert len(house.store.kept["consignments"]) == len(replies)
