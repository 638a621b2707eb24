"""Very many letters waiting in the log are worked off at full speed, in flat memory, nobody stuck behind them."""

import threading
import time
from contextlib import suppress

from rich.console import Console

from tests.bench.figures import Figure
from tests.bench.ground import Bus, Ground, TooSlow
from tests.bench.machine import private
from tests.bench.mail import RECEIVED, steady_rate

LETTERS = 50_000
SIZE = 4_000
"""Bytes: what matters here is how many there are."""
FLOODED = 0.5
"""The share of all letters that goes to one mailbox."""
GROWTH_MB = 32
_WORKING = ("messaging-worker", "notifier")


class Memory:
    """The private memory of processes, looked at every second."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._pids = pids
        self._seen: dict[str, list[float]] = {name: [] for name in pids}
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._over.wait(1.0):
            for name, pid in self._pids.items():
                with suppress(OSError, LookupError):
                    self._seen[name].append(private(pid))

    def growth(self, name: str) -> float:
        """MB from the end of the first fifth, when all is warm, to the most there was after it."""
        seen = self._seen[name]
        warm = max(len(seen) // 5, 1)
        return max(seen[warm:], default=seen[-1]) - seen[warm - 1]


async def backlog(ground: Ground, bus: Bus, letters: int, console: Console) -> list[Figure]:
    """The worker starts before a full log; one mailbox's flood is half of it."""
    console.print(f"{letters} letters waiting …")
    ground.stack.stop("messaging-worker")
    try:
        flood = int(letters * FLOODED)
        ground.send(letters=flood, size=SIZE, recipients=ground.mailboxes[:1])
        ground.send(letters=letters - flood - 1, size=SIZE, recipients=ground.mailboxes[2:])
    finally:
        marks = await bus.ends("messaging.events")
        ground.stack.start("messaging-worker")
    pids = {name: ground.stack.pid(name) for name in _WORKING}
    with Memory(pids) as memory:
        began = time.time()
        late = ground.send(letters=1, connections=1, size=SIZE, recipients=ground.mailboxes[1:2])
        received = await bus.since(marks, RECEIVED, letters)
    instants = sorted(record.timestamp / 1000 for record in received)
    intake = late.letters[0].answer.rpartition(", ")[2].encode()
    mine = next((record for record in received if intake in (record.value or b"")), None)
    if mine is None:
        raise TooSlow("the late letter was not received")
    return [
        Figure(
            name=f"a backlog of {letters} letters of 4 KB",
            unit="letters/s",
            values=[steady_rate(instants)],
            better="more",
            notes={"the first half, letters/s": steady_rate(instants[: letters // 2])},
        ),
        Figure(
            name="a new letter to another mailbox behind it, of the whole",
            unit="share",
            values=[(mine.timestamp / 1000 - began) / (instants[-1] - began)],
        ),
        *(
            Figure(name=f"growth of {name} meanwhile", unit="MB", values=[memory.growth(name)], target=GROWTH_MB)
            for name in _WORKING
        ),
    ]
