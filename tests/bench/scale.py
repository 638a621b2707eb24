"""Mailboxes of 10, 1,000 and 100,000 conversations, and a conversation of 500 messages: the same pages, as fast.

The letters are put away by messaging's own store, many at once, without the door and the objects before it: the
pages that are measured read nothing else.
"""

import asyncio
import os
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from unittest.mock import patch

from rich.console import Console

from chassis.clock import now
from chassis.ids import new_id
from chassis.store import Tx
from messaging.domain.model import Message, MessageKind, Party, Patient
from messaging.settings import MessagingSettings
from messaging.store import MessagingStore
from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.bench.pages import Visit, timed

SIZES = (10, 1_000, 100_000)
LONG = 500
"""Messages of the long conversation."""
AT_ONCE = 200
_VIEWS = 24
_FLAT = 1.5
"""How much longer the largest may take than the smallest."""
_SPAN = timedelta(days=5 * 365)
_WORDS = (
    *(
        "résultats",
        "contrôle",
        "bilan",
        "sanguin",
        "ordonnance",
        "radiographie",
        "consultation",
        "genou",
        "épaule",
    ),
    *("glycémie", "rendez-vous", "hospitalisation", "sortie", "opération", "cardiologie", "tension", "douleur"),
    *("traitement", "suivi", "vaccin", "rappel", "certificat"),
)
_SEARCHED = "glyc"
_NAMES = [f"Docteur {first} {last.title()}" for first in ("Anne", "Élise", "Paul", "Zoé") for last in _WORDS]


class Filling:
    """Fills one mailbox, seeded: the same letters each time."""

    def __init__(self, store: MessagingStore, patient: Patient) -> None:
        self._store = store
        self._patient = patient
        self._chance = random.Random(7)
        self._now = now()

    async def conversations(self, count: int) -> None:
        """So many letters about different things, all read but every tenth."""
        letters = (self._letter(f"{number} {self._some_words(4)}", self._some_time()) for number in range(count))
        await self._put(letters)

    async def thread(self, count: int) -> str:
        """One conversation of so many letters; its id."""
        first = self._letter("Suivi au long cours", self._now - _SPAN)
        step = _SPAN / count
        rest = [
            self._letter("Suivi au long cours", first.at + step * number, first.links)
            for number in range(1, count)
        ]
        await self._put(iter([first, *rest]))
        return first.id

    async def _put(self, letters: Iterator[Message]) -> None:
        while batch := [letter for letter, _ in zip(letters, range(AT_ONCE), strict=False)]:
            await self._store.transact(partial(self._put_away, letters=batch))

    async def _put_away(self, tx: Tx, letters: Sequence[Message]) -> None:
        tray = await self._store.tray(tx, (), (), letters)
        for letter in letters:
            tray.add(letter)
        await self._store.put_away(tx, tray)

    def _some_words(self, count: int) -> str:
        return " ".join(self._chance.choices(_WORDS, k=count))

    def _some_time(self) -> datetime:
        return self._now - self._chance.random() * _SPAN

    def _letter(self, subject: str, at: datetime, refers_to: Sequence[str] = ()) -> Message:
        name = self._chance.choice(_NAMES)
        address = f"{name.lower().replace(' ', '.')}@hopital.mssante.fr"
        message_id = f"<{new_id()}@hopital.mssante.fr>"
        letter_id = new_id()
        return Message(
            id=letter_id,
            patient_id=self._patient.id,
            conversation_id=letter_id,
            kind=MessageKind.LETTER,
            sender=Party(name=name, address=address),
            recipients=(self._patient.party,),
            at=at.replace(microsecond=at.microsecond // 1000 * 1000),
            subject=subject,
            text=f"Bonjour,\n\n{self._some_words(40)}.\n\nBien à vous",
            message_id=message_id,
            links=(message_id, *refers_to[:1]),
            refers=bool(refers_to),
        )


def scale(ground: Ground, sizes: Sequence[int], console: Console) -> list[Figure]:
    """The pages of mailboxes of these sizes."""
    visits = {}
    for size in sizes:
        console.print(f"a mailbox of {size} conversations …")
        visits[size] = _mailbox(ground, size)
    return [*_pages(visits, "/messagerie", "mailbox page"), *_searches(visits), *_opened(visits), _long(visits)]


class Scaled:
    """A visitor of a filled mailbox."""

    def __init__(self, visit: Visit, long: str) -> None:
        self.visit = visit
        self.long = long


def _mailbox(ground: Ground, size: int) -> Scaled:
    visit = Visit(ground)
    visit.enter(letters=1)
    with patch.dict(os.environ, ground.stack.env("messaging-worker")):
        settings = MessagingSettings.model_validate({})

    async def fill() -> str:
        store = MessagingStore(settings)
        filling = Filling(store, await store.patient(visit.patient_id()))
        await filling.conversations(size)
        long = await filling.thread(LONG)
        store.close()
        return long

    return Scaled(visit, asyncio.run(fill()))


def _pages(visits: "dict[int, Scaled]", path: str, name: str) -> Iterator[Figure]:
    """A page for each size, in turn, so that what slows the machine slows them all."""
    times: dict[int, list[float]] = {size: [] for size in visits}
    for _ in range(_VIEWS):
        for size, scaled in visits.items():
            times[size] += timed(1, partial(scaled.visit.shows, path))
    smallest = min(visits)
    for size in visits:
        yield Figure(
            name=f"{name}, {size} conversations, p50",
            unit="ms",
            values=times[size],
            floors=times[smallest] if size != smallest else (),
            floor_name=f"with {smallest}" if size != smallest else "",
            target_ratio=_FLAT if size != smallest else None,
        )


def _searches(visits: "dict[int, Scaled]") -> Iterator[Figure]:
    path = f"/messagerie/recherche?q={_SEARCHED}"
    if any(scaled.visit.answers(path) != 200 for scaled in visits.values()):
        return
    yield from _pages(visits, path, "search")


def _opened(visits: "dict[int, Scaled]") -> Iterator[Figure]:
    """A conversation of one letter, in the mailbox's first page."""
    times: dict[int, list[float]] = {}
    for size, scaled in visits.items():
        (address,) = scaled.visit.conversations(1)
        times[size] = timed(_VIEWS, partial(scaled.visit.shows, address))
    smallest = min(visits)
    for size in visits:
        yield Figure(
            name=f"conversation of one letter, {size} conversations, p50",
            unit="ms",
            values=times[size],
            floors=times[smallest] if size != smallest else (),
            floor_name=f"with {smallest}" if size != smallest else "",
            target_ratio=_FLAT if size != smallest else None,
        )


def _long(visits: "dict[int, Scaled]") -> Figure:
    scaled = visits[min(visits)]
    (short,) = scaled.visit.conversations(1)
    long = f"/messagerie/conversations/{scaled.long}"
    scaled.visit.shows(long)
    times = timed(_VIEWS, lambda: scaled.visit.shows(long))
    floors = timed(_VIEWS, lambda: scaled.visit.shows(short))
    return Figure(
        name=f"conversation of {LONG} messages, p50", unit="ms", values=times, floors=floors,
        floor_name="of one letter",
    )  # fmt: skip
