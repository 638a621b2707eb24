"""The profile at a glance, one section of it, and the PDF."""

from collections.abc import AsyncIterator
from typing import Any

from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Template

from chassis import web
from synthesis.domain.profile import ProfileEmpty
from synthesis.domain.sections import WORDS, Section
from synthesis.pdf import MEDIA_TYPE
from synthesis.rendering import render
from synthesis.usecases import record
from synthesis.web.access import (
    GivenServiceName,
    GivenStore,
    GivenTypesetter,
    PatientRequest,
    known_patient,
    section_called,
)


class ProfilePages(Controller):
    """`/profil`: what the patient has written about their health."""

    path = "/profil"

    @get("/")
    async def overview(self, request: PatientRequest, store: GivenStore) -> Template:
        """The five sections, each with what is in it."""
        patient = await known_patient(request, store)
        profile = await store.profile(patient.id)
        return web.page(
            "profile.html", profile=profile, sections=list(Section), words=WORDS, locale=patient.language
        )

    @get("/{slug:str}")
    async def section(self, request: PatientRequest, store: GivenStore, slug: FromPath[str]) -> Template:
        """The entries of one section."""
        section = section_called(slug)
        patient = await known_patient(request, store)
        profile = await store.profile(patient.id)
        return web.page(
            "section.html",
            of=section,
            entries=profile.of(section),
            words=WORDS[section],
            locale=patient.language,
        )

    @get("/synthese")
    async def synthesis(
        self,
        request: PatientRequest,
        store: GivenStore,
        typesetter: GivenTypesetter,
        service_name: GivenServiceName,
    ) -> Response[Any]:
        """The PDF of the whole profile. An empty one has none: the overview says so."""
        patient = await known_patient(request, store)
        profile = await store.profile(patient.id)
        try:
            made = await render(typesetter, profile, patient, service_name)
        except ProfileEmpty:
            return web.see_other("/profil", toast="profile-empty")
        await record(store, request.user, "synthesis-downloaded", "profile", patient.id)
        return await web.byte_stream(
            request,
            lambda offset, length: _slice(made.pdf, offset, length),
            size=len(made.pdf),
            filename=made.filename,
            media_type=MEDIA_TYPE,
        )


async def _slice(data: bytes, offset: int, length: int) -> AsyncIterator[bytes]:
    yield data[offset : offset + length]
