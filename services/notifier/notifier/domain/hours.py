"""Clock times as the patient lives them: as they read them, and when the day's one e-mail leaves."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE = "Europe/Paris"
EVENING = time(18)
"""When a day's digest and a reminder leave, in the patient's zone."""


def clock_time(instant: datetime, zone: str, language: str = "fr") -> str:
    """`14 h 40` in that zone, `14:40` in other languages, cut to the minute; an unknown zone is Paris."""
    local = instant.astimezone(_zone(zone))
    return f"{local.hour} h {local.minute:02d}" if language == "fr" else f"{local:%H:%M}"


def next_evening(after: datetime, zone: str) -> datetime:
    """The first evening behind an instant: the same for everything before it."""
    local = after.astimezone(_zone(zone))
    evening = datetime.combine(local.date(), EVENING, local.tzinfo)
    if evening <= local:
        evening = datetime.combine(local.date() + timedelta(days=1), EVENING, local.tzinfo)
    return evening.astimezone(after.tzinfo)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)
