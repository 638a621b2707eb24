"""The page that a patient holds out to a professional."""

import re

import segno

from tests.messaging.people import OTHER_ID
from tests.messaging.web.conftest import words

PAGE = "/messagerie/adresse"
ADDRESS = "288077505600121@patient.mssante.fr"


def test_the_mailbox_and_the_empty_new_message_lead_to_it(client, world):
    for page in ("/messagerie", "/messagerie/nouveau"):
        assert f'href="{PAGE}"' in client.get(page).text
    assert client.get(PAGE).status_code == 200


def test_the_address_is_grouped_for_the_eye_spelled_for_the_ear_and_whole_when_copied(client, world):
    page = client.get(PAGE).text
    assert (
        "".join(re.findall(r"<span>(\w+)</span>", page.split('class="digits">')[1].split("<wbr>")[0])) in ADDRESS
    )
    assert "2 8 8 0 7 7 5 0 5 6 0 0 1 2 1, arobase, patient.mssante.fr" in page
    assert f'data-copy="Inaya Michel – {ADDRESS}"' in page


def test_the_code_to_scan_holds_the_address_and_is_drawn_without_style_or_script(client, world):
    page = client.get(PAGE).text
    drawn = segno.make(f"mailto:{ADDRESS}", error="m", micro=False)
    assert drawn.svg_inline(border=4, light="#fff", dark="#000", omitsize=True) in page
    code = page.split('class="card-code"')[1].split("</svg>")[0]
    assert 'role="img"' in code
    assert "style=" not in code
    assert "<script" not in code


def test_it_says_what_to_tell_a_professional_and_who_cannot_write(client, world):
    page = words(client.get(PAGE))
    assert "depuis votre messagerie sécurisée de santé (MSSanté)" in page
    assert "Seul un professionnel de santé peut débuter un échange." in page


def test_each_patient_sees_their_own_address(client, as_other, world):
    as_other()
    page = client.get(PAGE).text
    assert world.store.kept["patients"][OTHER_ID].mailbox_address in page
    assert ADDRESS not in page
