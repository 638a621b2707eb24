"""Nothing of a letter is lost: every byte of every part is shown, a file, or declared as something else."""

import base64
import quopri
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.letters import read_letter
from messaging.letters.found import Fate, Found
from messaging.letters.parts import walk
from messaging.letters.policy import BOUNDED
from tests.messaging.corpus import HEAD, LETTERS, message
from tests.messaging.outlook import winmail

OTHERWISE = {"a nested message in base64", "words called base64"}
"""Where the standard library decodes what we see is to be read otherwise."""
ID = "01990000-0000-7000-8000-000000000000"
_words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60)


class Leaf:
    """A part without parts: its decoded bytes, and the words or the file that must be found again."""

    def __init__(self, kind: str, content: bytes, encoding: str, name: str) -> None:
        self.kind, self.content, self.encoding, self.name = kind, content, encoding, name

    def mime(self, path: str) -> bytes:
        head = f"Content-Type: {self.kind}{'; charset=utf-8' if self.kind.startswith('text') else ''}\r\n"
        if self.name:
            head += f'Content-Disposition: attachment; filename="{self.name}"\r\n'
        return f"{head}Content-Transfer-Encoding: {self.encoding}\r\n\r\n".encode() + self._encoded()

    def _encoded(self) -> bytes:
        if self.encoding == "base64":
            return base64.encodebytes(self.content).replace(b"\n", b"\r\n")
        return quopri.encodestring(self.content).replace(b"\n", b"\r\n").replace(b"\r\r", b"\r")


class Tree:
    """A multipart."""

    def __init__(self, kind: str, parts: list[Any]) -> None:
        self.kind, self.parts = kind, parts

    def mime(self, path: str) -> bytes:
        inner = b"".join(
            f"--b{path}\r\n".encode() + part.mime(f"{path}.{number}") + b"\r\n"
            for number, part in enumerate(self.parts)
        )
        return f'Content-Type: multipart/{self.kind}; boundary="b{path}"\r\n\r\n'.encode() + inner + (
            f"--b{path}--\r\n".encode()
        )  # fmt: skip


_text = st.builds(
    lambda kind, words, mark, encoding: Leaf(kind, f"{words} jeton{mark}".encode(), encoding, ""),
    st.sampled_from(["text/plain", "text/html"]),
    _words.filter(lambda words: not set(words) & set("<>&")),
    st.integers(0, 10**9),
    st.sampled_from(["base64", "quoted-printable"]),
)
_file = st.builds(
    lambda kind, content, name: Leaf(kind, content, "base64", name),
    st.sampled_from(["application/pdf", "application/octet-stream", "image/png", "text/plain", "text/csv", "a/b"]),
    st.binary(min_size=1, max_size=200),
    st.sampled_from(["a.pdf", "b.bin", "scan.png", "notes.txt"]),
)
_trees = st.recursive(
    st.one_of(_text, _file),
    lambda inner: st.builds(
        Tree,
        st.sampled_from(["mixed", "related", "alternative", "x-other"]),
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=14,
)


def leaves(tree: Any) -> Iterator[Leaf]:
    if isinstance(tree, Leaf):
        yield tree
        return
    for part in tree.parts:
        yield from leaves(part)


def decoded(message: "Message[str, str]") -> int:
    """What the standard library finds in the leaves of a letter, its attached messages whole."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        return sum(decoded(part) for part in message.get_payload())  # type: ignore[arg-type, misc]
    if message.is_multipart():
        return sum(len(part.as_bytes()) for part in message.get_payload())  # type: ignore[union-attr, misc]
    payload = message.get_payload(decode=True)
    return len(payload) if isinstance(payload, bytes) else 0


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_trees)
def test_the_bytes_of_what_is_shown_and_kept_are_those_of_the_letter(tree: Any) -> None:
    raw = HEAD + b"MIME-Version: 1.0\r\n" + tree.mime("0")
    message = message_from_bytes(raw, policy=BOUNDED)
    found = walk(message, Found())
    assert sum(found.bytes_by_fate.values()) == decoded(message)
    assert not found.incomplete and set(found.bytes_by_fate) <= {Fate.SHOWN, Fate.FILE, Fate.OTHER_VERSION}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_trees)
def test_every_word_can_be_read_and_every_file_is_what_was_sent(tree: Any) -> None:
    letter = read_letter(HEAD + b"MIME-Version: 1.0\r\n" + tree.mime("0"), ID)
    reached = letter.html or letter.text
    reached += letter.text if letter.text_differs else ""
    files = [part.content for part in letter.parts]
    for leaf in leaves(tree):
        if leaf.name:
            assert leaf.content in files
            files.remove(leaf.content)
        else:
            assert leaf.content.decode().rpartition(" ")[2] in reached
    assert files == []


def test_a_plain_version_beside_html_is_counted_as_the_other_version() -> None:
    both = Tree(
        "alternative", [Leaf("text/plain", b"Bonjour", "base64", ""), Leaf("text/html", b"<p>x", "base64", "")]
    )
    plain = Leaf("text/plain", b"PS", "base64", "")
    raw = HEAD + b"MIME-Version: 1.0\r\n" + Tree("mixed", [both, plain]).mime("0")
    found = walk(message_from_bytes(raw, policy=BOUNDED), Found())
    assert found.bytes_by_fate == {Fate.OTHER_VERSION: 7, Fate.SHOWN: 6}


@pytest.mark.parametrize("name", LETTERS)
def test_of_each_odd_letter_every_byte_is_accounted_for(name: str) -> None:
    message = message_from_bytes(LETTERS[name], policy=BOUNDED)
    found = walk(message, Found())
    enclosed = decoded(message_from_bytes(_enclosed(LETTERS[name]), policy=BOUNDED)) if "opaque" in name else 0
    if name not in OTHERWISE:
        assert sum(found.bytes_by_fate.values()) == decoded(message) + enclosed
    letter = read_letter(LETTERS[name], ID)
    assert letter.text or letter.html or letter.parts or not decoded(message)


def _enclosed(raw: bytes) -> bytes:
    from messaging.letters.signatures import opaque

    opened = opaque(message_from_bytes(raw).get_payload(decode=True))  # type: ignore[arg-type]
    assert opened is not None
    return opened[0]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["a.pdf", "é.txt", "b"]), st.binary(min_size=1, max_size=80)), max_size=5)
)
def test_every_file_of_a_winmail_dat_is_what_was_packed(files: list[tuple[str, bytes]]) -> None:
    head = HEAD + b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    letter = read_letter(head + base64.encodebytes(winmail(*files, text="mot")), ID)
    assert letter.text == "mot" and [part.content for part in letter.parts] == [content for _, content in files]


def test_an_attached_message_is_kept_as_it_came() -> None:
    inner = message()
    raw = HEAD + b'Content-Type: multipart/mixed; boundary="z"\r\n\r\n--z\r\nContent-Type: message/rfc822\r\n\r\n'
    letter = read_letter(raw + inner + b"\r\n--z--\r\n", ID)
    assert letter.parts[0].content.replace(b"\r\n", b"\n").strip() == inner.replace(b"\r\n", b"\n").strip()
