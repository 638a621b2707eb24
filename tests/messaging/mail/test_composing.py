"""A reply as any mail program reads it: threaded, text and HTML, files byte for byte, always the same."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chassis.ids import new_id
from messaging.composing import Letterhead, Sender, compose
from messaging.domain.model import Attachment, Message, MessageKind, Party

REPLY_ID = new_id()
INAYA = Sender("Inaya", "Michel", "288056938312340@patient.mssante.fr")
LETTERHEAD = Letterhead(product="Pli")
REPLY = Message(
    id=REPLY_ID,
    patient_id=new_id(),
    conversation_id=new_id(),
    kind=MessageKind.REPLY,
    sender=Party(name="Inaya Michel", address=INAYA.address),
    recipients=(
        Party(name="Christelle Thomas", address="christelle@chu.mssante.fr"),
        Party(name="Dr Éloïse d'Hôtel, secrétariat", address="eloise@chu.mssante.fr"),
    ),
    at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    subject="Préparation de votre rendez-vous",
    text="Bonjour Christelle,\n\nJ'espère que vous allez bien <3 & à bientôt.\n.\nInaya",
    message_id=f"<{REPLY_ID}@patient.mssante.fr>",
    references=tuple(f"<{number}-{'x' * 60}@chu.mssante.fr>" for number in range(12)),
    traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
)


def attachment(name: str, content: bytes) -> Attachment:
    digest = hashlib.sha256(content).hexdigest()
    return Attachment(
        id=new_id(), filename=name, media_type="application/pdf", size=len(content), sha256=digest, object_key=name
    )


async def composed(reply: Message, contents: dict[str, bytes] | None = None, block: int = 1000) -> bytes:
    async def bytes_of(one: Attachment) -> AsyncIterator[bytes]:
        content = (contents or {})[one.object_key]
        for start in range(0, len(content), block):
            yield content[start : start + block]

    return b"".join([chunk async for chunk in compose(reply, INAYA, LETTERHEAD, bytes_of)])


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_a_reply_says_from_whom_to_whom_and_what_it_answers() -> None:
    mail = parsed(await composed(REPLY))
    assert str(mail["From"]) == "Inaya MICHEL <288056938312340@patient.mssante.fr>"
    assert [(one.display_name, one.addr_spec) for one in mail["To"].addresses] == [
        (party.name, party.address) for party in REPLY.recipients
    ]
    assert mail["Subject"] == "Re: Préparation de votre rendez-vous"
    assert str(mail["Message-ID"]).strip() == REPLY.message_id
    assert str(mail["In-Reply-To"]).split() == [REPLY.references[-1]]
    assert str(mail["References"]).split() == list(REPLY.references)
    assert (mail["X-MSS-INS"], mail["X-MSS-NIL"], mail["X-Pli-Trace"]) == ("O", "Pli", REPLY.traceparent)
    assert mail["Date"].datetime == REPLY.at


async def test_a_long_accented_name_is_split_between_encoded_words_and_reads_whole() -> None:
    name = "Secrétariat du service de gynécologie obstétrique des hôpitaux universitaires d'Île-de-France"
    reply = replace(REPLY, recipients=(Party(name=name, address="a@chu.mssante.fr"),))
    raw = message_from_bytes(await composed(reply), policy=policy.compat32)["To"]
    assert str(make_header(decode_header(raw.replace("\r\n", "").partition("<")[0]))).strip() == name


async def test_text_and_html_say_the_same_and_html_is_escaped() -> None:
    mail = parsed(await composed(REPLY))
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and plain.get_content().replace("\r\n", "\n").rstrip("\n") == REPLY.text
    assert html is not None and "&lt;3 &amp; à bientôt.<br>" in html.get_content()


@pytest.mark.parametrize(
    "name",
    [
        "simple.pdf",
        "été.pdf",
        'a "b".pdf',
        "Mon été à l'hôpital " + "é" * 60 + ".pdf",
        "x" * 150 + ".pdf",
        "100% sûr;.pdf",
        "日本語.pdf",
    ],
)
async def test_a_file_leaves_with_its_name_and_every_byte(name: str) -> None:
    content = bytes(range(256)) * 400
    mail = parsed(await composed(replace(REPLY, attachments=(attachment(name, content),)), {name: content}))
    (part,) = mail.iter_attachments()
    assert part.get_filename() == name
    assert part.get_payload(decode=True) == content


@settings(max_examples=25, deadline=None)
@given(sizes=st.lists(st.integers(0, 70_000), max_size=3), block=st.integers(1_000, 40_000))
async def test_files_of_any_size_in_blocks_of_any_size_arrive_whole(sizes: list[int], block: int) -> None:
    contents = {f"{number}.pdf": b"\r\n.ab" * (size // 5) + b"x" * (size % 5) for number, size in enumerate(sizes)}
    reply = replace(REPLY, attachments=tuple(attachment(name, data) for name, data in contents.items()))
    mail = parsed(await composed(reply, contents, block))
    assert {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()} == contents


async def test_composing_twice_gives_the_same_bytes_in_lines_that_smtp_takes() -> None:
    reply = replace(REPLY, attachments=(attachment("a.pdf", b"x" * 5000),))
    first = await composed(reply, {"a.pdf": b"x" * 5000})
    assert first == await composed(reply, {"a.pdf": b"x" * 5000}, block=77)
    assert all(len(line) <= 998 and b"\n" not in line and line.isascii() for line in first.split(b"\r\n"))


@pytest.mark.parametrize("name", ["a\r\nBcc: x@y.fr", 'a" <x@y.fr>, "b', "=?utf-8?q?x?=", "a\\"])
async def test_a_name_cannot_add_a_header_or_a_recipient(name: str) -> None:
    sender = Party(name=" ".join(name.split()), address="a@chu.mssante.fr")
    mail = parsed(await composed(replace(REPLY, recipients=(sender,))))
    assert mail["Bcc"] is None and len(mail["To"].addresses) == 1
