"""Why a provisioning can't be done, and what to do about it."""

from __future__ import annotations


class ProvisionError(Exception):
    """What happened, and the next step, in one sentence each."""


class SettingMissing(ProvisionError):
    """A setting without which nothing can be provisioned."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the setting {name} is missing; set it in the environment (locally: make up)")


class NotAnswering(ProvisionError):
    """A backing service did not answer in time."""

    def __init__(self, what: str, seconds: float, last: Exception) -> None:
        super().__init__(f"{what} did not answer within {seconds:.0f} s: {last}; see that it runs (make status)")


class PartitionsDiffer(ProvisionError):
    """A topic exists with another number of partitions: that never changes in place."""

    def __init__(self, topic: str, found: int, declared: int) -> None:
        super().__init__(
            f"{topic} has {found} partitions and {declared} are declared: declare a new topic and migrate to it"
            " (locally: make reset)"
        )
