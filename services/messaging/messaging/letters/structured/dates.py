"""HL7 time stamps (`20210401171000+0100`, or only `2021`) as moments."""

import re
from datetime import UTC, datetime, timedelta, timezone

from messaging.domain.structured import Moment
from messaging.letters.structured.xml import Element, attribute, child

_STAMP = re.compile(
    r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:[0-9]{2}(?:\.[0-9]{1,6})?)?)?)?)?)?"
    r"(?:([+-])([0-9]{2})([0-9]{2}))?"
)
_SAME_DAY_EVERYWHERE = 10


def moment(stamp: str) -> Moment | None:
    """The moment a stamp names, None when it is none. A time without a zone is taken as UTC."""
    found = _STAMP.fullmatch(stamp.strip())
    if found is None:
        return None
    year, month, day = found[1], found[2], found[3]
    if day is None:
        return Moment(words=f"{month}/{year}" if month else year)
    timed = found[5] is not None
    try:
        at = datetime(
            int(year),
            int(month),
            int(day),
            int(found[4]) if timed else _SAME_DAY_EVERYWHERE,
            int(found[5]) if timed else 0,
            tzinfo=_zone(found) if timed else UTC,
        )
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Moment(words=f"{day}/{month}/{year}", at=at, timed=timed)


def _zone(found: "re.Match[str]") -> timezone:
    if found[6] is None:
        return UTC
    offset = timedelta(hours=int(found[7]), minutes=int(found[8]))
    return timezone(-offset if found[6] == "-" else offset)


def moment_in(element: Element | None) -> Moment | None:
    """The moment of an element like `effectiveTime`: its value, or the beginning of its interval."""
    return moment(attribute(element, "value") or attribute(child(element, "low"), "value"))


def span_in(element: Element | None) -> str:
    """An interval in words: "12/03/2019", "du 12/03/2019 au 14/03/2019", "depuis le 12/03/2019"."""
    if element is None:
        return ""
    single = moment(attribute(element, "value"))
    low = moment(attribute(child(element, "low"), "value"))
    high = moment(attribute(child(element, "high"), "value"))
    if single:
        return single.words
    if low and high:
        return low.words if low.words == high.words else f"du {low.words} au {high.words}"
    if low:
        return f"depuis le {low.words}" if low.at else f"depuis {low.words}"
    return f"jusqu'au {high.words}" if high else ""
