"""`/notifications/<token>`: the announcement of a letter, readable in a browser for 30 days without log-in."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from chassis import web
from chassis.clock import Clock, now
from chassis.errors import NotFound, TooManyRequests
from chassis.store import Row
from chassis.web.ports import parts_of
from notifier.domain.notices import GATHERED, Kind
from notifier.domain.pace import Allowance
from notifier.domain.patient import Patient
from notifier.domain.views import looks_like_token, may_be_viewed, view_hash
from notifier.rendering import Notice, Renderer


class Notices(Protocol):
    """Where the page looks."""

    async def viewable_notice(self, view_hash: str) -> Row | None:
        """The notice whose view has this hash."""
        ...

    async def patient(self, patient_id: str) -> Patient | None:
        """The patient as known now."""
        ...

    async def unread(self, notice_id: str, /) -> int:
        """How many of a gathered notice's letters have not been read."""
        ...


class ViewableNotices:
    """The announcements that a token opens, at a bounded rate: guessing must not cost the store its time."""

    def __init__(
        self,
        notices: Notices,
        renderer: Renderer,
        *,
        rate: float,
        clock: Clock = now,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notices = notices
        self._renderer = renderer
        self._clock = clock
        self._seconds = seconds
        self._allowance = Allowance(rate, seconds())

    async def facts(self, token: str) -> tuple[str, dict[str, Any]]:
        """The e-mail's language, and what the page says. Raises `NotFound`, always alike, or `TooManyRequests`."""
        if not looks_like_token(token):
            raise NotFound("no such notice")
        if not self._allowance.spend(self._seconds()):
            raise TooManyRequests("notices viewed")
        row = await self._notices.viewable_notice(view_hash(token))
        if row is None or not may_be_viewed(row["queued_at"], self._clock()):
            raise NotFound("no such notice")
        notice = await self._notice(row)
        return notice.language, self._renderer.facts(notice)

    async def _notice(self, row: Row) -> Notice:
        patient = await self._notices.patient(row["patient_id"])
        if patient is None or patient.status == "closed":
            raise NotFound("no such notice")
        kind = Kind(row["kind"])
        count = max(1, await self._notices.unread(row["_id"])) if kind in GATHERED else 1
        return Notice(kind=kind, language=patient.language, given_name=patient.given_name, count=count)


class NoticeViews(Controller):
    """Public: the address is the secret."""

    path = "/notifications"
    opt = {"public": True}  # noqa: RUF012  Litestar reads it as a class attribute

    @get("/{token:str}")
    async def view(
        self, request: Request[Any, Any, Any], token: FromPath[str], store: NamedDependency[ViewableNotices]
    ) -> Template:
        """The same words as the e-mail, in its language whatever the browser's.

        Raises `NotFound`, or `TooManyRequests` past the rate of views.
        """
        language, facts = await store.facts(token)
        parts_of(request).languages.choose("", language)
        return web.page("notice.html", **facts)
