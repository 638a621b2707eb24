"""MAIL, RCPT and BDAT as senders write them: read leniently, refused clearly, never stumbled over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.door.commands import Refused, chunk_in, recipient_in, sender_in
from messaging.door.replies import with_status


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("FROM:<a@b.fr>", "a@b.fr"),
        ("from: <a@b.fr>", "a@b.fr"),
        ("FROM:a@b.fr", "a@b.fr"),
        ("FROM:<>", ""),
        ("FROM:<> SIZE=12", ""),
        ('FROM:<"a b>c"@b.fr>', '"a b>c"@b.fr'),
        ("FROM:<@relay.fr,@other.fr:a@b.fr>", "a@b.fr"),
        ("FROM:< a@b.fr >", "a@b.fr"),
    ],
)
def test_senders_are_read_as_they_are_written(argument: str, address: str) -> None:
    assert sender_in(argument).text == address


def test_dsn_parameters_are_taken_and_left_alone() -> None:
    found = sender_in("FROM:<a@b.fr> BODY=8BITMIME smtputf8 SIZE=10 RET=HDRS ENVID=x+20y")
    assert found.parameters["SIZE"] == "10"
    assert recipient_in("TO:<a@b.fr> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@b.fr").text == "a@b.fr"


@pytest.mark.parametrize(
    ("argument", "reply"),
    [
        (None, "501 5.5.4"),
        ("", "501 5.5.4"),
        ("FROM", "501 5.5.4"),
        ("FROM:", "501 5.5.4"),
        ("TO:<a@b.fr>", "501 5.5.4"),
        ("FROM:<a@b.fr", "553 5.1.7"),
        ("FROM:<<a@b.fr>>", "553 5.1.7"),
        ("FROM:<a@b.fr>x", "553 5.1.7"),
        ("FROM:<a@b.fr\r>", "553 5.1.7"),
        ("FROM:<a\x00@b.fr>", "553 5.1.7"),
        (f"FROM:<{'a' * 400}@b.fr>", "553 5.1.7"),
        ("FROM:<a@b.fr> SIZE=-1", "501 5.5.4"),
        ("FROM:<a@b.fr> SIZE=1 SIZE=2", "501 5.5.4"),
        ("FROM:<a@b.fr> BODY=BINARYMIME", "501 5.5.4"),
        ("FROM:<a@b.fr> SMTPUTF8=yes", "501 5.5.4"),
        ("FROM:<a@b.fr> AUTH=<>", "555 5.5.4"),
        ("FROM:<a@b.fr> XYZ", "555 5.5.4"),
    ],
)
def test_a_senseless_sender_hears_what_is_wrong(argument: str | None, reply: str) -> None:
    with pytest.raises(Refused) as refused:
        sender_in(argument)
    assert refused.value.reply.startswith(reply)


@pytest.mark.parametrize(
    ("argument", "chunk"), [("0 LAST", (0, True)), ("12", (12, False)), ("5 last", (5, True))]
)
def test_chunks_are_counted(argument: str, chunk: tuple[int, bool]) -> None:
    assert chunk_in(argument) == chunk


@pytest.mark.parametrize("argument", [None, "", "x", "0x10", "-1", "1 LAST x", "1LAST", "1.5", "²", "1" * 13])
def test_a_chunk_without_a_plain_count_is_refused(argument: str | None) -> None:
    with pytest.raises(Refused):
        chunk_in(argument)


@given(st.text(max_size=80))
def test_whatever_is_said_the_reading_ends_in_an_address_or_a_proper_reply(words: str) -> None:
    for read, keyword in ((sender_in, "FROM:"), (recipient_in, "TO:")):
        for argument in (words, keyword + words, f"{keyword}<{words}>"):
            try:
                found = read(argument)
            except Refused as refused:
                assert refused.reply[:3] in ("501", "553", "555")
            else:
                assert not any(character in found.text for character in "\r\n\0")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("500 Error: bad syntax", "500 5.5.2 Error: bad syntax"),
        ("250 OK", "250 2.0.0 OK"),
        ("221 Bye", "221 2.0.0 Bye"),
        ("451 4.3.0 Later", "451 4.3.0 Later"),
        ("354 Go on", "354 Go on"),
        ("220 door", "220 door"),
        ("452 Full", "452 4.0.0 Full"),
    ],
)
def test_every_reply_carries_its_status(said: str, heard: str) -> None:
    assert with_status(said) == heard
