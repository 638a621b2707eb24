"""What we sign is verified by somebody else's library, and nothing can be added to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from messaging.composing import Letterhead, compose
from messaging.domain.model import Party
from messaging.receipts import compose_receipt
from messaging.signing import BodyHash, Seal
from tests.messaging.mail.test_composing import INAYA, REPLY, attachment

DOMAIN = "patient.mssante.fr"
SEAL = Seal(rsa.generate_private_key(65537, 2048), "pli", DOMAIN)
LETTERS = st.characters(codec="utf-8")
LETTERHEAD = Letterhead(product="Pli", seal=SEAL)


def verified(raw: bytes) -> bool:
    """By dkimpy, from the DNS record that we would publish."""
    name, record = SEAL.record
    return bool(dkim.verify(raw, dnsfunc=lambda asked, timeout=5: record.encode() if name in str(asked) else b""))


async def signed(reply=REPLY, contents=None) -> bytes:
    async def bytes_of(one) -> AsyncIterator[bytes]:
        yield (contents or {})[one.object_key]

    return b"".join([block async for block in compose(reply, INAYA, LETTERHEAD, bytes_of)])


async def test_a_reply_with_a_file_verifies() -> None:
    content = bytes(range(256)) * 300
    raw = await signed(replace(REPLY, attachments=(attachment("été.pdf", content),)), {"été.pdf": content})
    assert raw.startswith(b"DKIM-Signature: v=1; a=rsa-sha256;")
    assert verified(raw)


async def test_a_receipt_verifies() -> None:
    raw = compose_receipt(
        REPLY, Party(name="Dr", address="a@chu.mssante.fr"), INAYA, LETTERHEAD, receipt_id="id", at=REPLY.at
    )
    assert verified(raw)


@settings(max_examples=40, deadline=None)
@given(text=st.text(LETTERS, max_size=300), subject=st.text(LETTERS, max_size=120))
async def test_whatever_is_written_verifies(text: str, subject: str) -> None:
    assert verified(await signed(replace(REPLY, text=text, subject=subject)))


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"Inaya", b"Anaya", 1),
        lambda raw: raw.replace(b"bient", b"tient", 1),
        lambda raw: b"From: other@chu.mssante.fr\r\n" + raw,
        lambda raw: b"Subject: other\r\n" + raw,
        lambda raw: raw + b"more\r\n",
    ],
)
async def test_what_is_changed_or_added_on_the_way_is_noticed(change) -> None:
    assert not verified(change(await signed()))


async def test_the_same_reply_is_signed_the_same_twice() -> None:
    assert await signed() == await signed()


@given(st.lists(st.sampled_from([b"a", b"\r\n", b"b c", b"\r", b"\n", b""]), max_size=12), st.data())
def test_the_hash_of_a_body_does_not_depend_on_how_it_is_cut(pieces, data) -> None:
    whole = b"".join(pieces)
    cut = data.draw(st.integers(0, len(whole)))
    one, other = BodyHash(), BodyHash()
    one.feed(whole)
    other.feed(whole[:cut])
    other.feed(whole[cut:])
    assert one.digest() == other.digest()


def test_a_key_of_another_kind_is_refused_at_the_start(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "key.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    with pytest.raises(ValueError, match="RSA"):
        Seal.read(path, "pli", DOMAIN)


def test_the_record_to_publish_is_told() -> None:
    name, record = SEAL.record
    assert name == "pli._domainkey.patient.mssante.fr"
    assert record.startswith("v=DKIM1; k=rsa; p=MII")
