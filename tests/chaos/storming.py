"""The traffic of a chaos run: as many letters and replies as asked for, spread over its troubles."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from msgspec import Struct

from stack.control import Stack
from tests.chaos.troubles import Trouble
from tests.system.mail import Letter, MailServer
from tests.system.observer import DEAD_LETTERS, Observer
from tests.system.people import Newcomer, People
from tests.system.storm import Post, Storm, Threads, Writer
from tests.system.waiting import until

REST_WITHIN = 900.0
PATIENCE = 7_200.0
"""Seconds for which a mail server hands over a letter again, and a patient presses again."""
FIRST = 24

Tell = Callable[[str], None]


class Stubborn(MailServer):
    """A mail server that does not give up within hours, as mail servers don't."""

    def deliver(self, letter: Letter, within: float = PATIENCE) -> None:
        """Hand over the letter, again until it is taken."""
        super().deliver(letter, within)


class Plan(Struct, frozen=True, kw_only=True):
    """How much of it. `replies` are shared by the patients."""

    letters: int
    replies: int
    patients: int
    seed: int


def storm_through(
    stack: Stack, people: People, observer: Observer, plan: Plan, troubles: Sequence[Trouble], tell: Tell
) -> Storm:
    """Let it all happen; what was promised, once everything has come to rest."""
    patients = [people.newcomer() for _ in range(plan.patients)]  # before the seed: nobody is invited twice
    random.seed(plan.seed)
    storm = Storm(patients, observer.ends(DEAD_LETTERS))
    with closing(Post(Stubborn(stack.ports["door"]))) as post:
        threads = Threads(patients)
        post.give(threads.first(FIRST))
        post.wait_for(FIRST)
        for newcomer in patients:
            until(lambda newcomer=newcomer: _conversations(newcomer) >= FIRST // plan.patients, what="the first")
        _through(plan, storm, post, threads, troubles, tell)
        tell("the last letters …")
    storm.taken = list(post.taken)
    tell("everything comes to rest …")
    until(observer.unfinished, lambda left: not left, what="everything done", within=REST_WITHIN, every=1.0)
    return storm


def _conversations(newcomer: Newcomer) -> int:
    links = newcomer.visitor.get("/messagerie").links().values()
    return len({url for url in links if "/messagerie/conversations/" in url})


def _through(
    plan: Plan, storm: Storm, post: Post, threads: Threads, troubles: Sequence[Trouble], tell: Tell
) -> None:
    turn = threading.Semaphore(0)
    each = plan.replies // plan.patients
    shares = _shares(plan.letters - FIRST, len(troubles))
    with ThreadPoolExecutor(plan.patients) as pool:
        writing = [pool.submit(_writer(newcomer, storm).answer, each, turn) for newcomer in storm.patients]
        try:
            for number, (trouble, letters) in enumerate(zip(troubles, shares, strict=True), 1):
                before = len(post.taken)
                post.give(threads.more(letters))
                turn.release(-(-plan.replies // len(troubles)))
                post.wait_for(min(before + 3, before + letters))
                tell(f"{number}/{len(troubles)} {trouble.name}; {len(post.taken)} letters taken so far")
                trouble.make()
        finally:
            turn.release(plan.replies)
        for work in writing:
            work.result()


def _writer(newcomer: Newcomer, storm: Storm) -> Writer:
    return Writer(newcomer, lambda who, text: storm.answered.append((who, text)), within=PATIENCE)


def _shares(count: int, among: int) -> list[int]:
    return [count // among + (1 if number < count % among else 0) for number in range(among)]
