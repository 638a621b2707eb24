"""The bus: what a service consumes, follows, and what becomes of records it cannot process."""

from chassis.bus.bus import Bus
from chassis.bus.follower import Follower
from chassis.bus.subscription import Handling, Origin, Ready, Subscription

__all__ = ["Bus", "Follower", "Handling", "Origin", "Ready", "Subscription"]
