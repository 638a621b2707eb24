"""Drafts: the page, its saving, its files, and "Envoyer". Every other button of the page saves first."""

from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from chassis import web
from chassis.clock import now
from chassis.errors import NotFound
from messaging.domain.addresses import Domains
from messaging.domain.confirming import Unconfirmed
from messaging.domain.errors import MessagingError
from messaging.drafts import Conflict, Typed, open_draft, save_draft, submit_reply
from messaging.store import MessagingStore
from messaging.web.asking import GivenAllowances, GivenDomains, GivenStore, PatientRequest, known_patient
from messaging.web.draft_page import (
    DRAFT_BODY,
    address_of,
    confirmation_page,
    confirmed_in,
    conflict_page,
    draft_page,
    gone_page,
    removed_page,
    typed_in,
)


class DraftPages(Controller):
    """`/messagerie/brouillons/<draft>`: writing, saving, sending, throwing away."""

    path = "/messagerie/brouillons"
    exception_handlers = {Conflict: conflict_page}  # noqa: RUF012 - Litestar's own declaration

    @get("/{draft_id:str}")
    async def draft(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, draft_id: FromPath[str]
    ) -> Redirect | Template:
        """The draft beside the list; once it is sent, the conversation it became a message of."""
        try:
            desk = await open_draft(store, domains, request.user, draft_id)
        except NotFound:
            return await self._instead(request, store, draft_id)
        return await draft_page(request, store, desk)

    async def _instead(self, request: PatientRequest, store: MessagingStore, draft_id: str) -> Redirect | Template:
        """Where a draft went: it was sent, or thrown away. Raises `NotFound`."""
        conversation_id = await store.conversation_of(request.user.patient_id, draft_id)
        if conversation_id is not None:
            return web.see_other(f"/messagerie/conversations/{conversation_id}")
        return removed_page(await store.removed_draft(request.user.patient_id, draft_id))

    @post("/{draft_id:str}", request_max_body_size=DRAFT_BODY)
    async def save(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, draft_id: FromPath[str]
    ) -> Redirect | Template:
        """Autosave, "Enregistrer le brouillon", or the text chosen in a conflict."""
        typed = await typed_in(request)
        if web.fetch_is_fragment(request):
            return await self._autosave(request, store, domains, draft_id, typed=typed)
        try:
            await save_draft(store, domains, request.user, draft_id, typed, at=now())
        except NotFound:
            return await gone_page(request, store, draft_id, typed)
        return web.see_other(address_of(draft_id), toast="draft-saved")

    async def _autosave(
        self,
        request: PatientRequest,
        store: MessagingStore,
        domains: Domains,
        draft_id: str,
        *,
        typed: Typed,
    ) -> Template:
        """What keeps it from being saved is told in the page (200, or the shell would only try again)."""
        try:
            draft = await save_draft(store, domains, request.user, draft_id, typed, at=now())
        except Conflict:
            return web.fragment("saved-elsewhere.html", draft_id=draft_id, gone=False)
        except NotFound:
            return web.fragment("saved-elsewhere.html", draft_id=draft_id, gone=True)
        await known_patient(request, store)
        return web.fragment("saved.html", draft=draft)

    @post("/{draft_id:str}/envoi", request_max_body_size=DRAFT_BODY)
    async def send(
        self,
        request: PatientRequest,
        store: GivenStore,
        domains: GivenDomains,
        allowances: GivenAllowances,
        draft_id: FromPath[str],
    ) -> Redirect | Template:
        """The button "Envoyer": send what was typed, or keep it and show what is to be mended."""
        typed = await typed_in(request)
        confirmed = await confirmed_in(request)
        whose = (store, domains, request.user, draft_id, typed)
        try:
            sent = await submit_reply(*whose, at=now(), confirmed=confirmed, allowances=allowances)
        except Conflict:
            raise
        except NotFound:
            return await self._sent_before(request, store, draft_id)
        except MessagingError as error:
            return await self._to_mend(request, store, domains, draft_id, typed=typed, error=error)
        return web.see_other(f"/messagerie/conversations/{sent.conversation_id}", toast="message-sent")

    async def _to_mend(
        self,
        request: PatientRequest,
        store: MessagingStore,
        domains: Domains,
        draft_id: str,
        *,
        typed: Typed,
        error: MessagingError,
    ) -> Redirect | Template:
        """Keep what was typed and show why it may not leave; another device may have sent or removed it by now."""
        try:
            draft = await save_draft(store, domains, request.user, draft_id, typed, at=now())
            if isinstance(error, Unconfirmed):
                return confirmation_page(draft, typed, error)
            desk = await open_draft(store, domains, request.user, draft_id)
        except NotFound:
            return await self._sent_before(request, store, draft_id)
        return await draft_page(request, store, desk, error=error)

    async def _sent_before(
        self, request: PatientRequest, store: MessagingStore, draft_id: str
    ) -> Redirect | Template:
        """The draft is gone. Pressed twice: it was sent with these very words. Otherwise the words are shown."""
        typed = await typed_in(request)
        try:
            sent = await store.message(request.user.patient_id, draft_id)
        except NotFound:
            return await gone_page(request, store, draft_id, typed)
        if sent.text != typed.text:
            return await gone_page(request, store, draft_id, typed)
        return web.see_other(f"/messagerie/conversations/{sent.conversation_id}", toast="message-sent")
