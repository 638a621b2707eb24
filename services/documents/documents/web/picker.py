"""The choice of documents for a draft: a page of its own, opened as a dialog where scripts run."""

import re
from collections.abc import Mapping

from litestar import Controller, get
from litestar.response import Template
from msgspec.structs import replace

from chassis import web
from chassis.document_types import LABELS
from chassis.errors import NotFound
from contracts.base import UUID_PATTERN
from documents.web.access import GivenStore, PatientRequest, known_patient
from documents.web.asked import asked_listing, query_for

ADMINISTRATIVE = "administrative"
_ROOM = re.compile(r"[0-9]{1,8}", re.ASCII)


class Picker(Controller):
    """`/documents/choisir`: its form posts to messaging, which alone knows the draft."""

    path = "/documents/choisir"

    @get("/")
    async def choose(self, request: PatientRequest, store: GivenStore) -> Template:
        """The patient's documents with a box each. Raises `NotFound` without the id of a draft."""
        patient = await known_patient(request, store)
        draft = _draft_of(request.query_params)
        listing = asked_listing(request.query_params)
        found = await store.page(patient.id, listing)
        whole = replace(listing, type_code=None)
        alone = web.fetch_is_fragment(request)
        return (web.fragment if alone else web.page)(
            "picker-piece.html" if alone else "picker.html",
            documents=found.documents,
            total=found.total,
            draft_id=draft["brouillon"],
            room=int(draft["reste"]) if draft["reste"] else None,
            next_query=query_for(listing, after=found.next, also=draft) if found.next else None,
            health_query=query_for(whole, also=draft),
            administrative_query=query_for(replace(listing, type_code=ADMINISTRATIVE), also=draft),
            administrative=listing.type_code == ADMINISTRATIVE,
            listing=listing,
            draft=draft,
            added_by=patient.name,
            labels=LABELS,
        )


def _draft_of(query: Mapping[str, str]) -> dict[str, str]:
    """The draft that is chosen for, and how many bytes it still takes, as messaging says."""
    draft_id, room = query.get("brouillon", ""), query.get("reste", "")
    if not re.fullmatch(UUID_PATTERN, draft_id):
        raise NotFound("no draft to choose documents for")
    return {"brouillon": draft_id, "reste": room if _ROOM.fullmatch(room) else ""}
