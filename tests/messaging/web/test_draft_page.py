"""Writing, saving and sending an answer; adding files to it."""

import re

import pytest

from contracts.messaging import DocumentsSent, ReplyStateChanged
from messaging.domain.drafting import tick_of
from messaging.domain.model import RowSource, RowState
from messaging.web import drafts
from tests.messaging.people import AT, CHRISTELLE, INAYA_ID, MARIE, OTHER_ID
from tests.messaging.web.conftest import HTMX, words
from tests.messaging.web.drafting import address, form, kept


class TestBeginning:
    def test_reply_makes_a_draft_to_the_sender_and_goes_there(self, begin, world):
        answer = begin()
        draft = kept(world)
        assert (answer.status_code, answer.headers["location"]) == (303, address(draft))
        assert draft.recipients == (CHRISTELLE.address,)

    def test_there_is_never_a_second_draft(self, begin, world):
        begin()
        begin()
        assert len(world.store.kept["drafts"]) == 1

    def test_the_other_button_changes_the_ticks_and_says_so(self, begin, client, world):
        begin()
        answer = begin("tous")
        assert kept(world).recipients == (CHRISTELLE.address, MARIE.address)
        assert "Les destinataires du brouillon ont été changés" in client.get(answer.headers["location"]).text

    def test_ticks_chosen_by_hand_stay_when_the_same_button_is_pressed(self, begin, client, world):
        begin("tous")
        client.post(address(kept(world)), data=form(kept(world), to=(MARIE,)))
        begin("tous")
        assert kept(world).recipients == (MARIE.address,)

    def test_the_list_tells_of_the_draft(self, begin, client):
        begin()
        assert "Brouillon," in client.get("/messagerie").text


class TestThePage:
    def test_it_shows_from_whom_to_whom_and_about_what(self, client, draft):
        page = client.get(address(draft)).text
        for shown in ("De", "Inaya Michel", "À", "Christelle Thomas", "Marie Chanteau", "Objet"):
            assert shown in page
        for button in ("Envoyer", "Supprimer le brouillon", "Ajouter un document", "Ajouter mon profil médical"):
            assert f"<span>{button}</span>" in page
        assert "documents\N{NO-BREAK SPACE}: 10\N{NO-BREAK SPACE}Mo" in page

    def test_no_professional_s_address_is_in_it(self, client, draft):
        assert "@chu.mssante.fr" not in client.get(address(draft)).text

    def test_without_scripts_it_can_be_saved_by_a_button(self, client, draft):
        page = client.get(address(draft)).text
        assert re.search(r"<noscript>.*Enregistrer le brouillon.*</noscript>", page)

    def test_another_patient_s_draft_is_not_found_and_that_is_recorded(self, client, world, draft, as_other):
        as_other()
        assert client.get(address(draft)).status_code == 404
        assert world.store.audited[-1]["outcome"] == "refused"
        assert world.store.audited[-1]["actor"] == OTHER_ID


class TestSaving:
    def test_autosave_keeps_the_text_and_says_when(self, client, world, draft):
        answer = client.post(address(draft), data=form(draft), headers=HTMX)
        assert answer.status_code == 200
        assert "Brouillon enregistré à " in answer.text
        assert 'data-set-revision="2"' in answer.text
        assert kept(world).text == "Bonjour Christelle"

    def test_saving_by_the_button_goes_back_to_the_page(self, client, world, draft):
        answer = client.post(address(draft), data=form(draft))
        assert answer.status_code == 303
        assert "Bonjour Christelle" in client.get(answer.headers["location"]).text

    def test_two_devices_in_conflict_see_both_texts_and_nothing_is_overwritten(self, client, world, draft):
        client.post(address(draft), data=form(draft, "du téléphone", page="phone"))
        answer = client.post(address(draft), data=form(draft, "de l'ordinateur", page="desk"))
        assert answer.status_code == 409
        assert "du téléphone" in answer.text
        assert "de l'ordinateur" in words(answer)
        assert kept(world).text == "du téléphone"

    def test_a_conflict_in_autosave_offers_to_see_both_texts(self, client, world, draft):
        client.post(address(draft), data=form(draft, "du téléphone", page="phone"))
        answer = client.post(address(draft), data=form(draft, "de l'ordinateur", page="desk"), headers=HTMX)
        assert "sur un autre appareil ou dans un autre onglet" in answer.text
        assert "Voir les deux textes" in answer.text
        assert kept(world).text == "du téléphone"

    def test_the_text_chosen_in_a_conflict_is_kept(self, client, world, draft):
        client.post(address(draft), data=form(draft, "du téléphone", page="phone"))
        chosen = form(draft, "de l'ordinateur", page="desk", revision="2")
        assert client.post(address(draft), data=chosen).status_code == 303
        assert kept(world).text == "de l'ordinateur"

    def test_a_page_whose_answer_was_lost_is_not_in_conflict_with_itself(self, client, world, draft):
        client.post(address(draft), data=form(draft, "un"), headers=HTMX)
        answer = client.post(address(draft), data=form(draft, "un deux"), headers=HTMX)
        assert 'data-set-revision="3"' in answer.text
        assert kept(world).text == "un deux"

    def test_the_same_text_from_two_devices_is_no_conflict(self, client, world, draft):
        client.post(address(draft), data=form(draft, "pareil", page="phone"))
        assert client.post(address(draft), data=form(draft, "pareil", page="desk")).status_code == 303

    @pytest.mark.parametrize("spoilt", [{"revision": "x"}, {"revision": ""}, {"texte": "a\x00b"}])
    def test_a_form_that_cannot_be_read_changes_nothing(self, client, world, draft, spoilt):
        assert client.post(address(draft), data=form(draft) | spoilt).status_code == 400
        assert kept(world) == draft

    def test_wrongly_encoded_bytes_are_refused(self, client, world, draft):
        body = b"revision=1&texte=%E9%E8&page=one"
        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert client.post(address(draft), content=body, headers=headers).status_code == 400
        assert kept(world) == draft

    def test_a_body_over_the_limit_is_refused_without_harm(self, client, world, draft):
        assert client.post(address(draft), data=form(draft, "x" * 600_000)).status_code == 413
        assert kept(world) == draft

    def test_another_patient_cannot_save_into_it(self, client, world, draft, as_other):
        as_other()
        assert client.post(address(draft), data=form(draft)).status_code == 404
        assert kept(world) == draft
        assert world.store.audited[-1]["outcome"] == "refused"

    def test_a_draft_thrown_away_elsewhere_gives_the_text_back(self, client, world, draft):
        client.post(address(draft), data=form(draft, "avant"))
        client.post(address(draft, "/suppression"), data=form(draft, "avant"))
        answer = client.post(address(draft), data=form(draft, "mes mots"))
        assert answer.status_code == 404
        assert "mes mots" in answer.text


class TestSending:
    def test_envoyer_makes_a_message_that_will_leave_and_the_draft_is_gone(self, client, world, draft):
        answer = client.post(address(draft, "/envoi"), data=form(draft))
        assert answer.status_code == 303
        page = words(client.get(answer.headers["location"]))
        assert "Message envoyé" in page
        assert "En cours d'envoi" in page
        message = world.store.kept["messages"][draft.id]
        (consignment,) = world.store.kept["consignments"].values()
        (delivery,) = consignment.deliveries
        assert (message.text, message.recipients) == ("Bonjour Christelle", (CHRISTELLE,))
        assert (consignment.message_id, delivery.reply_state) == (draft.id, "queued")
        assert world.store.kept["drafts"] == {}
        assert world.store.kept["conversations"][message.conversation_id].drafts == ()
        assert [one.state for one in world.store.published if isinstance(one, ReplyStateChanged)] == ["queued"]

    def test_who_will_have_which_of_the_patient_s_documents_is_told(self, client, world, draft):
        document, upload = world.row(draft), world.row(draft, document_id=None, source=RowSource.UPLOAD)
        assert upload.id != document.id
        client.post(address(draft, "/envoi"), data=form(draft))
        (sent,) = (one for one in world.store.published if isinstance(one, DocumentsSent))
        assert (sent.message_id, sent.document_ids) == (draft.id, (document.document_id,))
        assert sent.recipients == ("Christelle Thomas",)

    def test_a_reply_without_documents_tells_nothing_of_any(self, client, world, draft):
        client.post(address(draft, "/envoi"), data=form(draft))
        assert not any(isinstance(one, DocumentsSent) for one in world.store.published)

    def test_pressed_twice_it_leaves_once(self, client, world, draft):
        first = client.post(address(draft, "/envoi"), data=form(draft))
        second = client.post(address(draft, "/envoi"), data=form(draft))
        assert (first.status_code, second.status_code) == (303, 303)
        assert len(world.store.kept["consignments"]) == 1

    def test_other_words_for_a_draft_already_sent_are_given_back(self, client, world, draft):
        client.post(address(draft, "/envoi"), data=form(draft))
        answer = client.post(address(draft, "/envoi"), data=form(draft, "autre chose"))
        assert "autre chose" in answer.text
        assert "pas été envoyé" in answer.text

    def test_the_address_of_a_draft_that_was_sent_leads_to_its_conversation(self, client, world, draft):
        client.post(address(draft, "/envoi"), data=form(draft))
        answer = client.get(address(draft))
        assert answer.headers["location"] == f"/messagerie/conversations/{draft.conversation_id}"

    def test_with_neither_text_nor_document_it_is_refused(self, client, world, draft):
        answer = client.post(address(draft, "/envoi"), data=form(draft, "  "))
        assert answer.status_code == 409
        assert "Écrivez un message ou ajoutez un document avant d'envoyer." in words(answer)
        assert world.store.kept["consignments"] == {}

    def test_without_a_ticked_recipient_it_is_refused_and_the_text_kept(self, client, world, draft):
        answer = client.post(address(draft, "/envoi"), data=form(draft, to=()))
        assert answer.status_code == 409
        assert "Choisissez au moins un destinataire." in answer.text
        assert "Bonjour Christelle" in answer.text
        assert kept(world).text == "Bonjour Christelle"

    def test_a_text_over_the_limit_is_refused_and_kept(self, client, world, draft):
        answer = client.post(address(draft, "/envoi"), data=form(draft, "é" * 20_001))
        assert "Votre message dépasse 20 000 caractères." in answer.text
        assert len(kept(world).text) == 20_001

    def test_a_file_that_is_waited_for_holds_it_back_with_its_reason(self, client, world, draft):
        world.row(draft, state=RowState.PENDING, filename="Scanner.pdf")
        answer = client.post(address(draft, "/envoi"), data=form(draft))
        assert answer.status_code == 409
        assert "Pas encore prêt\N{NO-BREAK SPACE}: Scanner.pdf." in words(answer)
        assert kept(world).text == "Bonjour Christelle"

    def test_a_document_alone_may_leave(self, client, world, draft):
        row = world.row(draft)
        assert client.post(address(draft, "/envoi"), data=form(draft, "")).status_code == 303
        (file,) = world.store.kept["messages"][draft.id].attachments
        assert (file.id, file.filename) == (row.id, "Ordonnance.pdf")

    def test_an_end_between_page_and_press_sends_nothing_and_loses_nothing(self, client, world, draft):
        world.ends(CHRISTELLE)
        answer = client.post(address(draft, "/envoi"), data=form(draft))
        assert answer.status_code == 409
        cannot = "Vous ne pouvez plus envoyer ce brouillon\N{NO-BREAK SPACE}:"
        told = f"{cannot} Christelle Thomas a mis fin à vos échanges le"
        assert told in answer.text
        assert "Bonjour Christelle" in answer.text
        assert kept(world).text == "Bonjour Christelle"
        assert world.store.kept["consignments"] == {}

    def test_when_one_of_two_ended_nothing_leaves_before_the_patient_has_seen_it(self, client, world, begin):
        begin("tous")
        draft = kept(world)
        world.knows(MARIE, AT)
        world.ends(MARIE)
        answer = client.post(address(draft, "/envoi"), data=form(draft, to=(CHRISTELLE, MARIE)))
        assert answer.status_code == 409
        assert world.store.kept["consignments"] == {}
        again = form(kept(world), to=(CHRISTELLE,))
        assert client.post(address(draft, "/envoi"), data=again).status_code == 303

    def test_a_tick_that_stands_for_nobody_sends_to_nobody_else(self, client, world, draft):
        forged = form(draft) | {"a": [tick_of("stranger@elsewhere.example")]}
        assert client.post(address(draft, "/envoi"), data=forged).status_code == 409
        assert world.store.kept["consignments"] == {}

    def test_another_patient_cannot_send_it(self, client, world, draft, as_other):
        as_other()
        assert client.post(address(draft, "/envoi"), data=form(draft)).status_code == 404
        assert world.store.kept["consignments"] == {}
        assert world.store.audited[-1]["outcome"] == "refused"


def test_a_draft_can_be_thrown_away_with_its_files(client, world, draft):
    world.row(draft)
    answer = client.post(address(draft, "/suppression"), data=form(draft))
    assert answer.headers["location"] == f"/messagerie/conversations/{draft.conversation_id}"
    assert "Brouillon," not in client.get("/messagerie").text


def test_sending_counts_as_the_last_thing_done_in_the_conversation(client, world, draft):
    client.post(address(draft, "/envoi"), data=form(draft))
    row = world.store.kept["conversations"][draft.conversation_id]
    assert row.last_activity_at > AT
    assert "Vous avez répondu à" in client.get("/messagerie").text
    assert world.store.kept["mailboxes"][INAYA_ID].revision > 2


def test_what_is_written_is_not_put_into_the_field_that_searches(client, world, draft):
    client.post(address(draft), data=form(draft, text="Mes douleurs"))
    assert 'name="q" value=""' in client.get(address(kept(world))).text


@pytest.mark.parametrize("at", ["save_draft", "open_draft"])
def test_a_draft_that_goes_between_its_refusal_and_its_page_gives_the_words_back(
    begin, client, world, monkeypatch, at
):
    begin()
    draft, too_long = kept(world), "é" * 20_001
    there = getattr(drafts, at)

    async def gone_meanwhile(*asked, **more):
        world.store.kept["drafts"].clear()
        return await there(*asked, **more)

    monkeypatch.setattr(drafts, at, gone_meanwhile)
    answer = client.post(address(draft, "/envoi"), data=form(draft, too_long))
    assert "Ce brouillon n'existe plus" in words(answer)
    assert too_long in words(answer)
