"""A letter's way: taken at the door, made readable, announced; each beside its floor, round after round."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from contracts.notifier import NoticeSent
from tests.bench.figures import Figure, percentile
from tests.bench.generator import Order, Sent
from tests.bench.ground import Bus, Ground, TooSlow, helper, run_generator, until
from tests.bench.machine import Cpu

RECEIVED = "messaging.message-received.v1"
SENT = "notifier.notice-sent.v1"
DOOR_FLOOR = "TCP sink + object + record"
READABLE_FLOOR = "that + parsing + two documents"
PROMISED_AT, PROMISED_MS = 10.0, 1_000.0
AIMED_MS = 250.0
"""p99 from letter to notice, at ten letters a second and above."""
_STEADY = (0.1, 0.9)
"""The part of a backlog that counts: neither the worker's start nor the last stragglers."""


@dataclass
class Rounds:
    """What the rounds found, figure by figure."""

    door: list[float] = field(default_factory=list)
    door_floor: list[float] = field(default_factory=list)
    readable: list[float] = field(default_factory=list)
    notified: list[float] = field(default_factory=list)
    readable_floor: list[float] = field(default_factory=list)
    through: list[float] = field(default_factory=list)
    cpu: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    generator: list[float] = field(default_factory=list)

    def spent(self, what: str, shares: dict[str, float]) -> None:
        """Keep a round's processor time."""
        self.cpu.setdefault(what, []).append(shares)

    def cpu_of(self, what: str) -> dict[str, float]:
        """The mean over rounds."""
        rounds = self.cpu[what]
        names = dict.fromkeys(name for shares in rounds for name in shares)
        means = {name: sum(shares.get(name, 0.0) for shares in rounds) / len(rounds) for name in names}
        return {name: round(mean, 2) for name, mean in sorted(means.items(), key=lambda item: -item[1])}

    def figures(self) -> list[Figure]:
        """As they are printed."""
        busy = {"generator's share of a core": max(self.generator)}
        rate = "letters/s"
        spent = {
            "ms of processor a letter after the first tenth": sum(self.cpu_of("backlog").values()),
            "with the worker's start": sum(self.cpu_of("backlog with the start").values()),
        }
        return [
            Figure(
                name="accepted at the door", unit=rate, better="more", values=self.door,
                floors=self.door_floor, floor_name=DOOR_FLOOR, cpu_ms=self.cpu_of("door"), notes=busy,
            ),
            Figure(
                name="made readable, from a backlog", unit=rate, better="more", values=self.readable,
                floors=self.readable_floor, floor_name=READABLE_FLOOR, cpu_ms=self.cpu_of("backlog"), notes=spent,
            ),
            Figure(
                name="notified, from a backlog", unit=rate, better="more", values=self.notified,
                floors=self.readable_floor, floor_name=READABLE_FLOOR,
            ),
            Figure(
                name="door to notice, all at once", unit=rate, better="more", values=self.through,
                floors=self.readable_floor, floor_name=READABLE_FLOOR, cpu_ms=self.cpu_of("through"),
            ),
        ]  # fmt: skip


class Mail:
    """Measures a letter's way on prepared ground, with the notifier's relay at `sink` (its port and notes)."""

    def __init__(self, ground: Ground, bus: Bus, notes: Path, connections: int) -> None:
        self._ground = ground
        self._bus = bus
        self._notes = notes
        self._connections = connections

    async def rounds(self, count: int, letters: int) -> list[Figure]:
        """All throughput figures."""
        found = Rounds()
        for _ in range(count):
            self._ground.stack.stop("messaging-worker")
            try:
                found.door_floor.append(self._floor(letters, readable=False))
                await self._door(found, letters)
            finally:
                marks = await self._marks()
                self._ground.stack.start("messaging-worker")
            await self._backlog(found, letters, marks)
            found.readable_floor.append(self._floor(letters, readable=True))
            await self._through(found, letters)
        return found.figures()

    def _floor(self, letters: int, *, readable: bool) -> float:
        stores = msgspec.json.encode(self._ground.stores(readable=readable))
        with helper("floors", given=stores) as (port, _):
            order = {"port": port, "plain": True, "connections": self._connections}
            self._ground.send(**order, letters=letters // 5)  # connections and pools made
            return self._ground.send(**order, letters=letters).rate

    async def _door(self, found: Rounds, letters: int) -> None:
        with Cpu(self._ground.pids()) as cpu:
            sent = self._ground.send(letters=letters, connections=self._connections)
        found.door.append(sent.rate)
        found.generator.append(round(sent.cpu / sent.seconds, 2))
        found.spent("door", cpu.each(letters))

    async def _marks(self) -> tuple[dict, dict]:  # type: ignore[type-arg]
        return await self._bus.ends("messaging.events"), await self._bus.ends("notifier.events")

    async def _backlog(self, found: Rounds, letters: int, marks: tuple[dict, dict]) -> None:  # type: ignore[type-arg]
        until(lambda: self._ground.stack.pid("messaging-worker") > 0, what="the worker's start")
        with Cpu(self._ground.pids()) as whole:
            first = await self._bus.since(marks[0], RECEIVED, int(letters * _STEADY[0]))
            with Cpu(self._ground.pids()) as cpu:
                received = await self._bus.since(marks[0], RECEIVED, letters)
                notified = await self._bus.since(marks[1], SENT, letters)
        found.readable.append(steady_rate(record.timestamp / 1000 for record in received))
        found.notified.append(steady_rate(record.timestamp / 1000 for record in notified))
        found.spent("backlog", cpu.each(letters - len(first)))
        found.spent("backlog with the start", whole.each(letters))

    async def _through(self, found: Rounds, letters: int) -> None:
        marks = await self._marks()
        with Cpu(self._ground.pids()) as cpu:
            sent = self._ground.send(letters=letters, connections=self._connections)
            notified = await self._bus.since(marks[1], SENT, letters)
        last = max(record.timestamp for record in notified) / 1000
        found.through.append(letters / (last - min(one.due for one in sent.letters)))
        found.spent("through", cpu.each(letters))

    async def waiting(self, rate: float, letters: int) -> list[Figure]:
        """From letter in to notice out at a rate, at a relay that greets at once."""
        with Cpu(self._ground.pids()) as cpu:
            sent = self._ground.send(letters=letters, rate=rate, connections=10)
            until(lambda: len(noted(self._notes, sent)) == letters, what="the last notice")
        target = PROMISED_MS if rate <= PROMISED_AT else AIMED_MS
        name = f"letter to notice at {rate:g}/s"
        return _waits(name, sent, noted(self._notes, sent), cpu.each(letters), target)

    async def waiting_for_catcher(self, rate: float, letters: int) -> list[Figure]:
        """The same with the local catcher, which takes 100 ms to greet; until its 250."""
        marks = await self._bus.ends("notifier.events")
        sent = self._ground.send(letters=letters, rate=rate, connections=10)
        decoder = msgspec.json.Decoder(NoticeSent)
        events = [decoder.decode(record.value or b"") for record in await self._bus.since(marks, SENT, letters)]
        out = {event.notice_id: event.sent_at.timestamp() for event in events}
        return _waits(f"the same, to the catcher, at {rate:g}/s", sent, out, {})


def _waits(
    name: str, sent: Sent, out: Mapping[str, float], cpu_ms: dict[str, float], target: float = PROMISED_MS
) -> list[Figure]:
    letters = {intake_of(one.answer): one for one in sent.letters}
    if missing := letters.keys() - out.keys():
        raise TooSlow(f"{len(missing)} of {len(letters)} letters were not announced")
    waits = [1000 * (out[intake] - one.due) for intake, one in letters.items()]
    at_door = [1000 * (one.answered - one.due) for one in letters.values()]
    notes = {"at the door alone p50": percentile(at_door, 50), "p99": percentile(at_door, 99)}
    return [
        Figure(name=f"{name}, p50", unit="ms", values=[percentile(waits, 50)], cpu_ms=cpu_ms, notes=notes),
        Figure(name=f"{name}, p99", unit="ms", values=[percentile(waits, 99)], target=target),
    ]


def noted(notes: Path, sent: Sent) -> dict[str, float]:
    """When the sink took the notice of each of these letters, by the letter's id."""
    wanted = {intake_of(one.answer) for one in sent.letters}
    lines = (line.split() for line in notes.read_text().splitlines())
    found = {noticed(words[1]): float(words[0]) for words in lines if len(words) == 2}
    return {intake: at for intake, at in found.items() if intake in wanted}


def noticed(return_address: str) -> str:
    """The notice's id, which is its letter's, in the address it would come back to."""
    return return_address.partition("+")[2].partition(".")[0]


def intake_of(answer: str) -> str:
    """The id in the door's 250."""
    return answer.rpartition(", ")[2]


def steady_rate(instants: Iterable[float]) -> float:
    """Things a second between the first and the last tenth."""
    ordered = sorted(instants)
    first, last = (int(len(ordered) * share) for share in _STEADY)
    return (last - first) / max(ordered[last] - ordered[first], 1e-3)


def generator_limit(notes: Path, connections: int, letters: int) -> float:
    """How many letters a second the generator sends to a server that only takes them."""
    with ExitStack() as stack:
        port, _ = stack.enter_context(helper("sink", str(notes)))
        order = Order(port=port, recipients=["essai@patient.invalid"], letters=letters, connections=connections)
        return run_generator(order).rate
