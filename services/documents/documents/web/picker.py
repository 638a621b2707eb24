"""The choice of documents for a draft: a page of its own, opened as a dialog where scripts run."""

import re

from litestar import Controller, get
from litestar.response import Template

from chassis import web
from chassis.errors import NotFound
from contracts.base import UUID_PATTERN
from documents.domain.document_types import LABELS
from documents.web.access import GivenStore, PatientRequest, known_patient
from documents.web.asked import asked_listing, query_for

ADMINISTRATIVE = "administrative"


class Picker(Controller):
    """`/documents/choisir`: its form posts to messaging, which alone knows the draft."""

    path = "/documents/choisir"

    @get("/")
    async def choose(self, request: PatientRequest, store: GivenStore) -> Template:
        """The patient's documents with a box each. Raises `NotFound` without the id of a draft."""
        patient = await known_patient(request, store)
        draft_id = request.query_params.get("brouillon", "")
        if not re.fullmatch(UUID_PATTERN, draft_id):
            raise NotFound("no draft to choose documents for")
        listing = asked_listing(request.query_params)
        found = await store.page(patient.id, listing)
        answer = web.fragment if web.fetch_is_fragment(request) else web.page
        return answer(
            "picker-piece.html" if web.fetch_is_fragment(request) else "picker.html",
            documents=found.documents,
            total=found.total,
            next_query=query_for(listing, after=found.next, brouillon=draft_id) if found.next else None,
            listing=listing,
            draft_id=draft_id,
            added_by=patient.name,
            labels=LABELS,
            administrative=listing.type_code == ADMINISTRATIVE,
        )
