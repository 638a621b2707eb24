"""Clock times as the patient reads them."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE = "Europe/Paris"


def clock_time(instant: datetime, zone: str, language: str = "fr") -> str:
    """`14 h 40` in that zone, `14:40` in other languages, cut to the minute; an unknown zone is Paris."""
    local = instant.astimezone(_zone(zone))
    return f"{local.hour} h {local.minute:02d}" if language == "fr" else f"{local:%H:%M}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)
