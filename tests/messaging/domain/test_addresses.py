"""Whose mailbox an address is, and where replies may go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ins import is_valid
from messaging.domain.addresses import Domains, is_address, read_recipient

DOMAINS = Domains(frozenset({"chu.mssante.fr"}), "patient.mssante.fr")


def with_key(thirteen: str) -> str:
    """An invented number with its right key."""
    number = int(thirteen.replace("2A", "19").replace("2B", "18"))
    return f"{thirteen}{97 - number % 97:02d}"


@given(st.from_regex(r"[12][0-9]{12}", fullmatch=True))
def test_an_invented_number_with_its_right_key_is_an_ins(thirteen: str) -> None:
    assert is_valid(with_key(thirteen))


@given(st.from_regex(r"[12][0-9]{12}", fullmatch=True), st.integers(1, 96))
def test_a_number_with_another_key_is_none(thirteen: str, shift: int) -> None:
    right = int(with_key(thirteen)[13:])
    wrong = (right - 1 + shift) % 97 + 1
    assert not is_valid(f"{thirteen}{wrong:02d}")


@pytest.mark.parametrize("department", ["2A", "2B"])
def test_corsican_departments_count_as_nineteen_and_eighteen(department: str) -> None:
    assert is_valid(with_key(f"18805{department}123456"))


@pytest.mark.parametrize(
    "ins", ["", "1", "2" * 15, "289456789012345", "2894567890123-5", "x" * 15, "18805A1123456A1"]
)
def test_what_is_no_number_with_its_key_is_no_ins(ins: str) -> None:
    assert not is_valid(ins)


def test_a_recipient_is_found_in_any_letter_case_and_behind_a_sub_tag() -> None:
    ins = with_key("188052A123456".replace("2A", "2A"))
    found = read_recipient(f"{ins.lower()}+rdv@PATIENT.mssante.fr", "patient.mssante.fr")
    assert found is not None
    assert (found.ins, found.address) == (ins, f"{ins.lower()}@patient.mssante.fr")


@pytest.mark.parametrize("address", ["x@gmail.com", "@patient.mssante.fr", "", "123@patient.mssante.fr", "a@b@c"])
def test_any_other_address_is_no_patients(address: str) -> None:
    assert read_recipient(address, "patient.mssante.fr") is None


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("marie@chu.mssante.fr", True),
        ("marie@chu.mssante.fr.evil.org", False),
        ("1@patient.mssante.fr", False),
        ("marie@gmail.com", False),
        ("marie@chu.mssante.fr\r\nbcc: x@y.fr", False),
        ("<marie@chu.mssante.fr>", False),
        ("a@x@chu.mssante.fr", False),
    ],
)
def test_replies_go_to_listed_operators_only(address: str, may: bool) -> None:
    assert DOMAINS.may_be_answered(address) is may


@given(st.text(max_size=80))
def test_no_text_makes_the_address_rules_stumble(text: str) -> None:
    read_recipient(text, "patient.mssante.fr")
    assert not (is_address(text) and any(char in text for char in " \r\n<>"))
