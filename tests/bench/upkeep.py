"""What Pli takes while it does nothing much: memory of each process, the door's with a large letter, the start."""

import time

from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.bench.machine import SERVICES, Peak, pss

LARGE = 24_000_000
_SETTLE_S = 3.0


def start(ground: Ground) -> Figure:
    """`make down`, then `make up` to everything answering, timed."""
    ground.stack.down()
    began = time.monotonic()
    ground.stack.up()
    return Figure(name="make up to healthy", unit="s", values=[time.monotonic() - began], target=20)


def memory(ground: Ground) -> list[Figure]:
    """Proportional set sizes after traffic."""
    time.sleep(_SETTLE_S)
    found = ground.stack.processes()
    each = {name: pss(found[name].pid or 0) for name in SERVICES}
    notes = {name: round(size) for name, size in each.items()}
    return [Figure(name="memory of the seven", unit="MB", values=[sum(each.values())], target=900, notes=notes)]


def large_letter(ground: Ground, rounds: int) -> Figure:
    """How much the door grows while a letter of 24 MB comes in."""
    growths = []
    for _ in range(rounds):
        with Peak(ground.stack.pid("messaging-smtp")) as peak:
            ground.send(letters=1, connections=1, size=LARGE, recipients=ground.mailboxes[:1])
        growths.append(peak.growth)
    return Figure(name="door's growth, 24 MB letter", unit="MB", values=growths, target=16)
