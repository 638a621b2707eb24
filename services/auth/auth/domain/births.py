"""A birth date as people type it."""

import re
from datetime import date

_DAY_FIRST = re.compile(r"(\d{1,2})[\s/.\-]+(\d{1,2})[\s/.\-]+(\d{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_EARLIEST = date(1880, 1, 1)


def read_date(typed: str, today: date) -> date | None:
    """The date in "12/05/1988", "12 05 1988" or "1988-05-12"; None if it is none, or no birth date."""
    text = typed.strip()[:20]
    day_first, year_first = _DAY_FIRST.fullmatch(text), _YEAR_FIRST.fullmatch(text)
    if day_first:
        day, month, year = (int(number) for number in day_first.groups())
    elif year_first:
        year, month, day = (int(number) for number in year_first.groups())
    else:
        return None
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if _EARLIEST <= found <= today else None
