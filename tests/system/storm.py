"""Letters come in and answers go out while every process is killed in turn; what was promised meanwhile."""

import queue
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import httpx

from demo.visitor import NotOnThePage, Page
from stack.control import Stack
from tests.system.mail import Letter, MailServer, letter
from tests.system.observer import DEAD_LETTERS, Ends, Observer
from tests.system.people import PROFESSIONALS, Newcomer, People
from tests.system.waiting import persistently, until

KILLED = (
    "auth", "messaging-web", "messaging-worker", "messaging-smtp", "documents", "synthesis", "notifier",
    "kafka", "minio", "mongodb", "gateway",
)  # fmt: skip
PATIENTS = 4
LETTERS = 200
FIRST = 24
"""Letters that start the conversations, before the first kill."""
SENDERS_AT_ONCE = 4
ANSWERS_EACH = 4
CALM = 240.0
"""Seconds after the last kill within which everything has come to rest."""


class Failed(Exception):
    """What a person sees when a part of the site is away: they press again."""


@dataclass
class Storm:
    """What was promised: letters answered 250, answers for which the page said "Message envoyé"."""

    patients: Sequence[Newcomer]
    dead_letters_before: Ends
    taken: list[Letter] = field(default_factory=list)
    answered: list[tuple[Newcomer, str]] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def letters_to(self, newcomer: Newcomer) -> list[Letter]:
        """The letters that were taken for this patient."""
        return [letter for letter in self.taken if newcomer in letter.patients]


class Post:
    """Mail servers that work off one queue of letters side by side."""

    def __init__(self, server: MailServer) -> None:
        self.taken: list[Letter] = []
        self._server = server
        self._queue: queue.Queue[Letter | None] = queue.Queue()
        self._pool = ThreadPoolExecutor(SENDERS_AT_ONCE)
        self._working = [self._pool.submit(self._work) for _ in range(SENDERS_AT_ONCE)]

    def give(self, letters: Sequence[Letter]) -> None:
        """Letters to hand over."""
        for each in letters:
            self._queue.put(each)

    def _work(self) -> None:
        while (each := self._queue.get()) is not None:
            self._server.deliver(each)
            self.taken.append(each)

    def wait_for(self, count: int) -> None:
        """Until so many were taken; raises what made a mail server give up."""
        until(lambda: self._failed() or len(self.taken) >= count, what=f"{count} letters taken", every=0.02)
        self._raise()

    def _failed(self) -> bool:
        return any(work.done() and work.exception() for work in self._working)

    def _raise(self) -> None:
        for work in self._working:
            if work.done():
                work.result()

    def close(self) -> None:
        """Until all were taken."""
        for _ in self._working:
            self._queue.put(None)
        self._pool.shutdown()
        self._raise()


class Threads:
    """What professionals write about: some letters begin, some answer earlier ones, some repeat a subject."""

    def __init__(self, patients: Sequence[Newcomer]) -> None:
        self._patients = patients
        self._begun: list[Letter] = []

    def first(self, count: int) -> list[Letter]:
        """Letters that begin: each professional writes to each patient, a few to two at once."""
        made = []
        for number in range(count):
            sender = PROFESSIONALS[number % len(PROFESSIONALS)]
            patients = [self._patients[number % len(self._patients)]]
            if number % 6 == 5:
                patients.append(self._patients[(number + 1) % len(self._patients)])
            made.append(letter(sender, patients, f"Suivi de l'été n° {number}"))
        self._begun = made
        return made

    def more(self, count: int) -> list[Letter]:
        """Letters that go on, every third with a file."""
        return [self._next(random.choice(self._begun), with_file=number % 3 == 0) for number in range(count)]

    def _next(self, before: Letter, *, with_file: bool) -> Letter:
        refers = random.random() < 0.5
        return letter(
            before.sender,
            before.patients,
            f"Re: Suivi n° {random.randrange(5)}",
            answers=[before.message_id] if refers else (),
            file=random.randbytes(random.randrange(1_000, 60_000)) if with_file else None,
        )


class Writer:
    """A patient who answers letters, and presses again when a part of the site is away."""

    def __init__(self, newcomer: Newcomer, told: Callable[[Newcomer, str], None], within: float = CALM) -> None:
        self._newcomer = newcomer
        self._within = within
        self._told = told

    def answer(self, times: int, turn: threading.Semaphore) -> None:
        """So many answers, each when it is its turn."""
        for number in range(times):
            turn.acquire()
            text = f"Merci, c'est noté : {uuid4().hex}"
            where = persistently(partial(self._conversation, number), Failed, what="the list", within=self._within)
            persistently(partial(self._answer, where, text), Failed, what="an answer sent", within=self._within)
            self._told(self._newcomer, text)

    def _conversation(self, number: int) -> str:
        """One of the list; the oldest is the service's welcome, which can't be answered."""
        page = self._page("/messagerie")
        found = sorted({url for url in page.links().values() if "/messagerie/conversations/" in url})
        if len(found) < 2:
            raise Failed("the list isn't there")
        return found[1 + number % (len(found) - 1)]

    def _page(self, url: str) -> Page:
        try:
            page = self._newcomer.visitor.get(url)
        except (httpx.HTTPError, NotOnThePage) as error:
            raise Failed(repr(error)) from error
        if page.status != 200:
            raise Failed(f"{page.status} {page.text[:200]}")
        return page

    def _answer(self, where: str, text: str) -> None:
        """Raises `Failed`; what was sent all the same is seen when the conversation is opened again."""
        page = self._page(where)
        if page.says(text):
            return
        try:
            sent = page.press("Répondre").press("Envoyer", {"Mon message": text})
        except (httpx.HTTPError, NotOnThePage) as error:
            raise Failed(repr(error)) from error
        if not sent.says("Message envoyé"):
            raise Failed(f"{sent.status} {sent.text[:200]}")


def rage(stack: Stack, people: People, observer: Observer) -> Storm:
    """Let it all happen; what was promised, once everything has come to rest."""
    patients = [people.newcomer() for _ in range(PATIENTS)]
    storm = Storm(patients, observer.ends(DEAD_LETTERS))
    with closing(Post(MailServer(stack.ports["door"]))) as post:
        threads = Threads(patients)
        post.give(threads.first(FIRST))
        post.wait_for(FIRST)
        for newcomer in patients:
            _wait_for_conversations(newcomer)
        _break_everything(stack, storm, post, threads)
    storm.taken = list(post.taken)
    until(observer.unfinished, lambda left: not left, what="everything done", within=CALM, every=1.0)
    return storm


def _wait_for_conversations(newcomer: Newcomer) -> None:
    def count() -> int:
        links = newcomer.visitor.get("/messagerie").links().values()
        return len({url for url in links if "/messagerie/conversations/" in url})

    until(count, lambda found: found >= 5, what="the first conversations")


def _break_everything(stack: Stack, storm: Storm, post: Post, threads: Threads) -> None:
    turn = threading.Semaphore(0)
    with ThreadPoolExecutor(PATIENTS) as pool:
        writing = [_writing(pool, newcomer, storm, turn) for newcomer in storm.patients]
        try:
            _kill_each(stack, post, threads, turn)
        finally:
            turn.release(PATIENTS * ANSWERS_EACH)
        for work in writing:
            work.result()


def _writing(
    pool: ThreadPoolExecutor, newcomer: Newcomer, storm: Storm, turn: threading.Semaphore
) -> "Future[None]":
    writer = Writer(newcomer, lambda who, text: storm.answered.append((who, text)))
    return pool.submit(writer.answer, ANSWERS_EACH, turn)


def _kill_each(stack: Stack, post: Post, threads: Threads, turn: threading.Semaphore) -> None:
    """Each process dies in the middle of a batch of letters, and is back before the next one does."""
    each, left = (LETTERS - FIRST) // len(KILLED), (LETTERS - FIRST) % len(KILLED)
    for number, name in enumerate(KILLED):
        before = len(post.taken)
        post.give(threads.more(each + (1 if number < left else 0)))
        turn.release()
        post.wait_for(before + 3)
        stack.kill(name)
        stack.wait_ready(timeout=180.0)
