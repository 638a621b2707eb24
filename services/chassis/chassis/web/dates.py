"""Instants and sizes as the guide writes them, in the person's time zone."""

from contextvars import ContextVar
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from chassis.clock import now
from chassis.i18n import mark as _
from chassis.web.language import Languages, current_language

DEFAULT_ZONE = "Europe/Paris"
_NBSP = "\N{NO-BREAK SPACE}"
_AT = {"fr": "'à'", "en": "'at'"}
"""What stands between a day and its time."""
_zone: ContextVar[str] = ContextVar("zone", default=DEFAULT_ZONE)


def use_time_zone(name: str) -> None:
    """Show the dates of the request under way in this zone (an IANA name)."""
    ZoneInfo(name)
    _zone.set(name)


def local(at: datetime) -> datetime:
    """An aware instant on the person's clock."""
    return at.astimezone(ZoneInfo(_zone.get()))


def list_date(at: datetime, languages: Languages, today: date | None = None) -> str:
    """As lists write it: time today, "hier", "28 mai", "1er janv." this year, "09/12/20" before."""
    there = local(at)
    this_day = today or local(now()).date()
    if there.date() == this_day:
        return format_datetime(there, "HH:mm", locale=current_language())
    if there.date() == this_day - timedelta(days=1):
        return languages.gettext(_("hier"))
    pattern = "d MMM" if there.year == this_day.year else "dd/MM/yy"
    return format_date(there, _first(there, pattern), locale=current_language())


def day(at: datetime | date) -> str:
    """A whole day: "28 mai 2026", "1er mai 2026". Takes a date as it is, and an instant on the person's clock."""
    there = local(at) if isinstance(at, datetime) else at
    return format_date(there, _first(there, "d MMMM y"), locale=current_language())


def moment(at: datetime) -> str:
    """A day and its time: "28 mai 2026 à 10:42"."""
    return _moment(local(at), "d MMMM y")


def hour(at: datetime) -> str:
    """Only its time, beside a day that is said already: "10:42"."""
    return format_datetime(local(at), "HH:mm", locale=current_language())


def full_moment(at: datetime) -> str:
    """With the day of the week: "jeudi 28 mai 2026 à 10:42"."""
    return _moment(local(at), "EEEE d MMMM y")


def clock_time(at: datetime) -> str:
    """A time of the day, rounded up to the minute, as it is read aloud: "14 h 40"."""
    whole = at.replace(second=0, microsecond=0)
    return clock_time_before(whole if whole == at else whole + timedelta(minutes=1))


def clock_time_before(at: datetime) -> str:
    """The same, cut to the minute: for what is over at that time."""
    there = local(at)
    minute = f"{there.minute:02d}"
    return f"{there.hour}{_NBSP}h{_NBSP}{minute}" if current_language() == "fr" else f"{there.hour:02d}:{minute}"


def size(count: int, languages: Languages) -> str:
    """Bytes in decimal units, as the limits are: "812 octets", "412 Ko", "1,2 Mo"."""
    if count < 1_000:
        return _NBSP.join((str(count), languages.ngettext("octet", "octets", count)))
    if count < 999_500:
        return _NBSP.join((str(round(count / 1_000)), languages.gettext(_("Ko"))))
    millions = format_decimal(round(count / 1_000_000, 1), locale=current_language())
    return _NBSP.join((millions, languages.gettext(_("Mo"))))


def _moment(there: datetime, days: str) -> str:
    language = current_language()
    pattern = f"{_first(there, days)} {_AT.get(language, '')} HH:mm".replace("  ", " ")
    return format_datetime(there, pattern, locale=language)


def _first(there: date, days: str) -> str:
    """The pattern for this day: in French the first of a month is an ordinal, no other is."""
    return days.replace("d ", "d'er' ") if there.day == 1 and current_language() == "fr" else days
