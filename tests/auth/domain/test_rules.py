"""INS, activation codes, identifiers, passwords, masking, birth dates."""

import secrets
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.domain import activation, credentials, masking
from auth.domain.activation import Invitation
from auth.domain.births import read_date
from auth.domain.credentials import IdentifierFault, PasswordFault
from contracts import ins
from tests.auth.fakes import NOW, PATIENT


@given(st.from_regex(r"[12][0-9]{2}(0[1-9]|1[0-2])(2[AB]|[0-9]{2})[0-9]{6}", fullmatch=True))
def test_an_ins_with_its_own_key_is_valid_and_with_any_other_is_not(number):
    key = ins.key_of(number)
    assert ins.is_valid(number + key)
    assert not ins.is_valid(number + f"{int(key) % 97 + 1:02d}")


def test_corsican_departments_count_as_19_and_18():
    assert ins.key_of("1880520001002"[:5] + "2A" + "001002") == ins.key_of("1880519001002")
    assert ins.key_of("18805" + "2B" + "001002") == ins.key_of("1880518001002")


def test_the_published_example_of_the_key():
    assert ins.key_of("2550814168025") == "38"


@pytest.mark.parametrize("number", ["", "2550814168025", "255081416802539", "25508141680253A", "2550A14168025 38"])
def test_what_has_another_shape_or_key_is_no_ins(number):
    assert not ins.is_valid(number)


def test_spaces_in_a_typed_ins_do_not_matter():
    assert ins.is_valid(ins.normalised("2 55 08 14 168 025 38"))


def test_the_guides_own_numbers_fail_the_key():
    assert not ins.is_valid("289456789012345")


@given(st.integers())
def test_activation_codes_have_twelve_characters_that_cannot_be_confused(_):
    code = activation.new_code(secrets.choice)
    assert len(code) == 12
    assert not set(code) & set("0O1I")
    assert activation.read_code(activation.in_groups(code).lower()) == code


def test_activation_codes_are_printed_in_groups_of_four():
    assert activation.in_groups("ABCDEFGHJKLM") == "ABCD-EFGH-JKLM"


@pytest.mark.parametrize("typed", ["", "ABCD", "ABCD-EFGH-JKL0", "ABCD-EFGH-JKLMN", "é" * 12])
def test_what_can_be_no_activation_code_is_not_looked_up(typed):
    assert activation.read_code(typed) is None


INVITATION = Invitation(
    id="i",
    patient_id=PATIENT,
    birth_name="D'Arc-Lévêque",
    birth_date=date(1988, 5, 12),
    expires_at=NOW + timedelta(weeks=6),
)


@pytest.mark.parametrize("typed", ["d'arc-lévêque", "D’ARC LEVEQUE", " darc leveque "])
def test_a_birth_name_is_recognised_however_it_is_typed(typed):
    assert INVITATION.is_for(typed, date(1988, 5, 12))


def test_another_name_or_date_is_refused():
    assert not INVITATION.is_for("Darc", date(1988, 5, 12))
    assert not INVITATION.is_for("D'Arc-Lévêque", date(1988, 12, 5))


def test_an_invitation_is_open_for_six_weeks():
    assert INVITATION.is_open(NOW + timedelta(weeks=6) - timedelta(milliseconds=1))
    assert not INVITATION.is_open(NOW + timedelta(weeks=6))


@pytest.mark.parametrize(
    ("chosen", "fault"),
    [
        ("inaya.m1988", None),
        ("a" * 8, None),
        ("a" * 100, None),
        ("a" * 7, IdentifierFault.LENGTH),
        ("a" * 101, IdentifierFault.LENGTH),
        ("inaya michel", IdentifierFault.CHARACTERS),
        ("inaya.élise", IdentifierFault.CHARACTERS),
        ("inaya@exemple.fr", IdentifierFault.EMAIL),
        ("255081416802538", IdentifierFault.INS),
        ("2550814168025", IdentifierFault.INS),
    ],
)
def test_identifiers(chosen, fault):
    assert credentials.identifier_fault(chosen) is fault


def test_an_identifier_is_compared_trimmed_and_case_blind():
    assert credentials.identifier("  Inaya.M1988 ") == "inaya.m1988"


@pytest.mark.parametrize(
    ("chosen", "fault"),
    [
        ("douze lettre", None),
        ("Neuf9car!", None),
        ("onze lettre", PasswordFault.SHORT),
        ("neuf9car!", PasswordFault.SHORT),
        ("Hui8car!", PasswordFault.SHORT),
        ("a" * 201, PasswordFault.LONG),
    ],
)
def test_passwords_need_twelve_characters_or_nine_of_four_classes(chosen, fault):
    assert credentials.length_fault(chosen) is fault


@pytest.mark.parametrize("chosen", ["motdepasse123", "azertyuiop12", "aaaaaaaaaaaa", "InayaMichel1988"])
def test_common_passwords_and_those_made_of_ones_own_name_are_refused(chosen):
    assert credentials.is_common(chosen, ("Inaya", "Michel", "InayaMichel", "1988"))


def test_a_long_phrase_is_taken_also_beyond_what_is_judged():
    assert not credentials.is_common("le chat dort sous la table ronde " * 5, ())


def test_an_address_shows_three_characters_and_one_if_short():
    assert masking.masked_email("j.lenoir@yahoo.fr") == "j.l*****@yahoo.fr"
    assert masking.masked_email("jean1@yahoo.fr") == "j*****@yahoo.fr"
    assert masking.spoken_email("j.lenoir@yahoo.fr") == ("j.l", "yahoo.fr")


def test_a_number_shows_its_country_first_digit_and_last_two():
    assert masking.masked_phone("+33612345615") == "+33 6 ** ** * 15"
    assert masking.masked_phone("+262692123415") == "+262 6 ** ** * 15"
    assert masking.spoken_phone("+33612345615") == "15"


@given(st.emails())
def test_a_masked_address_never_shows_more_than_three_characters_of_the_name(address):
    name = address.rpartition("@")[0]
    shown = masking.masked_email(address).rpartition("@")[0].removesuffix("*****")
    assert name.startswith(shown)
    assert len(shown) == (1 if len(name) < 6 else 3)


@pytest.mark.parametrize("typed", ["12/05/1988", "12 05 1988", "12.5.1988", " 12-05-1988 ", "1988-05-12"])
def test_a_birth_date_is_read_however_it_is_typed(typed):
    assert read_date(typed, date(2026, 1, 1)) == date(1988, 5, 12)


@pytest.mark.parametrize("typed", ["", "31/02/1988", "12/05/88", "12/05/2027", "05/12", "1/1/1700"])
def test_what_is_no_birth_date_is_refused(typed):
    assert read_date(typed, date(2026, 1, 1)) is None
