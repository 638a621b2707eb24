"""Files of a draft: asked for, waited for, refused, taken off."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chassis.clock import now
from chassis.ids import new_id
from contracts.documents import HandoverRequested
from contracts.synthesis import SynthesisRequested
from messaging.domain.model import RowSource, RowState
from tests.messaging.web.conftest import HTMX, words
from tests.messaging.web.drafting import address, form, kept


def picked(*sizes):
    fields = {"document": []}
    for size in sizes:
        document_id = new_id()
        fields["document"].append(document_id)
        fields[f"taille-{document_id}"] = str(size)
        fields[f"nom-{document_id}"] = "Ordonnance.pdf"
        fields[f"type-{document_id}"] = "application/pdf"
    return fields


def test_the_picker_is_reached_with_everything_saved(client, world, draft):
    answer = client.post(address(draft, "/choisir"), data=form(draft))
    assert answer.headers["location"] == address(draft, "/ajouter")
    assert kept(world).text == "Bonjour Christelle"


def test_a_document_comes_from_one_of_four_places(client, world, draft):
    world.row(draft, size=1_300_000)
    page = words(client.get(address(draft, "/ajouter")))
    for source in ("Documents de santé", "Mon appareil", "Pièces administratives", "Mon profil médical"):
        assert source in page
    assert f"/documents/choisir?brouillon={draft.id}&reste=8700000" in page
    assert "Il reste 8,7\N{NO-BREAK SPACE}Mo dans ce message" in page


def test_the_medical_profile_can_be_added_from_there(client, world, draft):
    assert client.post(address(draft, "/profil-seul")).status_code == 303
    assert isinstance(world.store.published[0], SynthesisRequested)


def test_picked_documents_are_asked_for_and_shown_as_on_their_way(client, world, draft):
    fields = picked(1_200_000)
    answer = client.post(address(draft, "/documents"), data=fields)
    page = client.get(answer.headers["location"]).text
    assert "Sélection ajoutée" in page
    assert "Ordonnance.pdf" in page
    assert "En préparation" in page
    assert 'hx-trigger="every 1s"' in page
    (event,) = world.store.published
    assert isinstance(event, HandoverRequested)
    assert [row.document_id for row in event.rows] == fields["document"]


def test_nothing_ticked_is_said_and_nothing_is_added(client, world, draft):
    answer = client.post(address(draft, "/documents"), data={"document": []})
    assert answer.status_code == 422
    assert "est coché. Cochez ceux" in answer.text
    assert world.store.published == []


def test_a_document_is_attached_once(client, world, draft):
    fields = picked(10)
    client.post(address(draft, "/documents"), data=fields)
    client.post(address(draft, "/documents"), data=fields)
    assert len(world.store.kept["draft_rows"]) == 1


def test_more_than_ten_million_bytes_are_refused_and_nothing_is_added(client, world, draft):
    world.row(draft, size=6_000_000)
    answer = client.post(address(draft, "/documents"), data=picked(3_000_000, 1_000_001))
    assert answer.status_code == 409
    assert "ne doit pas excéder 10" in answer.text
    assert len(world.store.kept["draft_rows"]) == 1
    assert world.store.published == []


def test_exactly_ten_million_bytes_are_fine(client, world, draft):
    assert client.post(address(draft, "/documents"), data=picked(10_000_000)).status_code == 303


@pytest.mark.parametrize("spoil", ["taille", "nom", "id", "negative"])
def test_a_picker_form_that_cannot_be_read_is_refused(client, world, draft, spoil):
    fields = picked(10)
    (document_id,) = fields["document"]
    if spoil == "id":
        fields = {"document": ["x"], "taille-x": "1", "nom-x": "y"}
    elif spoil == "negative":
        fields[f"taille-{document_id}"] = "-5"
    else:
        del fields[f"{spoil}-{document_id}"]
    assert client.post(address(draft, "/documents"), data=fields).status_code == 400
    assert world.store.kept["draft_rows"] == {}


def test_the_medical_profile_is_asked_for_and_named_as_in_the_guide(client, world, draft):
    answer = client.post(address(draft, "/profil"), data=form(draft))
    assert "Profil médical_InayaMichel.pdf" in client.get(answer.headers["location"]).text
    (event,) = world.store.published
    assert isinstance(event, SynthesisRequested)
    assert kept(world).text == "Bonjour Christelle"


def test_asked_for_again_the_profile_replaces_itself(client, world, draft):
    client.post(address(draft, "/profil"), data=form(draft))
    client.post(address(draft, "/profil"), data=form(kept(world)))
    assert len(world.store.kept["draft_rows"]) == 1
    assert len(world.store.published) == 2


def test_a_file_can_be_taken_off(client, world, draft):
    row = world.row(draft)
    answer = client.post(address(draft, f"/pieces/{row.id}/retrait"), data=form(draft))
    assert answer.status_code == 303
    assert world.store.kept["draft_rows"] == {}
    assert kept(world).text == "Bonjour Christelle"


def test_after_a_minute_without_answer_it_can_be_asked_for_again(client, world, draft):
    row = world.row(draft, state=RowState.PENDING, requested_at=now() - timedelta(seconds=61))
    page = client.get(address(draft, "/pieces"), headers=HTMX).text
    assert "Réessayer" in page
    client.post(address(draft, f"/pieces/{row.id}/reprise"), data=form(draft))
    assert isinstance(world.store.published[-1], HandoverRequested)
    assert "Réessayer" not in client.get(address(draft, "/pieces"), headers=HTMX).text


def test_a_refusal_says_why(client, world, draft):
    world.row(draft, source=RowSource.SYNTHESIS, state=RowState.REFUSED, reason="profile-empty", size=0)
    page = client.get(address(draft)).text
    assert "Votre profil médical est vide" in page
    assert "Compléter mon profil médical" in page


def test_what_is_used_and_what_remains_are_told(client, world, draft):
    world.row(draft, size=1_300_000)
    page = client.get(address(draft)).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "1,3 Mo utilisés, il reste 8,7 Mo sur 10 Mo" in page


def test_files_that_are_there_are_not_asked_about_again(client, world, draft):
    world.row(draft)
    assert "hx-trigger" not in client.get(address(draft, "/pieces"), headers=HTMX).text


def test_another_patient_cannot_touch_them(client, world, draft, as_other):
    row = world.row(draft)
    as_other()
    for tail in ("/documents", "/profil", f"/pieces/{row.id}/retrait", f"/pieces/{row.id}/reprise"):
        fields = picked(10) if tail == "/documents" else form(draft)
        assert client.post(address(draft, tail), data=fields).status_code == 404
    assert client.get(address(draft, "/pieces"), headers=HTMX).status_code == 404
    assert len(world.store.kept["draft_rows"]) == 1
    assert world.store.published == []


def test_a_row_of_another_draft_is_not_found(client, world, draft):
    row = world.row(replace(draft, id="another"))
    answer = client.post(address(draft, f"/pieces/{row.id}/retrait"), data=form(draft))
    assert answer.status_code == 404
