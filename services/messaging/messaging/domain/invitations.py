"""Invitations to appointments that come with a letter (iCalendar, RFC 5545 and 5546)."""

from enum import StrEnum

from msgspec import Struct

from contracts.base import Instant


class Asked(StrEnum):
    """What the letter wants of the patient."""

    COME = "come"
    CANCELLED = "cancelled"
    KNOW = "know"
    """Only told: a published event, or somebody's answer."""


class Invitation(Struct, frozen=True, kw_only=True):
    """An appointment in words. Without a time of day it is for whole days: `starts` is then at 10:00 UTC of the
    first, the same day wherever it is read, and `ends` of the last.

    `organiser` is a name and never an address. `note` is the organiser's, at most 2,000 characters.
    """

    asked: Asked
    title: str
    starts: Instant | None = None
    ends: Instant | None = None
    timed: bool = True
    where: str = ""
    organiser: str = ""
    repeats: bool = False
    note: str = ""
