"""« Ce message ne me concerne pas »: asked first, hidden everywhere, told to the sender once, and taken back."""

import io
import zipfile
from datetime import timedelta

import pytest
from msgspec.structs import replace

from chassis.clock import now
from messaging.domain.disowning import SUBJECT, TEXT
from messaging.domain.model import MessageKind, Party
from tests.messaging.people import CHRISTELLE, INAYA_ID
from tests.messaging.web.conftest import HTMX, words
from tests.messaging.web.test_taking_away import attached_to, said_in

HOUR = timedelta(hours=1)
WORDS = "Résultats de Monsieur Autre"


@pytest.fixture
def letter(world):
    world.objects.kept["html"] = b"<p>x</p>"
    world.objects.kept["original"] = b"Subject: x\r\n\r\ny"
    pdf = world.file("Autre.pdf", b"%PDF-1.7")
    return world.letter(text=WORDS, attachments=(pdf,), raw_key="original")


@pytest.fixture
def conversation(letter):
    return f"/messagerie/conversations/{letter.id}"


@pytest.fixture
def aside(client, letter):
    answer = client.post(f"/messagerie/messages/{letter.id}/ecarter")
    assert answer.status_code == 303
    return answer


def notices(world):
    return [one for one in world.store.kept["messages"].values() if one.kind is MessageKind.REPLY]


def test_it_is_asked_first_and_says_what_will_happen(client, world, letter, conversation):
    assert f'href="/messagerie/messages/{letter.id}/ecarter"' in client.get(conversation).text
    page = words(client.get(f"/messagerie/messages/{letter.id}/ecarter"))
    assert "Christelle Thomas sera prévenu par un message automatique" in page
    assert "pendant 30 jours" in page
    assert world.store.kept["messages"][letter.id].disowned_at is None


def test_its_words_and_files_are_hidden_everywhere(client, world, letter, aside, conversation):
    page = words(client.get(aside.headers["location"]))
    assert "Message masqué" in page
    assert "Il est masqué, avec ses pièces jointes." in page
    assert WORDS not in page
    assert "Autre.pdf" not in page
    (file,) = letter.attachments
    piece = f"/messagerie/pieces/{letter.id}/{file.id}"
    message = f"/messagerie/messages/{letter.id}"
    for address in (piece, f"{piece}/fichier", f"{piece}/pages/1", f"{message}/lettre.eml", f"{message}/imprimer"):
        assert client.get(address).status_code == 404, address
    assert WORDS not in client.get(f"{conversation}/imprimer").text
    assert [record["action"] for record in world.store.audited if "aside" in record["action"]] == [
        "message-set-aside"
    ]


PLACES = ("/messagerie/", "/messagerie/liste", "/messagerie/accueil", "/messagerie/echanges")
SOUGHT = {
    "resultats": "Aucun message trouvé",
    "monsieur autre": "Aucun message trouvé",
    "preparation": "Aucun message trouvé",
    "christelle": "2 messages trouvés",
}
"""What leads to the letter, and what is found while it is set aside: hers are another letter, and the notice."""


def taken_away(client, conversation):
    """All that leaves of a conversation: on paper, as a PDF with its files, as an archive."""
    with zipfile.ZipFile(io.BytesIO(client.get(f"{conversation}/export.zip").content)) as archive:
        zipped = [*archive.namelist(), *(archive.read(name).decode("utf-8-sig") for name in archive.namelist())]
    pdf = client.get(f"{conversation}/export.pdf").content
    return [words(client.get(f"{conversation}/imprimer")), said_in(pdf), *attached_to(pdf), *zipped]


def found(client, text):
    """What a search shows, and how many it counts."""
    counted = words(client.get("/messagerie/recherche/compte", params={"q": text}, headers=HTMX)).strip()
    return words(client.get("/messagerie/recherche", params={"q": text})), counted


def test_it_is_in_no_list_no_search_no_count_and_nothing_taken_away_until_it_is_taken_back(
    client, world, letter, aside, conversation
):
    other = world.letter(conversation_id=letter.id, text="Voici les vôtres", subject="Suite", at=letter.at + HOUR)
    for place in (conversation, *PLACES):
        assert WORDS not in words(client.get(place)), place
        assert "Autre.pdf" not in words(client.get(place)), place
    for text, answer in SOUGHT.items():
        page, counted = found(client, text)
        assert f"#m-{letter.id}" not in page, text
        assert counted.startswith(answer), text
    assert f"#m-{other.id}" in found(client, "christelle")[0]
    for piece in taken_away(client, conversation):
        assert "Autre" not in piece
    client.post(f"/messagerie/messages/{letter.id}/reprendre")
    for text in SOUGHT:
        assert f"#m-{letter.id}" in found(client, text)[0], text
    assert found(client, "christelle")[1] == "3 messages trouvés"
    assert sum("Autre.pdf" in piece for piece in taken_away(client, conversation)) >= 3


def test_the_sender_is_told_once_and_nothing_of_the_patient(client, world, letter, aside):
    client.post(f"/messagerie/messages/{letter.id}/ecarter")
    client.post(f"/messagerie/messages/{letter.id}/reprendre")
    client.post(f"/messagerie/messages/{letter.id}/ecarter")
    (notice,) = notices(world)
    assert (notice.subject, notice.text, notice.recipients) == (SUBJECT, TEXT, (CHRISTELLE,))
    assert notice.references == (letter.message_id,)
    for told in (world.inaya.given_name, world.inaya.family_name, world.inaya.ins, WORDS):
        assert told not in notice.text + notice.subject
    (consignment,) = world.store.kept["consignments"].values()
    assert consignment.message_id == notice.id


def test_who_ended_and_a_program_are_told_nothing(client, world, letter):
    world.ends(CHRISTELLE)
    client.post(f"/messagerie/messages/{letter.id}/ecarter")
    automatic = world.letter(auto_reply=True, sender=Party(name="Robot", address="robot@chu.mssante.fr"))
    client.post(f"/messagerie/messages/{automatic.id}/ecarter")
    assert notices(world) == []
    assert world.store.kept["messages"][automatic.id].disowned_at is not None


def test_it_can_be_taken_back_for_thirty_days_and_no_longer(client, world, letter, aside, conversation):
    client.post(f"/messagerie/messages/{letter.id}/reprendre")
    assert WORDS in client.get(conversation).text
    long_ago = now() - timedelta(days=31)
    world.store.put("messages", replace(world.store.kept["messages"][letter.id], disowned_at=long_ago))
    assert "Afficher ce message de nouveau" not in client.get(conversation).text
    assert client.post(f"/messagerie/messages/{letter.id}/reprendre").status_code == 409
    assert world.store.kept["messages"][letter.id].disowned_at == long_ago


def test_the_service_s_message_and_one_s_own_cannot_be_set_aside(client, world):
    for kind in (MessageKind.SERVICE, MessageKind.REPLY):
        message = world.letter(kind=kind)
        assert client.post(f"/messagerie/messages/{message.id}/ecarter").status_code == 409
        assert client.get(f"/messagerie/messages/{message.id}/ecarter").status_code == 409


@pytest.mark.parametrize("what", ["ecarter", "reprendre"])
def test_another_patient_sets_nothing_aside(client, world, letter, as_other, what):
    as_other()
    assert client.post(f"/messagerie/messages/{letter.id}/{what}").status_code == 404
    assert world.store.kept["messages"][letter.id].disowned_at is None
    assert world.store.audited[-1]["outcome"] == "refused"
    assert world.store.kept["mailboxes"][INAYA_ID].unread == 1
