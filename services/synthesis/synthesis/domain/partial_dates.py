"""Dates of which only the year, or the month, may be known."""

import re
from datetime import date

from babel.dates import format_date
from msgspec import Struct

EARLIEST_YEAR = 1900
_WRITTEN = re.compile(r"(?:(?:(?P<day>\d{1,2})[/. -])?(?P<month>\d{1,2})[/. -])?(?P<year>\d{4})", re.ASCII)


class PartialDate(Struct, frozen=True):
    """A year, a month of a year, or a day. `day` is set only if `month` is."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def first_day(self) -> date:
        """The earliest day that this may mean."""
        return date(self.year, self.month or 1, self.day or 1)

    def as_typed(self) -> str:
        """As a form shows it again: 2019, 03/2019 or 12/03/2019."""
        parts = [f"{part:02}" for part in (self.day, self.month) if part is not None]
        return "/".join([*parts, str(self.year)])

    def in_words(self, language: str) -> str:
        """As a person reads it: 2019, mars 2019, 12 mars 2019."""
        pattern = "y" if self.month is None else "MMMM y" if self.day is None else "d MMMM y"
        return format_date(self.first_day, pattern, locale=language)


def partial_date(typed: str) -> PartialDate | None:
    """The date that was typed as 2019, 03/2019 or 12/03/2019, or None when it is none."""
    found = _WRITTEN.fullmatch(typed.strip())
    if found is None:
        return None
    parts = {name: int(part) for name, part in found.groupdict().items() if part is not None}
    read = PartialDate(**parts)
    return read if read.year >= EARLIEST_YEAR and _exists(read) else None


def _exists(read: PartialDate) -> bool:
    try:
        return read.first_day.year == read.year
    except ValueError:
        return False
