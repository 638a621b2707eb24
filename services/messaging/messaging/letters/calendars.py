"""Calendar parts of letters (RFC 5545) as invitations in words."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from messaging.domain.addresses import is_address, normal
from messaging.domain.invitations import Asked, Invitation
from messaging.domain.names import clean_line, shown_name
from messaging.letters.charsets import text_of

MOST_BYTES = 64 * 1024
"""Of a longer calendar nothing is said: it can be downloaded."""
MOST_EVENTS = 10
LONGEST_TITLE = 250
LONGEST_NOTE = 2_000
_DEFAULT_ZONE = ZoneInfo("Europe/Paris")
_SAME_DAY_EVERYWHERE = time(10, tzinfo=UTC)
_ZONE = re.compile(r"(?i)(BEGIN|END):VTIMEZONE\b")
_STUMBLES = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError),
    OSError,  # a zone is looked up as a file, whatever its name
)
_METHODS = {"REQUEST": Asked.COME, "CANCEL": Asked.CANCELLED}


def invitations(content: bytes) -> tuple[Invitation, ...]:
    """The appointments in a calendar part of at most `MOST_BYTES`, none when they cannot be read."""
    import icalendar  # only for those letters that bring one: it takes a second and ten megabytes

    try:
        calendar = icalendar.Calendar.from_ical(_without_zones(text_of(content)))
        asked = _METHODS.get(str(calendar.get("METHOD", "")).upper(), Asked.KNOW)
        return tuple(_invitation(event, asked) for event in calendar.walk("VEVENT")[:MOST_EVENTS])
    except _STUMBLES:
        return ()


def _without_zones(text: str) -> str:
    """A sender's own definition of a time zone may have rules without end: zones are known by their names alone.

    One that never ends takes all that follows with it.
    """
    kept, within = [], False
    for line in text.split("\n"):
        mark = _ZONE.match(line)
        if mark is None and not within:
            kept.append(line)
        elif mark is not None:
            within = mark[1].upper() == "BEGIN"
    return "\n".join(kept)


def _invitation(event: Any, asked: Asked) -> Invitation:
    starts, ends = _value(event, "DTSTART"), _value(event, "DTEND")
    timed = isinstance(starts, datetime)
    length = _value(event, "DURATION")
    if ends is None and starts is not None and isinstance(length, timedelta):
        ends = starts + length
    if ends is not None and not timed:  # RFC 5545 §3.6.1: the end is the day after the last
        ends -= timedelta(days=1)
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    return Invitation(
        asked=Asked.CANCELLED if cancelled else asked,
        title=clean_line(_text(event, "SUMMARY"), LONGEST_TITLE),
        starts=_instant(starts),
        ends=_instant(ends),
        timed=timed,
        where=clean_line(_text(event, "LOCATION"), LONGEST_TITLE),
        organiser=_person(event.get("ORGANIZER")),
        repeats="RRULE" in event or "RDATE" in event,
        note=_text(event, "DESCRIPTION").strip()[:LONGEST_NOTE],
    )


def _value(event: Any, name: str) -> Any:
    found = event.get(name)
    value = getattr(found[0] if isinstance(found, list) else found, "dt", None)
    return value if isinstance(value, (date, timedelta)) else None


def _text(event: Any, name: str) -> str:
    found = event.get(name)
    values = found if isinstance(found, list) else [found]
    return "\n".join(str(one) for one in values if one is not None)


def _instant(value: date | None) -> datetime | None:
    """Days at the same hour everywhere; times without a zone are on the clock of mainland France."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        return datetime.combine(value, _SAME_DAY_EVERYWHERE)
    aware = value if value.tzinfo else value.replace(tzinfo=_DEFAULT_ZONE)
    return aware.astimezone(UTC).replace(microsecond=0)


def _person(organiser: Any) -> str:
    """The organiser's name, else one made from the address; never the address."""
    if organiser is None:
        return ""
    address = normal(re.sub(r"(?i)^mailto:", "", str(organiser)))
    name = str(getattr(organiser, "params", {}).get("CN", ""))
    return shown_name(name, address) if name or is_address(address) else ""


def distinct(found: Iterable[Invitation]) -> tuple[Invitation, ...]:
    """Each appointment once: it often comes as a part and as an attachment."""
    return tuple(dict.fromkeys(found))[:MOST_EVENTS]
