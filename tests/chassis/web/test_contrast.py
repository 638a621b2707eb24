"""Words on their ground: 7:1 where health content is read, 4.5:1 on buttons, 3:1 for the borders of controls."""

import re
from pathlib import Path

import pytest

import chassis.web

SHEET = (Path(chassis.web.__file__).parent / "static" / "pli.css").read_text()
LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", part)) for part in SHEET.split("@media", 2)[:2])
HEALTH = [(text, ground) for text in ("ink", "ink-2") for ground in ("paper", "sheet", "sheet-2", "blue-soft")]
NOTES = [(kind, f"{kind}-soft") for kind in ("good", "warn", "bad")] + [("bad", "sheet"), ("good", "sheet")]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        *((text, ground, 7.0) for text, ground in [*HEALTH, *NOTES]),
        ("blue", "sheet", 4.5),
        ("blue", "blue-soft", 4.5),
        ("on-blue", "blue", 4.5),
        ("on-count", "seal", 4.5),
        ("line-strong", "sheet", 3.0),
        ("line-strong", "paper", 3.0),
    ],
)
def test_words_stand_out_from_their_ground(scheme: dict[str, str], text: str, ground: str, least: float) -> None:
    assert contrast(scheme[text], scheme[ground]) >= least
