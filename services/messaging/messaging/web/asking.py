"""How a patient's browser asks: for which page of the list, and whether anybody will see the answer."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfoNotFoundError

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency

from chassis import web
from chassis.identity import Identity
from chassis.previews.previewer import Previewer
from messaging.domain.addresses import Domains
from messaging.domain.allowance import Allowances
from messaging.domain.filters import Filters
from messaging.domain.model import Patient
from messaging.mailbox import ListPlace
from messaging.objects import Objects
from messaging.originals import Originals
from messaging.paper.press import Press
from messaging.pictures.darkroom import Darkroom
from messaging.store import MessagingStore, PageKey

PatientRequest = Request[Identity, None, State]
GivenStore = NamedDependency[MessagingStore]
GivenDarkroom = NamedDependency[Darkroom]
GivenObjects = NamedDependency[Objects]
GivenOriginals = NamedDependency[Originals]
GivenPress = NamedDependency[Press]
GivenPreviewer = NamedDependency[Previewer]
GivenDomains = NamedDependency[Domains]
GivenAllowances = NamedDependency[Allowances]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LATEST = 10**14
_KEY_AT_MOST = 80
_TICK = re.compile(r"[0-9a-f]{16}")
LIST_FIELDS = ("anciennes", "recentes", "n", "non-lus", "documents", "termines", "de")
"""What an address says of the list: its place, and what it is narrowed to."""


def is_prefetch(request: PatientRequest) -> bool:
    """Whether the browser only fetches ahead: nothing is shown yet, so nothing is read."""
    purposes = (request.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-moz"))
    return any("prefetch" in purpose.lower() for purpose in purposes)


def on_the_clock_of(patient: Patient) -> None:
    """Show the dates of this request in the patient's time zone; one nobody knows leaves the default."""
    with suppress(ZoneInfoNotFoundError, ValueError):
        web.use_time_zone(patient.time_zone)


async def known_patient(request: PatientRequest, store: MessagingStore) -> Patient:
    """The patient of this session, their clock in use. Raises `NotYet` before they are projected."""
    patient = await store.patient(request.user.patient_id)
    on_the_clock_of(patient)
    return patient


def key_text(key: PageKey) -> str:
    """A page's key in an address: milliseconds and id."""
    return f"{(key.at - _EPOCH) // _MILLISECOND}.{key.id}"


def read_key(text: str | None) -> PageKey | None:
    """The key that an address carries; one that can't be read means the first page."""
    milliseconds, dot, row_id = (text or "")[:_KEY_AT_MOST].partition(".")
    if not dot or not milliseconds.isascii() or not milliseconds.isdigit() or int(milliseconds) > _LATEST:
        return None
    return PageKey(at=_EPOCH + int(milliseconds) * _MILLISECOND, id=row_id)


def place_of(request: PatientRequest) -> ListPlace:
    """Which page of the list the address asks for."""
    number = request.query_params.get("n", "1")
    older_than = read_key(request.query_params.get("anciennes"))
    return ListPlace(
        older_than=older_than,
        newer_than=None if older_than else read_key(request.query_params.get("recentes")),
        first=int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 1,
    )


def filters_of(request: PatientRequest) -> Filters:
    """What the address narrows the list to; what can't be read narrows nothing."""
    asked = request.query_params
    tick = asked.get("de", "")
    return Filters(
        unread=asked.get("non-lus") == "1",
        files=asked.get("documents") == "1",
        ended=asked.get("termines") == "1",
        professional=tick if _TICK.fullmatch(tick) else None,
    )
