"""The form of an entry: shown, judged, kept, removed."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from chassis import web
from chassis.clock import now
from chassis.ids import new_id
from chassis.web.ports import parts_of
from synthesis.domain.entries import LABELS, Faults, Typed, as_typed, entry_from, faults_of, tidy
from synthesis.domain.profile import EntryChanged, SectionFull
from synthesis.domain.sections import WORDS, Section
from synthesis.usecases import keep_entry, remove_entry
from synthesis.web.access import GivenStore, PatientRequest, known_patient, refuse_anothers, section_called

MOST_TYPED = 2_000
"""Characters of a field that are read at all; the limits a patient is told are lower."""

Text = Annotated[str, Meta(max_length=MOST_TYPED)]


class EntryForm(Struct, kw_only=True):
    """What a browser can have sent. `revision` is the one the form was shown for, 0 for a new entry."""

    revision: Annotated[int, Meta(ge=0)]
    name: Text
    dose: Text = ""
    since: Text = ""
    note: Text = ""

    @property
    def typed(self) -> Typed:
        """What the patient typed."""
        return tidy(Typed(name=self.name, dose=self.dose, since=self.since, note=self.note))


class RemovalForm(Struct, kw_only=True):
    """The removal of an entry at the revision that was shown."""

    revision: Annotated[int, Meta(ge=1)]


class EntryForms(Controller):
    """`/profil/<section>/…`: works without scripts; a form sent twice makes one entry."""

    path = "/profil/{slug:str}"

    @get("/nouveau")
    async def new(self, request: PatientRequest, store: GivenStore, slug: FromPath[str]) -> Template:
        """An empty form. The new entry's id is in its address, so that sending it twice adds it once."""
        section = section_called(slug)
        await known_patient(request, store)
        return _form(request, section, new_id(), 0, Typed())

    @get("/{entry_id:uuid}")
    async def change(
        self, request: PatientRequest, store: GivenStore, slug: FromPath[str], entry_id: FromPath[UUID]
    ) -> Template:
        """The form of an entry that is there. Raises `NotFound`."""
        section = section_called(slug)
        patient = await known_patient(request, store)
        await refuse_anothers(request, store, str(entry_id))
        entry = (await store.profile(patient.id)).entry(section, str(entry_id))
        return _form(request, section, entry.id, entry.revision, as_typed(entry))

    @post("/{entry_id:uuid}", request_max_body_size=60_000)
    async def keep(
        self, request: PatientRequest, store: GivenStore, slug: FromPath[str], entry_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Keep what was typed, or show it again with what must be mended."""
        section = section_called(slug)
        await known_patient(request, store)
        await refuse_anothers(request, store, str(entry_id))
        form = await web.read_form(request, EntryForm)
        faults = faults_of(section, form.typed, now().date())
        if faults:
            return _form(request, section, str(entry_id), form.revision, form.typed, faults=faults, status=422)
        entry = entry_from(section, form.typed, str(entry_id), form.revision + 1)
        try:
            await keep_entry(store, request.user, section, entry, now())
        except (EntryChanged, SectionFull) as error:
            return _form(request, section, entry.id, form.revision, form.typed, notice=error.sentence, status=409)
        return web.see_other(f"/profil/{section}", toast="entry-kept")

    @get("/{entry_id:uuid}/retirer")
    async def ask_removal(
        self, request: PatientRequest, store: GivenStore, slug: FromPath[str], entry_id: FromPath[UUID]
    ) -> Template:
        """Ask before an entry is removed. Raises `NotFound`."""
        section = section_called(slug)
        patient = await known_patient(request, store)
        await refuse_anothers(request, store, str(entry_id))
        entry = (await store.profile(patient.id)).entry(section, str(entry_id))
        return web.page("removal.html", of=section, words=WORDS[section], entry=entry, shown=as_typed(entry))

    @post("/{entry_id:uuid}/retirer", request_max_body_size=10_000)
    async def remove(
        self, request: PatientRequest, store: GivenStore, slug: FromPath[str], entry_id: FromPath[UUID]
    ) -> Redirect:
        """Remove an entry. Raises `NotFound`, or `EntryChanged` for one that changed since it was shown."""
        section = section_called(slug)
        await known_patient(request, store)
        await refuse_anothers(request, store, str(entry_id))
        form = await web.read_form(request, RemovalForm)
        await remove_entry(store, request.user, section, str(entry_id), revision=form.revision, at=now())
        return web.see_other(f"/profil/{section}", toast="entry-removed")


def _form(
    request: PatientRequest,
    section: Section,
    entry_id: str,
    revision: int,
    typed: Typed,
    *,
    faults: Faults | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Template:
    say = parts_of(request).languages.gettext
    labels = {"name": WORDS[section].field, **LABELS}
    errors = {name: fault.in_words(say) for name, fault in (faults or {}).items()}
    return web.page(
        "entry.html",
        status=status,
        of=section,
        words=WORDS[section],
        is_treatment=section is Section.TREATMENTS,
        entry_id=entry_id,
        revision=revision,
        typed=typed,
        labels=labels,
        errors=errors,
        summary={name: f"{say(labels[name])} – {sentence}" for name, sentence in errors.items()},
        notice=notice,
    )
