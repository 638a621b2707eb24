"""Whole conversations: marked as unread, deleted after a question, restored from the trash."""

from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from chassis import web
from chassis.clock import now
from messaging.domain.trash import gone_at
from messaging.upkeep import delete_conversation, mark_unread, one_conversation, restore_conversation
from messaging.web.asking import GivenStore, PatientRequest, key_text, known_patient, read_key


class UpkeepPages(Controller):
    """`/messagerie/conversations/<conversation>/…` and `/messagerie/corbeille`."""

    path = "/messagerie"

    @post("/conversations/{conversation_id:str}/non-lue", request_max_body_size=2_000)
    async def unread(self, request: PatientRequest, store: GivenStore, conversation_id: FromPath[str]) -> Redirect:
        """The button "Marquer comme non lu"; back to the list, or opening it again would read it."""
        await mark_unread(store, request.user, conversation_id)
        return web.see_other("/messagerie", toast="marked-unread")

    @get("/conversations/{conversation_id:str}/suppression")
    async def ask(
        self, request: PatientRequest, store: GivenStore, conversation_id: FromPath[str]
    ) -> Redirect | Template:
        """Whether the conversation is really to be deleted, and what becomes of its files."""
        row = await one_conversation(store, request.user, conversation_id)
        if row.trashed_at is not None:
            return web.see_other(f"/messagerie/corbeille/{row.id}")
        return web.page("deletion.html", conversation=row)

    @post("/conversations/{conversation_id:str}/suppression", request_max_body_size=2_000)
    async def delete(self, request: PatientRequest, store: GivenStore, conversation_id: FromPath[str]) -> Redirect:
        """The button "Supprimer"."""
        await delete_conversation(store, request.user, conversation_id, at=now())
        return web.see_other("/messagerie", toast="conversation-deleted")

    @get("/corbeille")
    async def trash(self, request: PatientRequest, store: GivenStore) -> Template:
        """What was deleted within 30 days, the latest first."""
        await known_patient(request, store)
        page = await store.trash_page(request.user.patient_id, read_key(request.query_params.get("avant")))
        older = key_text(page.older) if page.older else None
        return web.page("trash.html", rows=page.rows, older=older, gone_at=gone_at)

    @get("/corbeille/{conversation_id:str}")
    async def trashed(
        self, request: PatientRequest, store: GivenStore, conversation_id: FromPath[str]
    ) -> Redirect | Template:
        """One conversation in the trash: until when, and the way back."""
        row = await one_conversation(store, request.user, conversation_id)
        if row.trashed_at is None:
            return web.see_other(f"/messagerie/conversations/{row.id}")
        await known_patient(request, store)
        return web.page("trashed.html", conversation=row, gone_at=gone_at(row.trashed_at))

    @post("/corbeille/{conversation_id:str}/restauration", request_max_body_size=2_000)
    async def restore(
        self, request: PatientRequest, store: GivenStore, conversation_id: FromPath[str]
    ) -> Redirect:
        """The button "Restaurer"."""
        await restore_conversation(store, request.user, conversation_id, at=now())
        return web.see_other(f"/messagerie/conversations/{conversation_id}", toast="conversation-restored")
