"""The words of notices: the guide's, the same in HTML, in text and in the browser, and nothing of the letter."""

import re
from dataclasses import replace
from html import unescape

import pytest

from notifier.domain.notices import Kind
from notifier.domain.texting import SINGLE, is_gsm7
from notifier.rendering import Notice, Words
from tests.notifier.fakes import RENDERER

TOKEN = "t" * 43
LETTER = Notice(kind=Kind.LETTER, language="fr", given_name="Martine Julie Anne", token=TOKEN)
GUIDE = (
    "En cas de problème lié à l'affichage de ce message, cliquez ici pour l'afficher dans un navigateur web.",
    "Bonjour MARTINE JULIE ANNE,",
    "Un professionnel de santé vous a envoyé un nouveau message dans Mon espace santé.",
    "Pour le consulter, connectez-vous dès à présent.",
    "ME CONNECTER A MON ESPACE SANTE",
    "Une question ? Nous vous invitons à consulter l'aide en ligne.",
    "Avec toute mon attention, Votre correspondant Mon espace santé",
    "Le service Mon espace santé mis en œuvre par l'Assurance Maladie et le Ministère des Solidarités et de la "
    "Santé garantit la protection de vos données personnelles conformément au Règlement Général sur la "
    "Protection des Données. L'envoi de ce courrier s'inscrit dans le cadre du traitement de données dénommé "
    "« Mon espace santé » mis en œuvre conjointement par l'Assurance Maladie et le Ministère des Solidarités "
    "et de la Santé.",
)
OURS = "Ne répondez pas à cet e-mail : votre professionnel ne le recevrait pas."


def plain(html: str) -> str:
    without_style = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return squeezed(unescape(re.sub(r"</?(?:strong|a)\b[^>]*>", "", without_style).replace("<", " <")))


def squeezed(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


@pytest.fixture
def letter() -> Words:
    return RENDERER.notice(LETTER)


@pytest.mark.parametrize("sentence", [*GUIDE, OURS])
def test_the_announcement_says_the_guides_words(letter: Words, sentence: str) -> None:
    assert sentence in squeezed(letter.text)
    assert sentence in plain(letter.html)


def test_the_subject_is_the_guides(letter: Words) -> None:
    assert letter.subject == "Vous avez un nouveau message dans Mon espace santé"


def test_the_html_says_nothing_that_the_text_does_not(letter: Words) -> None:
    said = squeezed(letter.text)
    for paragraph in re.findall(r"<p[^>]*>(.*?)</p>", letter.html, flags=re.DOTALL):
        assert plain(paragraph) in said or plain(paragraph) == "Mon espace santé"


def test_the_links_lead_to_the_site_the_help_and_the_browser_view(letter: Words) -> None:
    links = [
        "http://localhost:8080/",
        "http://localhost:8080/aide",
        f"http://localhost:8080/notifications/{TOKEN}",
    ]
    assert sorted(re.findall(r'href="([^"]*)"', letter.html)) == sorted(links)
    assert all(link in letter.text.split() for link in links)


def test_the_announcement_loads_nothing_from_anywhere(letter: Words) -> None:
    assert not re.search(r"<img|<script|<link|url\(|src=|@import|@font-face", letter.html)


def test_a_name_cannot_write_html() -> None:
    words = RENDERER.notice(replace(LETTER, given_name="<b>x"))
    assert "<B>" not in words.html
    assert "&lt;B&gt;X" in words.html


def test_the_code_is_in_the_subject_with_the_time_it_holds_until() -> None:
    words = RENDERER.code(language="fr", code="034567", until="14 h 40")
    assert words.subject == "034567 est votre code d'accès"
    for body in (squeezed(words.text), plain(words.html)):
        assert "034567 est votre code d'accès" in body
        assert "Il est valable jusqu'à 14 h 40." in body
        assert "Ne le donnez à personne" in body


def test_the_sms_of_a_code_is_one_message_that_phones_fill_in() -> None:
    text = RENDERER.code_sms(language="fr", code="034567", until="14 h 40")
    assert text.splitlines()[-1] == "@localhost #034567"
    assert "14 h 40" in text
    assert "Ne le donnez à personne." in text
    assert is_gsm7(text)
    assert len(text) <= SINGLE


def test_the_sms_of_a_letter_is_the_journeys() -> None:
    text = RENDERER.notice_sms(LETTER)
    assert text == "Vous avez un nouveau message dans Mon espace santé."
    assert is_gsm7(text)


def test_a_language_without_a_catalogue_is_written_in_french() -> None:
    assert RENDERER.notice_sms(replace(LETTER, language="xx")) == RENDERER.notice_sms(LETTER)
