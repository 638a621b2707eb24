"""Leaving a draft, throwing it away, and taking it back."""

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from chassis import web
from chassis.clock import now
from chassis.errors import NotFound
from messaging.domain.model import Draft
from messaging.drafts import Conflict, Typed, save_draft
from messaging.removing import leave_draft, remove_draft, removed_lately, restore_draft
from messaging.web.asking import GivenDomains, GivenStore, PatientRequest, known_patient
from messaging.web.draft_page import DRAFT_BODY, address_of, conflict_page, gone_page, typed_in


class RestoreForm(msgspec.Struct, kw_only=True):
    """Take a draft back as it was, or with the text of the page that found it gone."""

    texte: str | None = None
    a: tuple[str, ...] = ()
    page: str = ""


class RemovedDraftPages(Controller):
    """`/messagerie/brouillons/…` for drafts that go, and that come back."""

    path = "/messagerie/brouillons"
    exception_handlers = {Conflict: conflict_page}  # noqa: RUF012 - Litestar's own declaration

    @get("/supprimes")
    async def removed(self, request: PatientRequest, store: GivenStore) -> Template:
        """The drafts that can still be taken back."""
        await known_patient(request, store)
        return web.page("removed-drafts.html", drafts=await removed_lately(store, request.user, now()))

    @post("/{draft_id:str}/suppression", request_max_body_size=DRAFT_BODY)
    async def remove(self, request: PatientRequest, store: GivenStore, draft_id: FromPath[str]) -> Redirect:
        """The button "Supprimer le brouillon"; pressed twice it is gone once."""
        try:
            draft = await remove_draft(store, request.user, draft_id, at=now())
        except NotFound:
            draft = await store.removed_draft(request.user.patient_id, draft_id)
        return web.see_other(_behind(draft), toast="draft-removed")

    @post("/{draft_id:str}/retour", request_max_body_size=DRAFT_BODY)
    async def back(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, draft_id: FromPath[str]
    ) -> Redirect | Template:
        """The button "Retour": save, and go back; a draft with nothing in it goes."""
        typed = await typed_in(request)
        try:
            await save_draft(store, domains, request.user, draft_id, typed, at=now())
            draft = await leave_draft(store, request.user, draft_id, at=now())
        except NotFound:
            return await gone_page(request, store, draft_id, typed)
        return web.see_other(_behind(draft))

    @post("/{draft_id:str}/depart", request_max_body_size=1_000)
    async def leave(self, request: PatientRequest, store: GivenStore, draft_id: FromPath[str]) -> Response[None]:
        """Told by the page that is left by a link; a draft that is gone already is fine."""
        try:
            await leave_draft(store, request.user, draft_id, at=now())
        except NotFound:
            await store.removed_draft(request.user.patient_id, draft_id)
        return web.unchanged()

    @post("/{draft_id:str}/reprise", request_max_body_size=DRAFT_BODY)
    async def restore(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, draft_id: FromPath[str]
    ) -> Redirect:
        """The buttons "Reprendre ce brouillon" and "Garder mon texte"."""
        form = await web.read_form(request, RestoreForm)
        draft = await restore_draft(store, request.user, draft_id)
        if form.texte is not None:
            typed = Typed(text=form.texte, ticks=form.a, revision=draft.revision, page=form.page[:64])
            await save_draft(store, domains, request.user, draft_id, typed, at=now())
        return web.see_other(address_of(draft_id), toast="draft-restored")


def _behind(draft: Draft) -> str:
    """Where a draft is gone back from: the conversation it answers, or the list."""
    return "/messagerie" if draft.begins else f"/messagerie/conversations/{draft.conversation_id}"
