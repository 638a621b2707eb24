"""A letter in two versions: whether the plain one says something that the HTML does not."""

from email.message import EmailMessage

import pytest

from chassis.ids import new_id
from messaging.domain.letter import Letter
from messaging.letters import read_letter


def versions(plain: str, html: str) -> Letter:
    message = EmailMessage()
    message["From"] = "Christelle Thomas <christelle@chu.mssante.fr>"
    message.set_content(plain)
    message.add_alternative(html, subtype="html")
    return read_letter(message.as_bytes(), new_id())


@pytest.mark.parametrize(
    ("plain", "html"),
    [
        ("Hémoglobine : 12,4 g/dl", "<p>Voir la version texte</p>"),
        ("Prenez 2 comprimés, le 2 juin", "<p>Prenez 5 comprimés, le 2 juin</p>"),
        ("Bonjour. Venez à jeun lundi matin.", "<p>Bonjour.</p>"),
        ("Venez à jeun lundi", '<p>Bonjour</p><p><img src="https://chu.example/lettre.png" alt=""></p>'),
    ],
)
def test_a_plain_version_that_says_more_than_the_html_is_told(plain: str, html: str) -> None:
    letter = versions(plain, html)
    assert letter.text_differs and letter.text == plain and letter.html


@pytest.mark.parametrize(
    ("plain", "html"),
    [
        ("Bonjour *Inaya*,\nà bientôt", "<p>Bonjour <b>Inaya</b>,<br>à bien&shy;tôt</p>"),
        ("1. Venez\n2. Repartez\n o encore", "<ol><li>Venez<li>Repartez</ol><ul><li>encore</ul>"),
        (
            "Le site <https://chu.example/12> [cid:logo12@x] [2]\n[2]: https://chu.example/3",
            '<p><a href="#">Le site</a>',
        ),
        ("VOTRE RENDEZ-VOUS\n[image: Logo du centre 75]", "<h1>Votre rendez-vous</h1>"),
        ("Voir en ligne\nBonjour", "<p>Bonjour, en ligne</p>"),
        ("Hb\t12,4\nVGM\t88", "<table><tr><td>Hb<td>12,4<tr><td>VGM<td>88</table>"),
        ("\n", "<p>Bonjour, le 12</p>"),
        ("Résultat : 12", "<p></p>"),
    ],
)
def test_a_plain_version_that_says_the_same_is_not_offered(plain: str, html: str) -> None:
    assert not versions(plain, html).text_differs
