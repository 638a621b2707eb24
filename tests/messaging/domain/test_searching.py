"""What a search finds, and what it marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.domain.model import Attachment, Message, MessageKind, Party
from messaging.domain.searching import (
    MOST_WORDS,
    asked_tokens,
    excerpt,
    folded,
    kept_words,
    marked,
    read_query,
    tokens_of,
)
from tests.messaging.people import AT, CHRISTELLE, INAYA_ID

LETTERS = st.text(st.sampled_from("abcdeéèçàœû"), min_size=3, max_size=12)


def message(text: str, subject: str = "", sender: Party = CHRISTELLE, files: tuple[str, ...] = ()) -> Message:
    return Message(
        id="m", patient_id=INAYA_ID, conversation_id="m", kind=MessageKind.LETTER, sender=sender, recipients=(),
        at=AT, subject=subject, text=text, message_id="", attachments=tuple(map(attachment, files)),
    )  # fmt: skip


def attachment(name: str) -> Attachment:
    return Attachment(id=name, filename=name, media_type="application/pdf", size=1, sha256="", object_key=name)


def is_found(asked: str, text: str, subject: str = "") -> bool:
    query, kept = read_query(asked), kept_words(message(text, subject))
    tokens = set(tokens_of(INAYA_ID, 3, kept))
    return query is not None and bool(tokens & set(asked_tokens(INAYA_ID, [3], query.driver))) and query.fits(kept)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("ordo", "Voici votre ordonnance."),
        ("ORDONNANCE", "l'ordonnance"),
        ("resultat", "Vos résultats"),
        ("œdème", "oedeme du genou"),
        ("oedeme", "Œdème"),
        ("pcr", "PCR_résultats"),
        ("sang resu", "Résultats : prise de sang"),
        ("dr", "Dr Chanteau"),
        ("christ", "Bonjour"),
        ("2026", "le 9 juin 2026"),
    ],
)
def test_the_beginning_of_a_word_finds_it_whatever_case_and_accents(asked: str, text: str) -> None:
    assert is_found(asked, text)


@pytest.mark.parametrize(
    ("asked", "text"), [("donnance", "ordonnance"), ("sang zona", "prise de sang"), ("ordonnancer", "ordonnance")]
)
def test_the_middle_of_a_word_a_missing_word_and_a_longer_one_find_nothing(asked: str, text: str) -> None:
    assert not is_found(asked, text)


@given(LETTERS, st.integers(3, 12), LETTERS)
def test_every_beginning_of_three_letters_or_more_is_found(word: str, length: int, other: str) -> None:
    assert is_found(folded(word)[:length], f"{other} {word}.")


@pytest.mark.parametrize("text", ["", "   ", "!", "le de vous", "a", "\N{COMBINING ACUTE ACCENT}"])
def test_nothing_to_search_for_is_no_query(text: str) -> None:
    assert read_query(text) is None


def test_a_letter_costs_a_bounded_number_of_words_whatever_its_length() -> None:
    kept = kept_words(message(" ".join(f"mot{number}" for number in range(5_000))))
    assert len(kept.split()) == MOST_WORDS
    assert len(tokens_of(INAYA_ID, 0, kept)) <= MOST_WORDS


def test_names_of_files_are_found_and_many_of_them_do_not_crowd_out_the_words_of_the_letter() -> None:
    kept = kept_words(message("Bonjour", files=("Échographie_genou.pdf", *(f"f{n}.pdf" for n in range(1_000)))))
    assert {"echographie", "genou", "bonjour"} <= set(kept.split())


def test_another_patient_and_another_volume_have_other_tokens() -> None:
    assert not set(tokens_of("one", 1, " sang")) & set(tokens_of("other", 1, " sang"))
    assert not set(tokens_of("one", 1, " sang")) & set(tokens_of("one", 2, " sang"))


def test_what_was_found_is_marked_and_nothing_of_the_text_is_lost() -> None:
    query = read_query("resu sang")
    assert query is not None
    pieces = marked("Vos résultats de prise de sang.", query)
    assert [piece.text for piece in pieces if piece.marked] == ["résultats", "sang"]
    assert "".join(piece.text for piece in pieces) == "Vos résultats de prise de sang."


def test_an_excerpt_is_one_line_around_the_first_match() -> None:
    query = read_query("zona")
    assert query is not None
    pieces = excerpt("début " * 100 + "\n\nun zona ancien " + "suite " * 100, query)
    line = "".join(piece.text for piece in pieces)
    assert line.startswith("… ") and line.endswith(" …") and "un zona ancien" in line
    assert len(line) < 220
