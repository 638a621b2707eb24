"""How letters are spoiled: the same letter number and seed always give the same bytes."""

import random
import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO

from tests.messaging.corpus import LETTERS
from tests.messaging.mail.test_structured import DRUG, LAUGHS, MEASURE
from tests.messaging.structured import PNG, archive, cda, file_body, media, metadata, section, xdm

LONGEST = 150_000
"""Bytes of a spoiled letter: most hostility needs few; size is tested in test_bounds.py."""
CORPUS: Sequence[bytes] = tuple(LETTERS.values())
_FOLDER = "IHE_XDM/SUBSET01/"
_DOCUMENTS: Sequence[bytes] = (
    xdm(cda(section("A", "<table><tr><td>x</td></tr></table>", MEASURE + media("m", PNG, "image/png"), DRUG))),
    xdm(cda(body=file_body(b"%PDF-1.7 x")), cda(section("B", "<list><item>a</item></list>"))),
    cda(section("C", "mots", inner=section("D", entries=DRUG))),
    archive({f"{_FOLDER}METADATA.XML": metadata("DOC.XML"), f"{_FOLDER}DOC.XML": b"0" * 400_000}),
    LAUGHS + b'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>&j;</title></ClinicalDocument>',
)
_HEADERS: Sequence[bytes] = (
    b"From: =?utf-8?b?////?= <a@b.fr>",
    b"Subject: =?utf-7?q?+2AA-?= =?x?q?",
    b"To: ((((<<<>>>,;:",
    b'Content-Type: multipart/alternative; boundary="b"',
    b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="b"',
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    b"Content-Type: message/rfc822",
    b"Content-Type: message/delivery-status",
    b"Content-Type: text/html; charset=utf-7",
    b"Content-Type: text/plain; charset=idna; format=flowed; delsp=yes",
    b"Content-Type: text/calendar",
    b"Content-Type: application/ms-tnef",
    b"Content-Type: application/pkcs7-mime; smime-type=signed-data",
    b"Content-Type: application/zip; name=IHE_XDM.zip",
    b"Content-Type: ;;;=",
    b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Transfer-Encoding: x-uuencode",
    b"Content-Transfer-Encoding: 8bit",
    b"Content-Disposition: attachment; filename*0*=utf-8''%; filename*2=x",
    b"Content-Disposition: inline; filename=\"../../x\"",
    b"Content-ID: <" + b"i" * 300 + b">",
    b"Disposition-Notification-To: a@chu.mssante.fr, b@c.fr",
    b"Auto-Submitted: auto-replied",
    b"References: " + b"<a" * 200,
    b"X-MSS-MES: FIN",
    b"\x00\xff",
    b" folded",
    b"no colon",
)  # fmt: skip
_WORDS: Sequence[bytes] = (
    b"--b", b"--b--", b"\r\n\r\n", b"\n", b"\r", b"\0", b"=", b"=E9", b"begin 644 x\n#0V%T\n`\nend",
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260101T000000Z\r\nEND:VEVENT\r\n", b"RRULE:FREQ=SECONDLY",
    b"<table>" * 30, b"<p style='x:expression(1)'>", b"<img src=cid:i@x>", b"</html>", b"<![CDATA[", b"&#x0;",
    b"\x78\x9f\x3e\x22\x01\x00", b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", b"PK\x03\x04",
    b"\xff\xfe", b"\xef\xbb\xbf", b"\xe9" * 20, b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"multipart", b"boundary=",
)  # fmt: skip


def spoiled(seed: int, number: int) -> bytes:
    """Letter `number` of a run."""
    chance = random.Random(f"{seed}:{number}")
    letter = _with_document(chance) if chance.random() < 0.25 else chance.choice(CORPUS)
    for _ in range(chance.randint(1, 4)):
        letter = chance.choice(MUTATIONS)(letter, chance)
    return letter[:LONGEST]


def _with_document(chance: random.Random) -> bytes:
    """A letter whose document is spoiled before it is put in: its base64 stays whole."""
    document = chance.choice(_DOCUMENTS)
    for _ in range(chance.randint(1, 3)):
        document = chance.choice((flip, cut, splice_word, repeat, repack))(document, chance)
    import base64

    return (
        b"From: a@chu.mssante.fr\r\nContent-Type: application/zip; name=IHE_XDM.zip\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(document[:LONGEST])
    )


def flip(data: bytes, chance: random.Random) -> bytes:
    """Other bytes in a few places."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 20)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    """Broken off, or without its beginning."""
    at = chance.randrange(len(data) + 1)
    return data[:at] if chance.random() < 0.8 else data[at:]


def splice_word(data: bytes, chance: random.Random) -> bytes:
    """A piece with a meaning, anywhere."""
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_WORDS) + data[at:]


def splice_header(data: bytes, chance: random.Random) -> bytes:
    """A header line in front of some line."""
    lines = data.split(b"\r\n")
    lines.insert(chance.randrange(min(len(lines), 40) + 1), chance.choice(_HEADERS))
    return b"\r\n".join(lines)


def repeat(data: bytes, chance: random.Random) -> bytes:
    """A stretch many times over."""
    at = chance.randrange(len(data) + 1)
    stretch = data[at : at + chance.randint(1, 200)]
    times = chance.choice((2, 10, 100, 1_000))
    return data[:at] + (stretch * times)[:LONGEST] + data[at:]


def boundaries(data: bytes, chance: random.Random) -> bytes:
    """Boundaries closed, renamed or multiplied."""
    old, new = chance.choice(
        ((b"--b--", b"--b"), (b"--b", b"--b--"), (b'"b"', b'"c"'), (b"--b\r\n", b"--b \r\n--b\r\n"))
    )
    return data.replace(old, new, chance.randint(1, 5))


def encodings(data: bytes, chance: random.Random) -> bytes:
    """What a part says of itself, exchanged."""
    pairs = (
        (b"base64", b"quoted-printable"), (b"8bit", b"base64"), (b"utf-8", b"utf-16"),
        (b"text/plain", b"text/html"), (b"application/octet-stream", b"message/rfc822"),
        (b"multipart/mixed", b"multipart/alternative"),
        (b"text/html", b"text/calendar"), (b"application/ms-tnef", b"application/pkcs7-mime"), (b"\r\n", b"\n"),
    )  # fmt: skip
    old, new = chance.choice(pairs)
    return data.replace(old, new) if chance.random() < 0.5 else data.replace(new, old)


def wrap(data: bytes, chance: random.Random) -> bytes:
    """The whole as an attached message, perhaps deeper."""
    for _ in range(chance.choice((1, 1, 2, 30))):
        data = b"From: a@chu.mssante.fr\r\nContent-Type: message/rfc822\r\n\r\n" + data
    return data


def marry(data: bytes, chance: random.Random) -> bytes:
    """The head of one letter on the body of another."""
    other = chance.choice(CORPUS)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def repack(data: bytes, chance: random.Random) -> bytes:
    """An archive with its members spoiled, its names changed, and packed anew."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive_:
            members = {name: archive_.read(name) for name in archive_.namelist()}
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, NotImplementedError, EOFError):
        return flip(data, chance)
    except Exception:  # a member so spoiled that the library stumbles over it
        return flip(data, chance)
    name = chance.choice(list(members)) if members else ""
    if name:
        members[name] = chance.choice((flip, cut, splice_word, repeat))(members[name], chance)
        if chance.random() < 0.3:
            members[chance.choice(("../../etc/passwd", "/" + name, name.upper(), name * 30))] = members[name]
    return archive(members)


MUTATIONS: Sequence[Callable[[bytes, random.Random], bytes]] = (
    flip, flip, cut, splice_word, splice_word, splice_header, splice_header, splice_header, repeat, boundaries,
    encodings, encodings, wrap, marry,
)  # fmt: skip
