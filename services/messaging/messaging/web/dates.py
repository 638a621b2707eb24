"""Instants as a patient reads them, in their own time zone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from gettext import NullTranslations
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_time

DEFAULT_ZONE = "Europe/Paris"
_FULL = {"fr": "EEEE d MMMM y 'à' HH:mm"}


@dataclass(frozen=True, kw_only=True)
class DateWords:
    """The words for instants, seen by one patient at one moment. Instants given are aware."""

    now: datetime
    zone: ZoneInfo
    language: str = "fr"
    texts: NullTranslations = NullTranslations()

    def brief(self, instant: datetime) -> str:
        """As in the guide's list: the time today, « hier », « 28 mai » this year, « 09/12/20 » before."""
        day, today = self.day(instant), self.day(self.now)
        if day == today:
            return self.clock(instant)
        if day == today - timedelta(days=1):
            return self.texts.gettext("hier")
        pattern = "d MMM" if day.year == today.year else "dd/MM/yy"
        return format_date(day, pattern, locale=self.language)

    def clock(self, instant: datetime) -> str:
        """Hours and minutes, « 10:51 »."""
        return format_time(instant, "HH:mm", tzinfo=self.zone, locale=self.language)

    def full(self, instant: datetime) -> str:
        """Everything a person may want to know: « mardi 9 juin 2026 à 08:12 »."""
        pattern = _FULL.get(self.language, "EEEE d MMMM y HH:mm")
        return format_datetime(instant, pattern, tzinfo=self.zone, locale=self.language)

    def day(self, instant: datetime) -> date:
        """The calendar day on which this instant falls for the patient."""
        return instant.astimezone(self.zone).date()


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name, or the default where the machine doesn't know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)
