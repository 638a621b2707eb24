"""The message that a letter becomes: who is named in it, where answers and receipts may go."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.domain.addresses import Domains
from messaging.domain.letter import Filed, Letter, Mailer, Service, message_from
from messaging.domain.model import Message, Patient

SERVICE = Service("Mon espace santé", Domains(frozenset({"chu.mssante.fr"}), "patient.mssante.fr"))
OWN = "288077505600121@patient.mssante.fr"
INAYA = Patient(
    id="p", revision=1, status="active", given_name="Inaya", family_name="Michel", ins="288077505600121",
    mailbox_address=OWN,
)  # fmt: skip
SENDER = Mailer("Dr_Marie_MARTIN_Cabinet Medical", "marie@chu.mssante.fr")


def message(envelope_sender: str = "marie@chu.mssante.fr", **fields: Any) -> Message:
    letter = Letter(**({"sender": SENDER} | fields))
    filed = Filed(
        message_id="m", at=datetime(2026, 6, 9, tzinfo=UTC), envelope_sender=envelope_sender, size=1, raw_key="r"
    )
    return message_from(letter, filed, INAYA, SERVICE)


_addresses = st.sampled_from(
    [
        OWN,
        OWN.upper(),
        "190017505600132@patient.mssante.fr",
        "190017505600132+x@PATIENT.mssante.fr",
        "marie@chu.mssante.fr",
        "paul@chu.mssante.fr",
        "someone@gmail.com",
    ]
)


@settings(deadline=None)
@given(
    st.lists(st.builds(Mailer, st.sampled_from(["", "Paul", "Léo Martin"]), _addresses.map(str.lower)), max_size=9)
)
def test_a_patient_never_sees_another_patient(recipients: list[Mailer]) -> None:
    shown = message(recipients=tuple(recipients)).recipients
    assert shown[0] == INAYA.party
    assert all(not SERVICE.domains.is_patient(party.address) for party in shown[1:])
    assert len({party.address for party in shown}) == len(shown)
    assert all("@" not in party.name and party.name for party in shown)


def test_a_name_made_for_machines_is_cleaned() -> None:
    assert message().sender.name == "Dr Marie MARTIN Cabinet Medical"


@settings(deadline=None)
@given(_addresses.map(str.lower))
def test_answers_go_where_the_sender_asks_only_to_a_listed_professional(asked: str) -> None:
    made = message(reply_to=(asked,))
    if asked == "paul@chu.mssante.fr":
        assert (made.reply_to, made.reply_to_ignored) == (asked, None)
    elif asked == SENDER.address:
        assert (made.reply_to, made.reply_to_ignored) == (None, None)
    else:
        assert (made.reply_to, made.reply_to_ignored) == (None, asked)


@pytest.mark.parametrize(
    ("asked", "goes", "ignored"),
    [
        (("paul@chu.mssante.fr", "someone@gmail.com"), "paul@chu.mssante.fr", "someone@gmail.com"),
        (("marie@chu.mssante.fr", "someone@gmail.com"), None, "someone@gmail.com"),
        (("someone@gmail.com", "paul@chu.mssante.fr"), None, "someone@gmail.com"),
        (("paul@chu.mssante.fr", "lea@chu.mssante.fr"), "paul@chu.mssante.fr", None),
        (("au secrétariat",), None, "au secrétariat"),
        ((OWN,), None, OWN),
        ((), None, None),
    ],
)
def test_of_several_addresses_to_answer_the_first_counts_and_none_is_ignored_silently(
    asked: tuple[str, ...], goes: str | None, ignored: str | None
) -> None:
    made = message(reply_to=asked)
    assert (made.reply_to, made.reply_to_ignored) == (goes, ignored)


@settings(deadline=None)
@given(_addresses, _addresses, st.booleans())
def test_a_receipt_goes_to_the_envelopes_sender_alone_and_never_to_a_program(
    asked: str, envelope: str, auto_reply: bool
) -> None:
    made = message(envelope, receipt_to=asked.lower(), auto_reply=auto_reply)
    same = asked.lower() == envelope.lower()
    assert made.receipt_to == (asked.lower() if same and not auto_reply else None)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Hôpital de la Colline", "Hôpital de la Colline"),
        ("  Cabinet\r\n du Parc ", "Cabinet du Parc"),
        ("secretariat@chu.mssante.fr", ""),
        ("Cabinet Medical", ""),
        ("", ""),
        ("x" * 500, "x" * 119 + "…"),
    ],
)
def test_where_the_sender_works_is_shown_unless_the_name_says_so(said: str, shown: str) -> None:
    sender = Mailer("Dr Marie MARTIN Cabinet Medical", "marie@chu.mssante.fr")
    assert message(sender=sender, organisation=said).organisation == shown


def test_a_message_keeps_that_its_plain_version_says_more() -> None:
    assert message(text_differs=True).text_differs and not message().text_differs
