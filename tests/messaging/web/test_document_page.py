"""What a patient reads of a structured document, and what is told when it isn't theirs or can't be shown."""

import pytest
from msgspec.structs import replace

from messaging.domain.letter import attachment_from
from messaging.letters import read_letter
from tests.messaging.mail.test_structured import MEASURE
from tests.messaging.people import INAYA_ID
from tests.messaging.structured import OTHER_INS, PDF, PNG, cda, file_body, media, section, xdm
from tests.messaging.web.conftest import words


def received(world, content, filename="IHE_XDM.zip"):
    """A letter with this file, filed as the worker files it."""
    raw = (
        b"From: a@chu.mssante.fr\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nBonjour\r\n--b\r\n"
        b'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="'
        + filename.encode() + b'"\r\nContent-Transfer-Encoding: binary\r\n\r\n' + content + b"\r\n--b--\r\n"
    )  # fmt: skip
    patient = world.store.kept["patients"][INAYA_ID]
    attachments = []
    for part in read_letter(raw, INAYA_ID).parts:
        key = f"letters/{part.id}"
        world.objects.kept[key] = part.content
        sizes = {"size": len(part.content), "sha256": "0" * 64}
        attachments.append(attachment_from(part, patient, object_key=key, **sizes))
    return world.letter(attachments=tuple(attachments))


def address(letter, number=0):
    return f"/messagerie/pieces/{letter.id}/{letter.attachments[number].id}"


TABLE = "<table><thead><tr><th>Examen</th><th>Résultat</th></tr></thead><tbody><tr><td>CRP</td><td>4</td></tr></tbody></table>"  # noqa: E501


def test_a_document_is_read_by_section_in_the_shell(client, world):
    letter = received(world, xdm(cda(section("Biologie", TABLE), section("Conclusion", "Tout va bien"))))
    answer = client.get(address(letter) + "/document")
    page = words(answer)
    assert answer.status_code == 200
    for said in ("Compte rendu de consultation", "Dr Paul ANDRÉ", "2 juillet 1988", "Tout va bien", "CRP"):
        assert said in page
    assert 'data-label="Examen"' in page and "Attention" not in page


def test_the_conversation_and_the_attachment_lead_to_it(client, world):
    letter = received(world, xdm(cda(section("A", "a"))))
    there = address(letter) + "/document"
    assert f'href="{there}"' in client.get(f"/messagerie/conversations/{letter.conversation_id}").text
    assert f'href="{there}"' in client.get(address(letter)).text


def test_a_pdf_inside_is_an_attachment_that_can_be_kept(client, world):
    letter = received(world, xdm(cda(body=file_body(PDF))))
    archive, pdf = letter.attachments
    assert (pdf.filename, pdf.inside) == ("Compte rendu de consultation.pdf", archive.id)
    assert f'href="{address(letter, 1)}"' in client.get(address(letter) + "/document").text
    assert "Ajouter à mes documents santé" in words(client.get(address(letter, 1)))


def test_a_picture_inside_is_shown_in_place(client, world):
    shown = 'Cliché : <renderMultiMedia referencedObject="c"/>'
    letter = received(world, cda(section("Imagerie", shown, media("c", PNG, "image/png"))), "document.xml")
    assert f'src="{address(letter, 1)}/apercu"' in client.get(address(letter) + "/document").text


def test_a_document_about_someone_else_is_warned_of_everywhere(client, world):
    letter = received(world, xdm(cda(section("A", "a"), ins=OTHER_INS)))
    assert letter.attachments[0].about_someone_else
    assert "ne semble pas être le vôtre" in words(client.get(address(letter) + "/document"))
    assert "ne semble pas être le vôtre" in words(client.get(address(letter)))
    conversation = client.get(f"/messagerie/conversations/{letter.conversation_id}")
    assert "Ne semble pas vous concerner" in words(conversation)


def test_a_document_that_names_nobody_asks_to_check(client, world):
    letter = received(world, cda(section("A", "a"), ins=""), "document.xml")
    assert "vérifiez qu'il vous concerne" in words(client.get(address(letter) + "/document"))


@pytest.mark.parametrize("content", [xdm(b"<ClinicalDocument"), xdm(cda(section("A", "a")))[:-40]])
def test_what_cannot_be_shown_says_so_and_can_be_downloaded(client, world, content):
    letter = received(world, content)
    (attachment,) = letter.attachments
    world.store.put("messages", replace(letter, attachments=(replace(attachment, reads="xdm"),)))
    page = words(client.get(address(letter) + "/document"))
    assert "Ce document ne peut pas être affiché" in page and f'href="{address(letter)}/fichier"' in page


def test_markup_in_a_document_is_only_words(client, world):
    evil = "&lt;script&gt;alert(1)&lt;/script&gt;"
    document = cda(section(f"T{evil}", f"<paragraph>{evil}</paragraph>" + TABLE.replace("CRP", evil)), title=evil)
    page = client.get(address(received(world, document, "d.xml")) + "/document").text
    assert "<script>alert" not in page and page.count("&lt;script&gt;alert(1)") >= 4


def test_what_is_only_coded_is_shown_too(client, world):
    page = words(client.get(address(received(world, cda(section("B", entries=MEASURE)), "d.xml")) + "/document"))
    assert "4,2 mg/L" in page and "≤ 5 mg/L" in page


def test_a_file_that_is_no_document_has_no_such_page(client, world):
    letter = world.letter(attachments=(world.file("a.pdf", PDF),))
    assert client.get(address(letter) + "/document").status_code == 404


def test_another_patient_s_document_is_not_found(client, world, as_other):
    letter = received(world, xdm(cda(section("A", "a"))))
    as_other()
    assert client.get(address(letter) + "/document").status_code == 404
    assert world.store.audited[-1]["outcome"] == "refused"
