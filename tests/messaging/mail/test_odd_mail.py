"""Every oddity that real mail programs send: what the patient then reads, and which files there are."""

import time
from email import message_from_bytes
from typing import Any

import pytest
import tnefparse

from messaging.domain.addresses import read_recipient
from messaging.domain.invitations import Asked
from messaging.domain.letter import Letter
from messaging.domain.signatures import SignatureState
from messaging.letters import read_letter
from messaging.letters.tnef import NotTnef, read_tnef
from tests.messaging.corpus import ACCENTS, CALENDAR, CYRILLIC, LETTERS, file, html, letter, mixed, outlook, text
from tests.messaging.outlook import winmail
from tests.messaging.signing import detached, opaque
from tests.messaging.structured import PDF, PNG

ID = "01990000-0000-7000-8000-000000000000"


def read(name: str) -> Letter:
    return read_letter(LETTERS[name], ID)


def files(letter: Letter) -> list[str]:
    return [part.filename for part in letter.parts]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cp1252 called utf-8", ACCENTS),
        ("utf-8 called cp1252", ACCENTS),
        ("mac-roman called iso-8859-1", ACCENTS),
        ("cp850 without a label", ACCENTS),
        ("cyrillic without a label", CYRILLIC),
        ("a character set nobody knows", ACCENTS),
        ("words called base64", ACCENTS),
        ("flowed", "une phrase coupée\n> une citation coupée\nfin"),
        ("flowed with DelSp", "anticonstitution"),
        ("a line of 5,000 characters", "mot " * 1_250),
        ("quoted-printable cut off", "Votre diabète, �"),
        ("bare CR", "une ligne\nune autre"),
        ("NUL bytes", "avantaprès"),
        ("lines of dots", ".\n..\n...fin"),
        ("deep nesting", "tout au fond"),
        ("a boundary that isn't there", "Bonjour"),
        ("no boundary", "Bonjour"),
        ("signed, detached", "Bonjour, signé"),
        ("signed, opaque", "Bonjour, signé"),
        ("text after a file", "avant\n\naprès"),
        ("an empty HTML version", "les mots"),
        ("only HTML", "Bonjour\nInaya"),
        ("no headers", "Bonjour"),
        ("nothing", ""),
    ],
)
def test_the_words_are_read(name: str, words: str) -> None:
    assert read(name).text == words.strip("\n")


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("8-bit headers", "Été à l'hôpital"),
        ("8-bit headers in cp1252", "Été à l'hôpital"),
        ("NUL bytes", "ab"),
        ("an encoded subject in pieces", "Votre diabète"),
    ],
)
def test_the_subject_is_read(name: str, subject: str) -> None:
    assert read(name).subject == subject


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("no body but a file", ["resultats.pdf"]),
        ("a file as the whole letter", ["resultats.pdf"]),
        ("winmail.dat", ["Résultats d'examen.pdf"]),
        ("winmail.dat broken off", ["winmail.dat"]),
        ("an invitation", ["Invitation.ics"]),
        ("base64 with junk", ["a.pdf"]),
        ("base64 cut off", ["a.pdf"]),
        ("bare LF", ["a.pdf"]),
        ("a boundary never closed", ["a.pdf"]),
        ("files of one name", ["scan.pdf", "SCAN (2).PDF", "scan (3).pdf"]),
        ("a nested message", ["Réponse du labo.eml", "labo.pdf"]),
        ("a nested message in base64", ["labo.eml", "labo.pdf"]),
        ("signed, detached", ["smime.p7s"]),
        ("signed, opaque", ["a.pdf"]),
        ("names by RFC 2231", ["résultats.pdf"]),
        ("a structured document", ["IHE_XDM.zip"]),
        ("a structured document with a PDF", ["IHE_XDM.zip", "Compte rendu de consultation.pdf"]),
    ],
)
def test_the_files_are_there(name: str, expected: list[str]) -> None:
    assert files(read(name)) == expected


@pytest.mark.parametrize(
    "name", ["base64 with junk", "bare LF", "winmail.dat", "a structured document with a PDF"]
)
def test_the_files_are_what_was_sent(name: str) -> None:
    assert [part.content for part in read(name).parts if part.media_type == "application/pdf"] == [PDF]


@pytest.mark.parametrize("name", [name for name in LETTERS if "boundary" in name or "cut off" in name])
def test_what_breaks_off_is_shown_as_far_as_it_goes(name: str) -> None:
    read_in_part = read(name)
    assert read_in_part.text or read_in_part.parts


def test_two_hundred_files_are_two_hundred() -> None:
    assert len(set(files(read("200 files")))) == 200


def test_a_24_mb_file_is_read_in_one_piece() -> None:
    large = b"%PDF-1.7\n" + bytes(range(256)) * 68_000
    raw = letter(mixed(text(), file("scanner.pdf", large)))
    assert len(raw) > 23_500_000
    begun = time.process_time()
    (part,) = read_letter(raw, ID).parts
    assert part.content == large and time.process_time() - begun < 10


def test_letters_without_or_with_two_message_ids_are_read() -> None:
    assert read("no Message-ID").message_id == ""
    assert read("two Message-IDs").message_id == "<b@chu>"


def test_a_sub_tag_and_upper_case_name_the_same_mailbox_and_sender() -> None:
    recipient = read_recipient("288056938312340+Labo@Patient.MSSante.fr", "patient.mssante.fr")
    assert recipient is not None and recipient.address == "288056938312340@patient.mssante.fr"
    sender = read("upper case").sender
    assert sender is not None and sender.address == "christelle@chu.mssante.fr"


def test_two_senders_are_none() -> None:
    assert read("two From").sender is None


def test_plain_words_beside_html_are_shown_in_their_order() -> None:
    html = read("HTML and text in turn").html or ""
    assert "avant" in html and html.index("avant") < html.index("après")


def test_an_inline_picture_is_shown_in_place() -> None:
    shown = read("an inline picture")
    assert [part.content_id for part in shown.parts] == ["i@x"] and "cid:" in (shown.html or "")


def test_outlook_s_words_are_the_letter_s() -> None:
    found = read("winmail.dat with the words")
    assert found.text == "Bonjour Inaya" and "<b>Inaya</b>" in (found.html or "") and files(found) == ["a.png"]


def test_outlook_s_rich_text_alone_is_a_file_and_the_same_words_are_said_once() -> None:
    rtf = read_letter(letter(outlook(winmail(rtf="{\\rtf1 Bonjour}"))), ID)
    assert [(part.filename, part.media_type) for part in rtf.parts] == [("Message.rtf", "application/rtf")]
    twice = read_letter(letter(mixed(text("Bonjour"), outlook(winmail(("a.pdf", PDF), text="Bonjour \n")))), ID)
    assert twice.text == "Bonjour" and files(twice) == ["a.pdf"]


def test_a_message_within_outlook_s_package_gives_its_words_and_files() -> None:
    inner = winmail(("labo.pdf", PDF), text="Vos résultats")
    found = read_letter(letter(mixed(text(), outlook(winmail(message=inner)))), ID)
    assert files(found) == ["Réponse du labo.txt", "labo.pdf"]
    assert found.parts[0].content.decode() == "Vos résultats"


def test_outlook_s_package_is_read_like_another_reader_reads_it() -> None:
    content = winmail(("Résultats.pdf", PDF), ("b.png", PNG), text="Bonjour été", html="<p>Bonjour été</p>")
    ours, theirs = read_tnef(content), tnefparse.TNEF(content)
    assert [(one.name, one.content) for one in ours.files] == [
        (one.long_filename().strip("\0"), one.data) for one in theirs.attachments
    ]
    assert ours.html == theirs.htmlbody and ours.text == theirs.body.strip("\0")


def test_outlook_s_package_cut_anywhere_is_never_given_by_half() -> None:
    content = winmail(("a.pdf", PDF), text="Bonjour")
    whole = read_tnef(content)
    for end in range(len(content)):
        try:
            found = read_tnef(content[:end])
        except NotTnef:
            continue
        assert all(one in whole.files or not one.content for one in found.files)


@pytest.mark.parametrize(
    ("words", "lost"),
    [
        ("<html><body>&nbsp;<br></body></html>", False),
        ("<img src='https://evil.example/lettre.png'>", True),
        ("<p>Bonjour</p><img src='https://evil.example/x.png'>", False),
    ],
)
def test_html_of_which_nothing_can_be_shown_is_said_to_be_incomplete(words: str, lost: bool) -> None:
    assert read_letter(letter(html(words)), ID).incomplete is lost


def test_an_outlook_package_with_nothing_in_it_stays_a_file() -> None:
    assert files(read_letter(letter(mixed(text(), outlook(winmail()))), ID)) == ["winmail.dat"]


def test_an_invitation_says_what_when_where_and_with_whom() -> None:
    (invitation,) = read("an invitation").invitations
    assert invitation.title == "Consultation de contrôle" and invitation.asked is Asked.COME
    assert invitation.where == "Hôpital de la Colline, bâtiment B"
    assert invitation.organiser == "Dr Paul Dupond" and invitation.note == "Venez à jeun.\nMerci."
    assert invitation.starts is not None and invitation.starts.isoformat() == "2026-06-11T12:30:00+00:00"
    assert invitation.ends is not None and invitation.ends.isoformat() == "2026-06-11T13:00:00+00:00"


def test_an_invitation_that_comes_twice_is_one_appointment() -> None:
    found = read("an invitation twice")
    assert len(found.invitations) == 1 and files(found) == ["Invitation.ics", "invite.ics"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"METHOD:REQUEST": "METHOD:CANCEL"}, {"asked": Asked.CANCELLED}),
        ({"METHOD:REQUEST": "METHOD:REPLY"}, {"asked": Asked.KNOW}),
        ({"UID:1@chu": "STATUS:CANCELLED"}, {"asked": Asked.CANCELLED}),
        ({"UID:1@chu": "RRULE:FREQ=DAILY"}, {"repeats": True}),
        ({";TZID=Romance Standard Time:20260611T143000": ";VALUE=DATE:20260611"}, {"timed": False}),
        ({'ORGANIZER;CN="Dr Paul Dupond"': "ORGANIZER"}, {"organiser": "Dupond"}),
        ({"TZID:Romance": "TZID:Nowhere", "RRULE:FREQ=YEARLY": "RRULE:FREQ=SECONDLY"}, {"repeats": False}),
        ({"LOCATION": "X-LOCATION"}, {"where": ""}),
    ],
)
def test_invitations_vary(changes: dict[str, str], expected: dict[str, Any]) -> None:
    calendar = CALENDAR
    for old, new in changes.items():
        calendar = calendar.replace(old, new)
    begun = time.process_time()
    (invitation,) = read_letter(letter(file("a.ics", calendar.encode())), ID).invitations
    assert {name: getattr(invitation, name) for name in expected} == expected
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "content",
    [
        "BEGIN:VCALENDAR",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:x\r\n",
        CALENDAR[:300],
        CALENDAR.replace("TZID=Romance Standard Time", f"TZID={'Paris' * 60}"),
    ],
)
def test_a_calendar_that_cannot_be_read_is_only_a_file(content: str) -> None:
    found = read_letter(letter(file("a.ics", content.encode())), ID)
    assert found.invitations == () and files(found) == ["a.ics"]


@pytest.mark.parametrize("make", [detached, opaque])
def test_a_signature_says_whether_the_words_are_those_that_were_signed(make: Any) -> None:
    intact = make(text("Prenez deux comprimés"))
    found = read_letter(intact, ID).signature
    assert found is not None and (found.state, found.by) == (SignatureState.INTACT, "Dr Marie Martin")


def test_changed_words_and_broken_signatures_are_told() -> None:
    signed = detached(text("Prenez deux comprimés"))
    changed = read_letter(signed.replace(b"deux", b"cinq"), ID)
    assert changed.signature is not None and changed.signature.state is SignatureState.ALTERED
    assert changed.text == "Prenez cinq comprimés"
    broken = read_letter(signed.replace(b"\r\nMII", b"\r\nMIA", 1), ID)
    assert broken.signature is not None and broken.signature.state is not SignatureState.INTACT


def test_an_encrypted_letter_is_a_file_and_no_signature() -> None:
    found = read_letter(letter(file("smime.p7m", b"\x30\x80\x06\x09", "application/pkcs7-mime")), ID)
    assert found.signature is None and files(found) == ["smime.p7m"]


def test_bare_lf_leaves_a_signature_as_it_was() -> None:
    found = read_letter(detached(text("Bonjour")).replace(b"\r\n", b"\n"), ID)
    assert found.signature is not None and found.signature.state is SignatureState.INTACT


def test_every_letter_of_the_corpus_is_a_letter_to_the_standard_library_too() -> None:
    for name, raw in LETTERS.items():
        assert message_from_bytes(raw) is not None, name
