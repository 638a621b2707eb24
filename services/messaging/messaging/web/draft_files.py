"""The files of a draft: added, waited for, taken off. Each button saves what is typed first."""

from collections.abc import Awaitable, Callable

from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from chassis import web
from chassis.clock import now
from chassis.errors import NotFound
from chassis.web.forms import text_fields
from messaging.attaching import (
    ask_again,
    attach_documents,
    attach_synthesis,
    detach,
    files_of,
)
from messaging.domain.addresses import Domains
from messaging.domain.drafting import remaining
from messaging.domain.errors import MessagingError
from messaging.drafts import Conflict, open_draft, save_draft
from messaging.store import MessagingStore
from messaging.uploading import finish, join_photos, reduce_picture, upload_of
from messaging.web.asking import GivenDarkroom, GivenDomains, GivenObjects, GivenStore, PatientRequest
from messaging.web.draft_page import (
    DRAFT_BODY,
    address_of,
    conflict_page,
    draft_page,
    gone_page,
    typed_in,
)
from messaging.web.picked import read_picked
from messaging.web.shown import FilesShown

PICKER_BODY = 100_000


class DraftFiles(Controller):
    """`/messagerie/brouillons/<draft>/…` for its files."""

    path = "/messagerie/brouillons"
    exception_handlers = {Conflict: conflict_page}  # noqa: RUF012 - Litestar's own declaration

    @get("/{draft_id:str}/pieces")
    async def files(self, request: PatientRequest, store: GivenStore, draft_id: FromPath[str]) -> Template:
        """The files as they are now, for a page that waits for one."""
        rows = await files_of(store, request.user, draft_id)
        return web.fragment("files.html", files=FilesShown(draft_id=draft_id, rows=tuple(rows), at=now()))

    @post("/{draft_id:str}/choisir", request_max_body_size=DRAFT_BODY)
    async def choose(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, draft_id: FromPath[str]
    ) -> Redirect | Template:
        """The button "Ajouter un document": on to where it may come from."""

        async def go() -> Redirect:
            return web.see_other(f"{address_of(draft_id)}/ajouter")

        return await saved_first(request, store, domains, draft_id, go)

    @get("/{draft_id:str}/ajouter")
    async def sources(self, request: PatientRequest, store: GivenStore, draft_id: FromPath[str]) -> Template:
        """The four places a document may come from; documents owns the pickers, and is told what room is left."""
        rows = await files_of(store, request.user, draft_id)
        return web.page("add.html", draft_id=draft_id, left=max(0, remaining(rows)))

    @post("/{draft_id:str}/documents", request_max_body_size=PICKER_BODY)
    async def add_documents(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, draft_id: FromPath[str]
    ) -> Redirect | Template:
        """What was ticked in the picker: `document` repeated, each with `taille-<id>`, `nom-<id>`, `type-<id>`."""
        picked = read_picked(await text_fields(request))
        try:
            added = await attach_documents(store, request.user, draft_id, picked, at=now())
        except MessagingError as error:
            desk = await open_draft(store, domains, request.user, draft_id)
            return await draft_page(request, store, desk, error=error)
        return web.see_other(address_of(draft_id), toast="selection-added" if added else None)

    @post("/{draft_id:str}/profil", request_max_body_size=DRAFT_BODY)
    async def add_synthesis(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, draft_id: FromPath[str]
    ) -> Redirect | Template:
        """The button "Ajouter mon profil médical"."""

        async def act() -> Redirect:
            await attach_synthesis(store, request.user, draft_id, at=now())
            return web.see_other(address_of(draft_id), toast="selection-added")

        return await saved_first(request, store, domains, draft_id, act)

    @post("/{draft_id:str}/profil-seul", request_max_body_size=1_000)
    async def add_synthesis_alone(
        self, request: PatientRequest, store: GivenStore, draft_id: FromPath[str]
    ) -> Redirect:
        """The medical profile, from the page of sources: the draft was saved when that page was opened."""
        await attach_synthesis(store, request.user, draft_id, at=now())
        return web.see_other(address_of(draft_id), toast="selection-added")

    @post("/{draft_id:str}/pieces/{row_id:str}/retrait", request_max_body_size=DRAFT_BODY)
    async def remove(
        self,
        request: PatientRequest,
        store: GivenStore,
        domains: GivenDomains,
        draft_id: FromPath[str],
        row_id: FromPath[str],
    ) -> Redirect | Template:
        """The button "Retirer"."""

        async def act() -> Redirect:
            await detach(store, request.user, draft_id, row_id)
            return web.see_other(address_of(draft_id))

        return await saved_first(request, store, domains, draft_id, act)

    @post("/{draft_id:str}/pieces/{row_id:str}/{what:str}", request_max_body_size=DRAFT_BODY)
    async def mend(
        self,
        request: PatientRequest,
        store: GivenStore,
        objects: GivenObjects,
        darkroom: GivenDarkroom,
        *,
        domains: GivenDomains,
        draft_id: FromPath[str],
        row_id: FromPath[str],
        what: FromPath[str],
    ) -> Redirect | Template:
        """The buttons "Réessayer" (`reprise`) and "Réduire la photo" (`reduction`)."""

        async def act() -> Redirect:
            row = await upload_of(store, request.user, draft_id, row_id)
            if what == "reduction":
                await reduce_picture(store, objects, darkroom, request.user, row)
            elif row.upload is not None:
                await finish(store, objects, darkroom, request.user, row)
            else:
                await ask_again(store, request.user, draft_id, row_id, at=now())
            return web.see_other(address_of(draft_id))

        if what not in ("reprise", "reduction"):
            raise NotFound(f"nothing called {what[:20]!r} can be done with a file")
        return await saved_first(request, store, domains, draft_id, act)

    @post("/{draft_id:str}/reunion", request_max_body_size=DRAFT_BODY)
    async def join(
        self,
        request: PatientRequest,
        store: GivenStore,
        objects: GivenObjects,
        darkroom: GivenDarkroom,
        *,
        domains: GivenDomains,
        draft_id: FromPath[str],
    ) -> Redirect | Template:
        """The button "Réunir les photos en un seul PDF"."""

        async def act() -> Redirect:
            await join_photos(store, objects, darkroom, request.user, draft_id, at=now())
            return web.see_other(address_of(draft_id))

        return await saved_first(request, store, domains, draft_id, act)


async def saved_first(
    request: PatientRequest,
    store: MessagingStore,
    domains: Domains,
    draft_id: str,
    act: Callable[[], Awaitable[Redirect]],
) -> Redirect | Template:
    """Save what is typed, then `act`; what the patient must mend is shown on the draft's page."""
    typed = await typed_in(request)
    try:
        await save_draft(store, domains, request.user, draft_id, typed, at=now())
    except NotFound:
        return await gone_page(request, store, draft_id, typed)
    try:
        return await act()
    except MessagingError as error:
        desk = await open_draft(store, domains, request.user, draft_id)
        return await draft_page(request, store, desk, error=error)
