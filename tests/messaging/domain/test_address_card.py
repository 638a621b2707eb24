"""The address that a patient shows: the same characters whether grouped, spelled, copied or scanned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.domain.address_card import card_of

NUMBER = "288077505600121"


def test_a_number_is_grouped_as_people_read_it():
    assert card_of(f"{NUMBER}@patient.mssante.fr").groups == ("2", "88", "07", "75", "056", "001", "21")


def test_a_number_from_corsica_is_grouped_too():
    assert card_of("288072A05600121@p.fr").groups[3] == "2A"


@pytest.mark.parametrize("local", ["inaya", "12345678901234", "inaya.michel.12", ""])
def test_anything_but_a_number_is_not_cut(local):
    assert card_of(f"{local}@p.fr").groups == (local,)


@given(st.text(st.characters(codec="ascii", exclude_characters="@"), max_size=30))
def test_however_it_is_grouped_the_address_is_the_same(local):
    card = card_of(f"{local}@patient.mssante.fr")
    assert card.address == f"{local}@patient.mssante.fr"
    assert card.spelled[::2] == local
    assert card.link == f"mailto:{local}@patient.mssante.fr"
