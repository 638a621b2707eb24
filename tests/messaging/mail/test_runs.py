"""Setting runs of base64 aside changes nothing of what the parser makes of a letter."""

import base64
import random
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messaging.letters.policy import BOUNDED
from messaging.letters.runs import SHORTEST_RUN, parsed

RUN = base64.encodebytes(random.Random(7).randbytes(SHORTEST_RUN)).replace(b"\n", b"\r\n")
PIECES = [
    b"From: a@b.fr\r\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: multipart/alternative; boundary=c\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: message/delivery-status\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"\r\n",
    b"\n",
    b"--b\r\n",
    b"--b--\r\n",
    b"--c\r\n",
    b"--c--",
    b" folded\r\n",
    b"Bonjour\r\n",
    RUN,
    RUN.replace(b"\r\n", b"\n"),
    RUN[:-2],
    RUN + b"\r--b\r\n",
]


def tree(message: "Message[str, str]") -> list[Any]:
    return [
        (
            part.get_content_type(),
            part.items(),
            part.get_payload() if isinstance(part.get_payload(), str) else None,
            part.preamble,
            part.epilogue,
            [type(defect) for defect in part.defects],
        )
        for part in message.walk()
    ]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join))
@example(b"Content-Type: message/rfc822\r\n\r\n\r\n" + RUN)
@example(b"Content-Type: message/delivery-status\r\n\r\n" + RUN + b"\r\nFrom: a@b.fr\r\n")
def test_the_tree_is_the_same_whatever_the_letter(raw: bytes) -> None:
    assert tree(parsed(raw)) == tree(message_from_bytes(raw, policy=BOUNDED))


def test_a_letter_that_breaks_off_after_a_run_keeps_it() -> None:
    run = base64.encodebytes(random.Random(1).randbytes(20_000)).replace(b"\n", b"\r\n")
    raw = b"Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\n" + run
    (_, part) = parsed(raw).walk()
    assert part.get_payload() == run.decode().removesuffix("\r\n")


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_file_keeps_every_byte(end: bytes) -> None:
    file = random.Random(1).randbytes(150_001)
    raw = (
        (
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.encodebytes(file).rstrip(b"\n")
            + b"\r\n--b--\r\n"
        )
        .replace(b"\r\n", b"\n")
        .replace(b"\n", end)
    )
    (_, part) = parsed(raw).walk()
    assert part.get_payload(decode=True) == file
