"""Four workers share letters and replies; those killed hand their part over to the two left; none goes twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from uuid import uuid4

import httpx
import pytest

from demo.patient import another
from stack.control import Stack
from tests.bench.generator import Order
from tests.bench.ground import Bus, run_generator
from tests.system.beside import more_workers
from tests.system.mail import MailServer, letter
from tests.system.observer import Observer
from tests.system.people import NURSE, Newcomer, People
from tests.system.waiting import until

pytestmark = pytest.mark.stack

BESIDE = 3
"""Workers beside the stack's own."""
MAILBOXES = 48
"""Enough that each worker has some, wherever chance puts them."""
LETTERS = 96
SIZE = 3_000


@pytest.fixture(scope="module")
def mailboxes(stack: Stack, observer: Observer) -> Sequence[str]:
    """Addresses of new patients, each known to the door."""
    known = set(observer.database("messaging")["patients"].distinct("mailbox_address"))
    chosen = (
        number for number in random.sample(range(10, 100_000), 1_000) if another(number, "").mailbox not in known
    )
    numbers = list(islice(chosen, MAILBOXES))

    async def announced() -> list[str]:
        async with Bus(stack) as bus:
            return await bus.announce_patients(numbers)

    addresses = asyncio.run(announced())
    boxes = observer.database("messaging")["mailboxes"]
    until(
        lambda: boxes.count_documents({"_id": {"$in": _ids(observer, addresses)}}) == MAILBOXES, what="mailboxes"
    )
    return addresses


def _ids(observer: Observer, addresses: Sequence[str]) -> list[str]:
    found = observer.database("messaging")["patients"].find({"mailbox_address": {"$in": list(addresses)}})
    return [row["_id"] for row in found]


def counted(port: int, name: str, *labels: str) -> int:
    """The sum of a counter's values with these labels, as the process at this port tells it."""
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10.0).text
    except httpx.HTTPError:
        return 0
    lines = (line for line in text.splitlines() if line.startswith(f"{name}{{"))
    return sum(int(float(line.rpartition(" ")[2])) for line in lines if all(label in line for label in labels))


def filed_by(port: int) -> int:
    """How many letters this worker has filed."""
    return counted(port, "pli_events_handled_total", 'topic="messaging.intake"')


def sent_by(port: int) -> int:
    """How many replies this worker has sent."""
    return counted(port, "pli_effects_total", 'queue="consignments-queue"', 'outcome="sent"')


class Letters:
    """Letters to all mailboxes, and how often each is in one."""

    def __init__(self, stack: Stack, observer: Observer, mailboxes: Sequence[str]) -> None:
        self.sent = 0
        self._door = stack.ports["door"]
        self._mailboxes = mailboxes
        self._query = {"patient_id": {"$in": _ids(observer, mailboxes)}, "kind": "letter"}
        self._messages = observer.database("messaging")["messages"]

    def send(self) -> None:
        """Some more."""
        order = Order(port=self._door, recipients=list(self._mailboxes), letters=LETTERS, size=SIZE)
        self.sent += len(run_generator(order).letters)

    def filed(self) -> Counter[str]:
        """How often each is there, by its Message-ID."""
        return Counter(row["message_id"] for row in self._messages.find(self._query, {"message_id": 1}))


class Replies:
    """Replies of one patient's, and how often each came to who it is for."""

    def __init__(self, stack: Stack, observer: Observer, patient: Newcomer) -> None:
        self.texts: list[str] = []
        self._patient = patient
        MailServer(stack.ports["door"]).deliver(letter(NURSE, [patient], "À quatre"))
        rows = observer.database("messaging")["conversations"]
        mine = {"patient_id": patient.id, "subject": "À quatre"}
        row = until(lambda: rows.find_one(mine), what="the letter")
        assert row is not None
        self._conversation = f"/messagerie/conversations/{row['_id']}"

    def send(self) -> None:
        """One more."""
        self.texts.append(uuid4().hex)
        draft = self._patient.visitor.get(self._conversation).press("Répondre")
        assert draft.press("Envoyer", {"Mon message": self.texts[-1]}).says("Message envoyé")

    def came(self) -> Counter[str]:
        """How often each came, by its text."""
        bodies = [mail.body("plain") for mail in self._patient.catcher.mails(NURSE.address)]
        return Counter(text for text in self.texts for body in bodies if text in body)


def test_four_workers_share_the_work_and_killed_ones_hand_over_their_part(
    stack: Stack, observer: Observer, people: People, mailboxes: Sequence[str]
) -> None:
    letters, replies = Letters(stack, observer, mailboxes), Replies(stack, observer, people.newcomer())
    with more_workers(stack, BESIDE) as workers:
        ports = [stack.ports["messaging-worker"], *(worker.http for worker in workers)]
        filed, sent = Shares(filed_by, ports), Shares(sent_by, ports)

        def filed_by_each() -> list[int]:
            letters.send()
            return filed.now()

        def replies_sent() -> list[int]:
            replies.send()
            return sent.now()

        until(filed_by_each, all, what="letters filed by each worker", every=0.1)
        until(replies_sent, _several, what="replies sent by several workers", every=0.1)
        for worker in workers[1:]:
            worker.process.kill()
        letters.send()
        everything = letters.sent
        until(lambda: sum(letters.filed().values()), lambda count: count >= everything, what="every letter filed")
    assert set(letters.filed().values()) == {1}
    assert len(letters.filed()) == letters.sent
    until(lambda: len(replies.came()), lambda count: count == len(replies.texts), what="every reply sent")
    assert set(replies.came().values()) == {1}


class Shares:
    """How much each of the workers at these ports has done since."""

    def __init__(self, done: Callable[[int], int], ports: Sequence[int]) -> None:
        self._done = done
        self._before = {port: done(port) for port in ports}

    def now(self) -> list[int]:
        """By worker."""
        return [self._done(port) - before for port, before in self._before.items()]


def _several(shares: Sequence[int]) -> bool:
    return sum(share > 0 for share in shares) > 1
