"""A destination shown so that only who knows it recognises it.

Rule: guide p. "Je saisis mon code d'accès à usage unique" and patient journeys, "Connect".
"""

import phonenumbers

SHOWN, SHOWN_OF_SHORT, SHORT = 3, 1, 6
STARS = "*****"


def masked_email(address: str) -> str:
    """`j.l*****@yahoo.fr`: three characters, one if the name is under six."""
    name, _, domain = address.rpartition("@")
    return f"{_start(name)}{STARS}@{domain}"


def spoken_email(address: str) -> tuple[str, str]:
    """What a screen reader says of it: the start and the domain."""
    name, _, domain = address.rpartition("@")
    return _start(name), domain


def masked_phone(number: str) -> str:
    """`+33 6 ** ** * 15`: country, first digit, last two; the middle always looks the same."""
    parsed = phonenumbers.parse(number)
    national = phonenumbers.national_significant_number(parsed)
    return f"+{parsed.country_code} {national[0]} ** ** * {national[-2:]}"


def spoken_phone(number: str) -> str:
    """What a screen reader says of it: the last two digits."""
    return number[-2:]


def _start(name: str) -> str:
    return name[: SHOWN_OF_SHORT if len(name) < SHORT else SHOWN]
