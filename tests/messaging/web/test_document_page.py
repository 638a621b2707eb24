"""What a patient reads of a structured document, and what is told when it isn't theirs or can't be shown."""

import pytest
from msgspec.structs import replace

from messaging.domain.letter import attachment_from
from messaging.letters import read_letter
from tests.messaging.corpus import LETTERS
from tests.messaging.mail.test_structured import MEASURE
from tests.messaging.people import INAYA_ID
from tests.messaging.structured import OTHER_INS, PDF, PNG, cda, file_body, media, section, xdm
from tests.messaging.web.conftest import words


def received(world, content, filename="IHE_XDM.zip"):
    """A letter with this file, filed as the worker files it."""
    return filed(world, attached(content, filename))


def attached(content, filename):
    return (
        b"From: a@chu.mssante.fr\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nBonjour\r\n--b\r\n"
        b'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="'
        + filename.encode() + b'"\r\nContent-Transfer-Encoding: binary\r\n\r\n' + content + b"\r\n--b--\r\n"
    )  # fmt: skip


def filed(world, raw):
    patient = world.store.kept["patients"][INAYA_ID]
    read, attachments = read_letter(raw, INAYA_ID), []
    for part in read.parts:
        key = f"letters/{part.id}"
        world.objects.kept[key] = part.content
        sizes = {"size": len(part.content), "sha256": "0" * 64}
        attachments.append(attachment_from(part, patient, object_key=key, **sizes))
    said = {"text": read.text, "invitations": read.invitations, "signature": read.signature}
    return world.letter(attachments=tuple(attachments), **said)


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
    assert "dans IHE_XDM.zip" in conversation(client, letter)


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


def test_a_file_inside_a_document_about_someone_else_is_warned_of_too(client, world):
    letter = received(world, xdm(cda(body=file_body(PDF), ins=OTHER_INS)))
    assert letter.attachments[1].about_someone_else
    assert "ne semble pas être le vôtre" in words(client.get(address(letter, 1)))


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


def conversation(client, letter):
    return words(client.get(f"/messagerie/conversations/{letter.conversation_id}"))


def test_an_attached_message_is_read_with_its_files(client, world):
    letter = filed(world, LETTERS["a nested message"])
    page = words(client.get(address(letter) + "/document"))
    assert "Réponse du labo" in page and "Vos résultats sont arrivés." in page
    assert "labo@chu.mssante.fr" not in page and f'href="{address(letter, 1)}"' in page


def test_an_attached_message_of_another_patient_names_nobody_and_one_s_own_oneself(client, world):
    def shown(sender):
        nested = LETTERS["a nested message"].replace(b"Labo <labo@chu.mssante.fr>", sender.encode())
        return words(client.get(address(filed(world, nested)) + "/document"))

    other, own = "175027511500443@patient.mssante.fr", world.inaya.mailbox_address
    for sender in (f"Paul Martin <{other}>", other, other.upper()):
        page = shown(sender)
        assert "Message transmis par" in page and "Paul Martin" not in page and "175027511500443" not in page
    assert "Message de Inaya Michel, transmis par" in shown(f"Inaya Michel <{own}>")


def test_an_invitation_is_told_on_the_patient_s_clock_and_can_be_downloaded(client, world):
    page = conversation(client, filed(world, LETTERS["an invitation"]))
    for said in ("Invitation à un rendez-vous", "Consultation de contrôle", "jeudi 11 juin 2026 à 14:30", "15:00"):
        assert said in page
    assert "bâtiment B" in page and "Dr Paul Dupond" in page and "Invitation.ics" in page


def test_a_signature_never_vouches_for_anybody(client, world):
    page = conversation(client, filed(world, LETTERS["signed, detached"]))
    assert "Signé électroniquement (Dr Marie Martin), identité non vérifiée" in page
    changed = LETTERS["signed, detached"].replace(b"Bonjour", b"Bonsoir")
    assert "ce message a pu être modifié" in conversation(client, filed(world, changed))


@pytest.mark.parametrize(
    ("signer", "said"),
    [
        ("<suffix>PR</suffix><given>Zoé</given><family>ROY</family>", True),
        ("<suffix>DR</suffix><given>Paul</given><family>ANDRÉ</family>", False),
    ],
)
def test_who_signed_a_document_is_said_unless_it_is_its_author(client, world, signer, said):
    letter = received(world, xdm(cda(section("Conclusion", "Tout va bien"), signer=signer)))
    page = words(client.get(address(letter) + "/document"))
    assert ("Signé par" in page) is said
    assert ("Pr Zoé ROY" in page) is said
