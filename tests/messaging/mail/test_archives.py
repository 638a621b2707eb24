"""Archives of structured documents are opened without trust."""

import tracemalloc

import pytest

from messaging.letters.structured import Reads, read_structured
from messaging.letters.structured.archive import MOST_MEMBER
from tests.messaging.structured import archive, cda, metadata, section, xdm


def bomb(size: int) -> bytes:
    return archive({"IHE_XDM/SUBSET01/METADATA.XML": metadata("DOC.XML"), "IHE_XDM/SUBSET01/DOC.XML": b"0" * size})


@pytest.mark.parametrize(
    "content",
    [
        bomb(MOST_MEMBER + 1),
        bomb(5_000_000),
        xdm(cda(section("A", "a")))[:-30],
        b"PK\x03\x04METADATA.XML",
        b"PK\x05\x06" + b"\xff" * 18 + b"METADATA.XML",
        archive({"METADATA.XML": b"", "a.zip": archive({"METADATA.XML": b""})}),
    ],
)
def test_an_archive_that_is_hostile_or_broken_gives_nothing_to_show(content: bytes) -> None:
    tracemalloc.start()
    structured = read_structured(content, Reads.XDM, "IHE_XDM.zip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120_000_000
    assert not any(document.readable for document in structured.documents)


@pytest.mark.parametrize("name", ["", "..", "./"])
def test_a_member_without_a_name_gets_one_and_hides_no_other(name: str) -> None:
    folder = "IHE_XDM/SUBSET01"
    shown = {f"{folder}/METADATA.XML": metadata("DOC.XML"), f"{folder}/DOC.XML": cda(section("A", "mots"))}
    structured = read_structured(archive({name: b"x", **shown}), Reads.XDM, "IHE_XDM.zip")
    assert [document.readable for document in structured.documents] == [True]
    assert structured.others == (() if name == "./" else ("Pièce jointe 1",))


def test_an_encrypted_member_cannot_be_shown() -> None:
    content = bytearray(xdm(cda(section("A", "a"))))
    start = 0
    while (start := content.find(b"PK\x01\x02", start + 1)) >= 0:
        content[start + 8] |= 1
    assert not any(document.readable for document in read_structured(bytes(content), Reads.XDM, "x").documents)
