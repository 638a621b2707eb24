"""The patient's copy of a letter shows no other patient's address in its header block."""

import pytest

from tests.messaging.mail.copying import OWN, copy

OTHER = "175027511500443@patient.mssante.fr"


def test_a_letter_to_one_patient_is_given_as_it_came() -> None:
    raw = f"From: a@chu.mssante.fr\r\nTo: {OWN}\r\nSubject: =?utf-8?q?=C3=A9?=\r\n b\r\n\r\nBonjour\r\n".encode()
    assert copy(raw) == raw


@pytest.mark.parametrize(
    "header",
    [
        f"To: Inaya <{OWN}>, Paul Durand <{OTHER}>",
        f"Cc: <{OTHER.upper()}>",
        f"Received: from x by y\r\n for <{OTHER}>; Mon, 1 Jun 2026",
        f"X-Original-To: {OTHER}",
        f"Subject: pour {OTHER}",
        f"To: =?utf-8?q?{OTHER.replace('@', '=40')}?= <x@chu.mssante.fr>",
        f"X-Note: =?utf-8?q?{OTHER.replace('@', '=40')}?=",
        f"To: a@chu.mssante.fr,\r\n\t{OTHER}",
    ],
)
def test_another_patients_address_is_masked_wherever_it_stands(header: str) -> None:
    masked = copy(f"From: a@chu.mssante.fr\r\n{header}\r\n\r\nBonjour".encode())
    block, _, body = masked.partition(b"\r\n\r\n")
    assert OTHER.encode() not in block.lower() and OTHER.partition("@")[0].encode() not in block
    assert "patient masqué" in block.decode() and body == b"Bonjour"


def test_the_masked_patients_name_goes_with_the_address() -> None:
    assert b"Durand" not in copy(f"To: Inaya <{OWN}>, Paul Durand <{OTHER}>\r\n\r\n".encode())
    assert OWN.encode() in copy(f"To: Inaya <{OWN}>, Paul Durand <{OTHER}>\r\n\r\n".encode())


def test_a_header_block_that_cannot_be_delimited_is_withheld_and_the_body_given() -> None:
    assert copy(f"From: a@chu.mssante.fr\r\nno header {OTHER}\r\n\r\nBonjour".encode()) == b"Bonjour"
    assert copy(f"From: {OTHER}".encode()) == b""


def test_an_address_beyond_ascii_does_not_keep_a_letter_from_its_patient() -> None:
    raw = f"From: a@chu.mssante.fr\r\nTo: x <é@chu.mssante.fr>, {OTHER}\r\n\r\nBonjour".encode()
    assert OTHER.encode() not in copy(raw) and "é@chu.mssante.fr".encode() in copy(raw)
