"""What every conversation at one door shares: who is asked, what is allowed, and how long it may take."""

from collections.abc import Callable

from msgspec import Struct

from messaging.domain.operators import MailOperators
from messaging.door.arrivals import Arrivals
from messaging.door.house import House
from messaging.door.meter import Meter
from messaging.door.pace import Patience
from messaging.door.recipients import Recipients
from messaging.door.room import Room
from messaging.door.taking import Taking
from messaging.door.tls import DoorTls


class Manners(Struct, frozen=True):
    """What one connection may do: commands and seconds between two letters, errors, recipients, and its time.

    `yields`: seconds after which who did not prove to be a mail operator yields, when there is no place left.
    """

    commands: int
    between: float
    yields: float
    errors: int
    recipients: int
    patience: Patience


class Rules(Struct, frozen=True):
    """What every conversation at one door shares."""

    recipients: Recipients
    house: House
    taking: Taking
    operators: Callable[[], MailOperators]
    hostname: str
    tls: DoorTls | None
    arrivals: Arrivals
    room: Room
    meter: Meter
    manners: Manners
