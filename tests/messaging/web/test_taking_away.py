"""A conversation on paper, and as a file to take away."""

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chassis.web.dates import local
from messaging.domain.model import Attachment, Message, MessageKind, Party
from messaging.domain.threads import begin
from messaging.domain.welcome import welcome_message
from messaging.exporting import MOST_BYTES, entries_of
from messaging.letters.filenames import name_from
from messaging.paper.sheets import MOST_ATTACHED
from tests.messaging.people import AT, CHRISTELLE, INAYA_ID
from tests.messaging.web.conftest import words

DAY = timedelta(days=1)


@pytest.fixture
def answered(world):
    """A letter with a file, answered."""
    world.objects.kept["original"] = b"Subject: Bonjour\r\n\r\nA lundi."
    pdf = world.file("Résultats.pdf", b"%PDF-1.7 contenu")
    first = world.letter(attachments=(pdf,), raw_key="original", size=30)
    world.letter(
        kind=MessageKind.REPLY,
        sender=world.inaya.party,
        recipients=(CHRISTELLE,),
        text="Merci.",
        conversation_id=first.id,
        at=AT + timedelta(hours=1),
    )
    return f"/messagerie/conversations/{first.id}"


def test_a_conversation_on_paper_has_every_word_and_no_frame(client, world, answered):
    page = words(client.get(f"{answered}/imprimer"))
    for said in ("Christelle Thomas", "À lundi.", "Merci.", "Résultats.pdf", "Préparation de votre rendez-vous"):
        assert said in page
    assert "<iframe" not in page
    assert world.store.kept["mailboxes"][INAYA_ID].unread == 0


def test_one_letter_can_be_printed_alone(client, world, answered):
    letter_id = answered.rpartition("/")[2]
    page = words(client.get(f"/messagerie/messages/{letter_id}/imprimer"))
    assert "À lundi." in page
    assert "Merci." not in page


def test_the_conversation_leads_to_all_of_them(client, answered):
    page = client.get(answered).text
    assert f'href="{answered}/imprimer"' in page
    assert f'href="{answered}/export.zip"' in page
    assert f'href="{answered}/export.pdf"' in page


def test_the_file_to_take_away_holds_the_words_the_letters_and_their_files(client, world, answered):
    answer = client.get(f"{answered}/export.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert "attachment" in answer.headers["content-disposition"]
    assert "sandbox" in answer.headers["content-security-policy"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    assert list(found) == [
        "conversation.txt",
        "001 2026-06-09 Christelle Thomas/lettre.eml",
        "001 2026-06-09 Christelle Thomas/Résultats.pdf",
        "002 2026-06-09 Inaya Michel/message.txt",
    ]
    assert found["001 2026-06-09 Christelle Thomas/lettre.eml"] == b"Subject: Bonjour\r\n\r\nA lundi."
    assert found["001 2026-06-09 Christelle Thomas/Résultats.pdf"] == b"%PDF-1.7 contenu"
    whole = found["conversation.txt"].decode("utf-8-sig")
    assert "Merci." in whole
    assert "À lundi." in whole
    assert world.store.audited[-1]["action"] == "conversation-exported"


def test_what_is_too_much_for_one_file_is_said_before_it_begins(client, world, answered):
    letter_id = answered.rpartition("/")[2]
    letter = world.store.kept["messages"][letter_id]
    world.store.put("messages", replace(letter, size=MOST_BYTES + 1))
    answer = client.get(f"{answered}/export.zip")
    assert answer.status_code == 413
    assert "trop volumineuse" in answer.text
    assert "télécharger chaque pièce jointe" in words(answer)


def test_the_pdf_has_every_word_and_the_files_are_in_it(client, world, answered):
    answer = client.get(f"{answered}/export.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert 'filename="Preparation' in answer.headers["content-disposition"]
    assert int(answer.headers["content-length"]) == len(answer.content)
    read = said_in(answer.content)
    for said in ("Préparation de votre rendez-vous", "Christelle Thomas", "À lundi.", "Merci.", "Résultats.pdf"):
        assert said in read
    assert attached_to(answer.content) == {"Résultats.pdf": b"%PDF-1.7 contenu"}
    assert world.store.audited[-1]["action"] == "conversation-exported-as-pdf"


def test_the_pdf_names_every_file_it_carries_as_it_carries_it(client, world):
    twin = world.file("Résultats.pdf", b"un")
    picture = replace(world.file("Logo.png", b"deux"), content_id="logo@chu")
    first = world.letter(attachments=(twin, picture))
    another = replace(world.file("Autre.pdf", b"trois"), filename="Résultats.pdf")
    world.letter(attachments=(another,), conversation_id=first.id, at=AT + DAY)
    pdf = client.get(f"/messagerie/conversations/{first.id}/export.pdf").content
    carried = attached_to(pdf)
    assert sorted(carried.values()) == [b"deux", b"trois", b"un"]
    for name in carried:
        assert name in said_in(pdf)


def test_an_attached_message_names_no_other_patient_wherever_it_is_taken_from(client, world):
    own, other = world.inaya.mailbox_address, "175027511500443@patient.mssante.fr"
    message = f"To: {own}, <{other}>\r\nSubject: Avis\r\n\r\nBonjour".encode()
    file = world.file("Avis.eml", message, "message/rfc822")
    letter = world.letter(attachments=(file,))
    answer = client.get(f"/messagerie/pieces/{letter.id}/{file.id}/fichier")
    assert int(answer.headers["content-length"]) == len(answer.content) == len(message)
    assert own.encode() in answer.content and "patient masqué".encode() in answer.content
    assert other.encode() not in answer.content
    here = f"/messagerie/conversations/{letter.id}"
    with zipfile.ZipFile(io.BytesIO(client.get(f"{here}/export.zip").content)) as archive:
        (zipped,) = [archive.read(name) for name in archive.namelist() if name.endswith("Avis.eml")]
    (carried,) = attached_to(client.get(f"{here}/export.pdf").content).values()
    assert zipped == carried == answer.content
    assert world.objects.kept[file.object_key] == message


def test_what_could_not_be_read_is_said_to_be_unread_and_not_empty(client, world):
    letter = world.letter(text="", incomplete=True)
    here = f"/messagerie/conversations/{letter.id}"
    with zipfile.ZipFile(io.BytesIO(client.get(f"{here}/export.zip").content)) as archive:
        zipped = archive.read("conversation.txt").decode("utf-8-sig")
    printed = words(client.get(f"{here}/imprimer"))
    for said in (printed, said_in(client.get(f"{here}/export.pdf").content), zipped):
        assert "n'a pas pu être lu en entier" in " ".join(said.split())
        assert "ne contient pas de texte" not in said


def test_the_service_s_own_message_is_taken_away_in_the_reader_s_language(client, world):
    welcome = welcome_message(world.inaya, "Mon espace santé", AT)
    world.store.put("messages", welcome)
    world.store.put("conversations", begin(welcome))
    here, english = f"/messagerie/conversations/{welcome.id}", {"accept-language": "en"}
    with zipfile.ZipFile(io.BytesIO(client.get(f"{here}/export.zip", headers=english).content)) as archive:
        zipped = archive.read("conversation.txt").decode("utf-8-sig")
    pdf = client.get(f"{here}/export.pdf", headers=english)
    assert 'filename="Welcome to your' in pdf.headers["content-disposition"]
    for said in (words(client.get(f"{here}/imprimer", headers=english)), said_in(pdf.content), zipped):
        assert "Welcome to your Mon espace santé mailbox" in said
        assert "Bienvenue" not in said


def test_the_names_of_files_taken_away_have_the_day_of_the_reader_s_clock(client, world):
    world.objects.kept["original"] = b"Subject: Bonjour\r\n\r\nA lundi."
    late = datetime(2026, 6, 9, 22, 30, tzinfo=UTC)
    letter = world.letter(raw_key="original", size=30, at=late)
    here = f"/messagerie/conversations/{letter.id}"
    with zipfile.ZipFile(io.BytesIO(client.get(f"{here}/export.zip").content)) as archive:
        folder = archive.infolist()[1]
    assert folder.filename.startswith("001 2026-06-10 ")
    assert folder.date_time == (2026, 6, 10, 0, 30, 0)
    original = client.get(f"/messagerie/messages/{letter.id}/lettre.eml")
    assert 'filename="2026-06-10 ' in original.headers["content-disposition"]


def test_the_pdf_says_that_a_sign_stands_for_what_cannot_be_printed(client, world):
    letter = world.letter(
        text="Bravo \N{PARTY POPPER} et \N{ARABIC LETTER SEEN}\x00\ud800", subject="\N{ARABIC LETTER SEEN}"
    )
    read = said_in(client.get(f"/messagerie/conversations/{letter.id}/export.pdf").content)
    assert "Bravo □ et □" in read
    assert "sont remplacés par □" in read


@pytest.mark.parametrize(
    "unseen",
    ["\N{SOFT HYPHEN}", "\N{ZERO WIDTH SPACE}", "\N{ZERO WIDTH NO-BREAK SPACE}", "\N{RIGHT-TO-LEFT MARK}"],
)
def test_what_nobody_sees_leaves_no_sign(client, world, unseen):
    letter = world.letter(text=f"ren{unseen}dez-vous □", subject=f"Vo{unseen}tre santé")
    read = said_in(client.get(f"/messagerie/conversations/{letter.id}/export.pdf").content)
    assert "rendez-vous □" in read
    assert "Votre santé" in read
    assert "sont remplacés" not in read


@pytest.mark.parametrize("where", ["sender", "recipients", "file"])
def test_a_sign_in_a_name_is_told_like_one_in_the_words(client, world, where):
    odd = "\N{ARABIC LETTER SEEN}bc"
    party = Party(name=odd, address="a@chu.mssante.fr")
    made = {
        "sender": {"sender": party},
        "recipients": {"recipients": (party,)},
        "file": {"attachments": (world.file(f"{odd}.pdf", b"un"),)},
    }
    letter = world.letter(**made[where])
    read = said_in(client.get(f"/messagerie/conversations/{letter.id}/export.pdf").content)
    assert "□bc" in read
    assert "sont remplacés par □" in read


def test_the_pdf_speaks_the_reader_s_language(client, world, answered):
    read = said_in(client.get(f"{answered}/export.pdf", headers={"accept-language": "en"}).content)
    assert "To Inaya Michel" in read
    assert "Page 1 of 1" in read


def test_files_too_heavy_for_a_pdf_are_refused_before_any_is_read(client, world):
    heavy = replace(world.file("Film.mp4", b"film"), size=MOST_ATTACHED + 1)
    letter = world.letter(attachments=(heavy,))
    answer = client.get(f"/messagerie/conversations/{letter.id}/export.pdf")
    assert answer.status_code == 413
    assert "télécharger la conversation en ZIP" in words(answer)


def test_a_press_that_fails_is_told_with_another_way_and_leaves_nothing(
    client, world, answered, monkeypatch, tmp_path
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("messaging.paper.press.SETTING", "messaging.paper.nowhere")
    answer = client.get(f"{answered}/export.pdf")
    assert answer.status_code == 503
    assert "téléchargez la conversation en ZIP" in words(answer)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_lost_is_told_before_the_download_begins(client, world, answered):
    world.objects.kept.clear()
    answer = client.get(f"{answered}/export.pdf")
    assert answer.status_code == 404
    assert "content-disposition" not in answer.headers
    assert all(entry["action"] != "conversation-exported-as-pdf" for entry in world.store.audited)


def said_in(pdf: bytes) -> str:
    """What a reader hears of all pages."""
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def attached_to(pdf: bytes) -> dict[str, bytes]:
    """The files in it, by the names that a reader shows."""
    with pypdfium2.PdfDocument(pdf) as document:
        found = (document.get_attachment(number) for number in range(document.count_attachments()))
        return {file.get_name(): bytes(file.get_data()) for file in found}


@pytest.mark.parametrize("what", ["imprimer", "export.zip", "export.pdf"])
def test_another_patient_takes_nothing_away(client, world, answered, as_other, what):
    as_other()
    assert client.get(f"{answered}/{what}").status_code == 404
    assert world.store.audited[-1]["outcome"] == "refused"


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Analyse du 12/05", "Analyse du 12 05"),
        ("Re: résultats.exe", "Re_ résultats exe"),
        ("...", "lettre"),
        ("", "lettre"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}fdp", "fdp"),
        ("x" * 300, "x" * 80),
        ("con", "_con"),
    ],
)
def test_a_subject_names_a_file_and_nothing_else(subject, name):
    assert name_from(subject, "lettre") == name


def test_another_patient_prints_no_letter(client, world, answered, as_other):
    as_other()
    assert client.get(f"/messagerie/messages/{answered.rpartition('/')[2]}/imprimer").status_code == 404


UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\\u202e]')


@given(st.lists(st.tuples(st.text(max_size=90), st.text(max_size=300)), min_size=1, max_size=6))
def test_names_in_the_file_are_only_names_whatever_was_sent(sent):
    messages = [
        Message(
            id=f"{number}",
            patient_id=INAYA_ID,
            conversation_id="c",
            kind=MessageKind.LETTER,
            sender=Party(name=name or "?", address="a@chu.mssante.fr"),
            recipients=(),
            at=AT + timedelta(minutes=number),
            subject="",
            text="",
            message_id="",
            raw_key="original",
            attachments=tuple(
                Attachment(
                    id=f"{twin}", filename=filename, media_type="x/y", size=1, sha256="0" * 64, object_key="k"
                )
                for twin in range(2)
            ),
        )
        for number, (name, filename) in enumerate(sent)
    ]
    names = [entry.name for entry in entries_of(messages[::-1], "", local)]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names[1:]:
        folder, file = name.split("/")
        for piece in (folder, file):
            assert not UNSAFE.search(piece)
            assert piece.strip(" .") == piece
            assert piece not in ("", ".", "..")
