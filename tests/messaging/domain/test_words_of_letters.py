"""Names and subjects as the patient reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.domain.names import resembles_service, shown_name
from messaging.domain.subjects import is_end_mark, shown_subject, thread_key


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Christelle Thomas", "Christelle Thomas"),
        ("Dr_Marie_MARTIN_Cabinet Medical", "Dr Marie MARTIN Cabinet Medical"),
        ('"Dupond, Jean"', "Dupond, Jean"),
        ("  Labo\tBioPCR \r\n Orly ", "Labo BioPCR Orly"),
        ("Dr \u202eelleirbaG\u202c", "Dr elleirbaG"),
        ("", "Marie Chanteau"),
        ("marie.chanteau@chu.mssante.fr", "Marie Chanteau"),
    ],
)
def test_a_name_is_shown_as_received_after_cleaning(name: str, shown: str) -> None:
    assert shown_name(name, "marie.chanteau@chu.mssante.fr") == shown


@given(st.text(max_size=300), st.text(max_size=50))
def test_a_shown_name_is_never_empty_nor_an_address_nor_several_lines(name: str, address: str) -> None:
    shown = shown_name(name, address)
    assert shown and "@" not in shown and "\n" not in shown


@pytest.mark.parametrize(
    "name", ["Mon espace santé", "MON ESPACE SANTE", "Equipe mon.espace-sante", "Mon Espace Santé (aide)"]
)
def test_a_name_that_resembles_the_services_is_told(name: str) -> None:
    assert resembles_service(name, "Mon espace santé")
    assert not resembles_service("Christelle Thomas", "Mon espace santé")


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("Préparation de votre rendez-vous", "Préparation de votre rendez-vous"),
        ("Re: RE : Tr: Votre diabète", "Votre diabète"),
        ("Fwd: [2] suite", "[2] suite"),
        ("Re[3]: Votre diabète", "Votre diabète"),
        ("XDM/1.0/DDM+Compte rendu", "Compte rendu"),
        ("RE: XDM/1.0/DDM", ""),
        ("Réponse: rien à voir", "Réponse: rien à voir"),
        ("Retour de couches", "Retour de couches"),
    ],
)
def test_a_subject_is_shown_without_what_mail_programs_put_in_front(subject: str, shown: str) -> None:
    assert shown_subject(subject) == shown


def test_only_the_five_characters_end_an_exchange() -> None:
    assert is_end_mark("[FIN]")
    assert not any(map(is_end_mark, ["[fin]", "FIN", "Re: [FIN]", "[FIN] merci", ""]))


def test_letters_are_tied_by_sender_and_stripped_subject() -> None:
    assert thread_key("a@b.fr", "Re: Votre Diabète") == thread_key("a@b.fr", "votre diabète")
    assert thread_key("a@b.fr", "x") != thread_key("c@b.fr", "x")
    assert thread_key("a@b.fr", "Re: ") is None


@given(st.text(max_size=500))
def test_stripping_a_subject_twice_changes_nothing(subject: str) -> None:
    assert shown_subject(shown_subject(subject)) == shown_subject(subject)
