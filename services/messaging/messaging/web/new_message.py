""" "Nouveau message": to whom and about what, before the draft's page."""

import msgspec
from litestar import Controller, get, post
from litestar.response import Redirect, Template

from chassis import web
from chassis.clock import now
from chassis.web.forms import text_fields
from messaging.beginning import Beginning, begin_message, whom_to_write
from messaging.domain.beginning import SUBJECT_AT_MOST
from messaging.domain.drafting import tick_of
from messaging.domain.errors import AttachmentsTooLarge, NobodyChosen, SubjectRefused
from messaging.domain.model import Correspondent
from messaging.web import words
from messaging.web.asking import GivenDomains, GivenStore, PatientRequest
from messaging.web.picked import read_picked
from messaging.web.shown import Tick, shared_names


class BeginningForm(msgspec.Struct, kw_only=True):
    """The page's fields: ticked professionals, and the "Objet" as it was typed."""

    a: tuple[str, ...] = ()
    objet: str = ""


class NewMessagePages(Controller):
    """`/messagerie/nouveau`."""

    path = "/messagerie/nouveau"

    @get("/")
    async def choose(self, request: PatientRequest, store: GivenStore, domains: GivenDomains) -> Template:
        """Whom to write to, and about what; `a` in the address ticks one beforehand."""
        ticked = tuple(request.query_params.getall("a", []))
        offered = await whom_to_write(store, domains, request.user)
        return _page(offered, Beginning(ticks=ticked, subject=""), {})

    @post("/document", request_max_body_size=20_000)
    async def choose_for_document(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains
    ) -> Template:
        """The button "Envoyer à un professionnel" of a document: the same page, which keeps it for the draft."""
        picked = read_picked(await text_fields(request))
        offered = await whom_to_write(store, domains, request.user)
        return _page(offered, Beginning(ticks=(), subject="", documents=tuple(picked)), {})

    @post("/", request_max_body_size=20_000)
    async def begin(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains
    ) -> Redirect | Template:
        """Go on to the draft, or say what is to be mended first."""
        form = await web.read_form(request, BeginningForm)
        picked = read_picked(await text_fields(request))
        wish = Beginning(ticks=form.a, subject=form.objet, documents=tuple(picked))
        try:
            draft = await begin_message(store, domains, request.user, wish, at=now())
        except (SubjectRefused, NobodyChosen, AttachmentsTooLarge) as error:
            offered = await whom_to_write(store, domains, request.user)
            return _page(offered, wish, _sentences(error, wish))
        return web.see_other(f"/messagerie/brouillons/{draft.id}")


def _page(offered: list[Correspondent], wish: Beginning, errors: dict[str, str]) -> Template:
    ticks = [_tick(record, wish, alone=len(offered) == 1) for record in offered]
    shared = shared_names(record.name for record in offered)
    return web.page(
        "new-message.html",
        status=422 if errors else 200,
        ticks=ticks,
        addresses={tick_of(record.address): record.address for record in offered if record.name in shared},
        subject=wish.subject,
        documents=wish.documents,
        subject_at_most=SUBJECT_AT_MOST,
        errors=errors,
    )


def _tick(record: Correspondent, wish: Beginning, *, alone: bool) -> Tick:
    value = tick_of(record.address)
    return Tick(value, record.name, alone or value in wish.ticks)


def _sentences(error: SubjectRefused | NobodyChosen | AttachmentsTooLarge, wish: Beginning) -> dict[str, str]:
    """What is to be mended, by the ids of the fields in the page and in their order."""
    if isinstance(error, AttachmentsTooLarge):
        return {"documents": error.sentence}
    nobody = {} if wish.ticks else {"a": NobodyChosen.sentence}
    if isinstance(error, SubjectRefused):
        return {**nobody, "objet": words.SUBJECT_FAULTS[error.fault]}
    return {"a": error.sentence}
