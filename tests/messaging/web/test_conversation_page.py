"""What a patient finds in a conversation, and what opening it does."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chassis.clock import now
from chassis.errors import BackingServiceAway
from contracts.messaging import MessageRead
from messaging.domain.consignment import consigned
from messaging.domain.delivery import Fact, Heard
from messaging.domain.model import MessageKind, Party
from messaging.domain.welcome import welcome_message
from tests.messaging.people import AT, CHRISTELLE, INAYA_ID, MARIE, OTHER_ID
from tests.messaging.web.conftest import HTMX, words


def address(message):
    return f"/messagerie/conversations/{message.conversation_id}"


def test_a_letter_is_shown_with_who_wrote_it_to_whom_and_its_words(client, world):
    letter = world.letter(recipients=(world.inaya.party, MARIE))
    page = client.get(address(letter)).text
    assert "Christelle Thomas" in page
    assert "À Inaya Michel, Marie Chanteau" in page
    assert "À lundi." in page
    assert CHRISTELLE.address not in page


def test_messages_are_newest_first(client, world):
    first = world.letter(text="la première")
    world.letter(text="la seconde", conversation_id=first.id, at=AT + timedelta(hours=1))
    page = client.get(address(first)).text
    assert page.index("la seconde") < page.index("la première")


def test_opening_a_conversation_reads_its_letters_once(client, world):
    letter = world.letter()
    client.get(address(letter))
    client.get(address(letter))
    assert [type(event) for event in world.store.published] == [MessageRead]
    assert world.store.kept["mailboxes"][INAYA_ID].unread == 0
    assert world.store.kept["conversations"][letter.id].unread == 0
    assert 'class="row unread"' not in client.get("/messagerie").text


@pytest.mark.parametrize("header", [{"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}])
def test_a_page_only_fetched_ahead_reads_nothing(client, world, header):
    letter = world.letter()
    assert client.get(address(letter), headers=header).status_code == 200
    assert world.store.published == []
    assert world.store.kept["mailboxes"][INAYA_ID].unread == 1


def test_the_list_reads_nothing(client, world):
    world.letter()
    client.get("/messagerie")
    client.get("/messagerie/liste", headers=HTMX)
    assert world.store.kept["mailboxes"][INAYA_ID].unread == 1


def test_attachments_stand_before_the_words(client, world):
    letter = world.letter(attachments=(world.file("Résultats.pdf", b"%PDF-"),))
    page = client.get(address(letter)).text
    assert page.index("Résultats.pdf") < page.index("À lundi.")


def test_markup_in_a_letter_s_text_is_only_text(client, world):
    letter = world.letter(text="<script>alert(1)</script>", subject='"><img src=x>')
    page = client.get(address(letter)).text
    assert "<script>alert(1)" not in page
    assert "<img src=x>" not in page


def test_a_web_address_in_a_plain_letter_can_be_followed_and_tells_nobody_where_from(client, world):
    letter = world.letter(text='Voir https://chu.fr/plan?a=1&b=2. Pas javascript:alert(1) ni "<b>".')
    page = client.get(address(letter)).text
    link = '<a href="https://chu.fr/plan?a=1&amp;b=2" rel="nofollow noopener noreferrer" target="_blank">'
    assert f"Voir {link}https://chu.fr/plan?a=1&amp;b=2</a>." in page
    assert 'href="javascript' not in page
    assert "<b>" not in page


def test_html_is_a_document_of_its_own_without_scripts(client, world):
    world.objects.kept["html"] = "<p>Résultats</p>".encode()
    letter = world.letter(html_key="html")
    page = client.get(address(letter)).text
    assert f'src="/messagerie/messages/{letter.id}/corps"' in page
    assert "À lundi." not in page
    body = client.get(f"/messagerie/messages/{letter.id}/corps")
    assert "<body><p>Résultats</p></body>" in body.text
    assert "default-src 'none'" in body.headers["content-security-policy"]
    assert "script" not in body.headers["content-security-policy"]


def test_without_the_objects_a_letter_of_html_is_read_in_its_words(client, world, monkeypatch):
    async def away(*_):
        raise BackingServiceAway("objects")

    letter = world.letter(html_key="html", text="À <lundi>.\nMerci")
    monkeypatch.setattr(world.objects, "read", away)
    body = client.get(f"/messagerie/messages/{letter.id}/corps")
    assert body.status_code == 200
    assert "indisponible pour l&#x27;instant. Voici son texte." in body.text
    assert "<p>À &lt;lundi&gt;.<br>Merci</p>" in body.text
    assert "default-src 'none'" in body.headers["content-security-policy"]


def test_a_letter_s_pictures_are_its_own_and_no_other(client, world):
    picture = world.file("logo.png", b"\x89PNG", "image/png")
    stranger = world.file("autre.png", b"\x89PNG", "image/png")
    world.objects.kept["html"] = f'<img src="cid:{picture.id}"><img src="cid:{stranger.id}">'.encode()
    letter = world.letter(html_key="html", attachments=(replace(picture, content_id="logo"),))
    body = client.get(f"/messagerie/messages/{letter.id}/corps").text
    assert f'<img src="/messagerie/pieces/{letter.id}/{picture.id}/apercu"><img >' in body
    assert client.get(f"/messagerie/pieces/{letter.id}/{picture.id}/apercu").content == b"\x89PNG"
    assert "logo.png" not in client.get(address(letter)).text


def test_a_letter_that_could_not_be_read_offers_its_original(client, world):
    world.objects.kept["original"] = b"Subject: x\r\n\r\ny"
    letter = world.letter(incomplete=True, raw_key="original", text="")
    page = client.get(address(letter)).text
    assert "pas pu être lu en entier" in page
    original = client.get(f"/messagerie/messages/{letter.id}/lettre.eml")
    assert original.content == b"Subject: x\r\n\r\ny"
    assert 'filename="2026-06-09 Preparation de votre rendez-vous.eml"' in original.headers["content-disposition"]
    assert world.store.audited[-1]["action"] == "original-downloaded"


def test_reply_to_all_is_offered_only_when_there_is_someone_else(client, world):
    alone = world.letter()
    assert "Répondre à tous" not in client.get(address(alone)).text
    group = world.letter(recipients=(world.inaya.party, MARIE))
    page = client.get(address(group)).text
    assert "Répondre à tous" in page
    assert "à Christelle Thomas" in page


def test_an_ended_exchange_is_told_and_cannot_be_answered(client, world):
    letter = world.letter()
    world.ends(CHRISTELLE)
    page = client.get(address(letter)).text
    assert "Christelle Thomas a mis fin à vos échanges" in page
    assert "En savoir plus sur les échanges avec vos professionnels de santé" in page
    assert 'name="a" value="expediteur"' not in page


def test_a_hand_made_reply_to_who_ended_is_refused_with_the_reason(client, world):
    letter = world.letter()
    world.ends(CHRISTELLE)
    answer = client.post(f"{address(letter)}/reponse", data={"a": "expediteur"})
    assert answer.status_code == 409
    assert "Christelle Thomas a mis fin à vos échanges" in answer.text
    assert world.store.kept["drafts"] == {}


def test_what_ending_means_is_explained_in_the_guide_s_words(client, world):
    page = client.get("/messagerie/echanges").text
    assert "Les échanges avec vos professionnels de santé" in page
    assert "Un professionnel de santé peut mettre fin à une conversation dans Mon espace santé." in page
    assert "Vous ne pouvez alors plus lui répondre." in page


def test_the_service_s_message_carries_its_mark_and_no_answer(client, world):
    welcome = world.letter(kind=MessageKind.SERVICE, sender=Party(name="Mon espace santé", address=""))
    page = client.get(address(welcome)).text
    assert "Message du service" in page
    assert "Répondre" not in page


def in_the_house_s_words(world):
    said = welcome_message(world.inaya, "Mon espace santé", AT)
    return world.letter(kind=said.kind, sender=said.sender, subject=said.subject, text=said.text)


def test_the_welcome_message_says_in_bold_what_the_guide_does(client, world):
    page = words(client.get(address(in_the_house_s_words(world))))
    assert "<strong>Seul un professionnel de santé peut initier un premier échange avec vous.</strong>" in page
    assert "<strong>Votre correspondant Mon espace santé</strong>" in page


def test_the_welcome_message_is_said_in_the_reader_s_language(client, world):
    page = words(client.get(address(in_the_house_s_words(world)), headers={"accept-language": "en"}))
    assert page.count("Welcome to your Mon espace santé mailbox") >= 3
    assert "<strong>Only a health professional can start a first exchange with you.</strong>" in page
    assert "<strong>Your Mon espace santé correspondent</strong>" in page
    assert "Bienvenue" not in page


def test_who_may_still_be_answered_is_said_beside_who_ended(client, world):
    letter = world.letter()
    world.letter(sender=MARIE, conversation_id=letter.id, at=AT + timedelta(hours=1))
    world.ends(CHRISTELLE, AT + timedelta(hours=2))
    page = words(client.get(address(letter)))
    assert "Christelle Thomas a mis fin à vos échanges" in page
    assert f"Vous pouvez encore répondre à {MARIE.name}." in page


def test_a_name_like_the_service_s_is_marked_as_an_outsider_s(client, world):
    letter = world.letter(resembles_service=True)
    assert "Expéditeur extérieur au service" in client.get(address(letter)).text


def test_an_automatic_answer_is_marked_as_one(client, world):
    absent = world.letter(auto_reply=True)
    assert "Réponse automatique" in client.get(address(absent)).text
    assert "Réponse automatique" not in client.get(address(world.letter())).text


@pytest.mark.parametrize("asked", ["someone@gmail.com", "190017505600132@patient.mssante.fr", "au secrétariat"])
def test_an_address_that_answers_do_not_go_to_is_said_to_be_ignored_and_not_shown(client, world, asked):
    ignored = "une autre adresse, qui n'est pas celle d'un professionnel connu"
    page = words(client.get(address(world.letter(reply_to_ignored=asked))))
    assert ignored in page and f"une réponse va à {CHRISTELLE.name}." in page
    assert asked not in page
    assert ignored not in words(client.get(address(world.letter())))


def test_a_plain_version_that_says_more_than_the_html_can_be_opened_beside_it(client, world):
    page = words(client.get(address(world.letter(html_key="html", text="Hémoglobine 12,4", text_differs=True))))
    assert "Afficher la version texte" in page and "Hémoglobine 12,4" in page
    same = words(client.get(address(world.letter(html_key="html", text="Hémoglobine 12,4"))))
    assert "Afficher la version texte" not in same and "Hémoglobine 12,4" not in same


def test_a_merged_conversation_leads_to_where_it_went(client, world):
    first = world.letter()
    second = world.letter(conversation_id=first.id, at=AT + timedelta(hours=1))
    answer = client.get(f"/messagerie/conversations/{second.id}")
    assert answer.status_code == 303
    assert answer.headers["location"] == address(first)


def test_another_patient_s_conversation_is_not_found_and_that_is_recorded(client, world, as_other):
    letter = world.letter()
    as_other()
    answer = client.get(address(letter))
    assert answer.status_code == 404
    assert world.store.kept["mailboxes"][INAYA_ID].unread == 1
    record = world.store.audited[-1]
    assert (record["outcome"], record["object_id"], record["actor"]) == ("refused", letter.id, OTHER_ID)


@pytest.mark.parametrize("path", ["corps", "lettre.eml", "etats"])
def test_another_patient_s_message_is_not_found_and_that_is_recorded(client, world, as_other, path):
    letter = world.letter(html_key="html", raw_key="original")
    as_other()
    assert client.get(f"/messagerie/messages/{letter.id}/{path}").status_code == 404
    assert world.store.audited[-1]["outcome"] == "refused"


def test_what_nobody_has_is_not_found_and_not_recorded(client, world):
    assert client.get("/messagerie/conversations/nobody").status_code == 404
    assert world.store.audited == []


@pytest.mark.parametrize("data", [{}, {"a": "moi"}, {"a": ["tous", "tous"]}])
def test_a_reply_without_a_readable_button_is_refused(client, world, data):
    letter = world.letter()
    assert client.post(f"{address(letter)}/reponse", data=data).status_code == 400
    assert world.store.kept["drafts"] == {}


FACTS = {
    "queued": None,
    "sending": Fact.TRIED,
    "accepted": Fact.ACCEPTED,
    "delivered": Fact.DELIVERED,
    "read": Fact.READ,
    "failed": Fact.FAILED,
    "given-up": Fact.EXPIRED,
}


def sent(world, letter, state, queued_at=AT):
    reply_id = f"reply-{state}"
    message = replace(
        letter, id=reply_id, kind=MessageKind.REPLY, sender=world.inaya.party, recipients=(CHRISTELLE,)
    )
    world.store.put("messages", message)
    (consignment,) = consigned(message, message.recipients, queued_at)
    (delivery,) = consignment.deliveries
    if (fact := FACTS[state]) is not None:
        consignment = consignment.hearing({delivery.id: Heard(fact=fact, at=AT)})
    world.store.put("consignments", consignment)
    return message


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("accepted", "Remis au serveur de messagerie de Christelle Thomas"),
        ("delivered", "Remis à Christelle Thomas"),
        ("read", "Lu le 9 juin 2026 à 10:00 par Christelle Thomas"),
        ("failed", "Non remis à Christelle Thomas"),
        ("given-up", "Non remis à Christelle Thomas"),
        ("queued", "Pas encore remis à Christelle Thomas, nous réessayons"),
    ],
)
def test_the_state_of_a_reply_is_told_in_words(client, world, state, words):
    letter = world.letter()
    message = sent(world, letter, state)
    assert words in client.get(address(letter)).text
    assert words in client.get(f"/messagerie/messages/{message.id}/etats", headers=HTMX).text


def test_a_reply_that_just_left_is_on_its_way(client, world):
    letter = world.letter()
    sent(world, letter, "sending", queued_at=now())
    assert "En cours d'envoi" in words(client.get(address(letter)))
