"""The arguments of MAIL, RCPT and BDAT: an address and its parameters, or the reply to a senseless one.

Lenient where old senders are (no angle brackets, blanks, source routes), strict where it matters: an address
is one word without control characters, and every parameter is one we know (RFC 5321 §4.1.1.11).
"""

import re

from msgspec import Struct

SIZE = re.compile(r"[0-9]{1,20}")
LONGEST_ADDRESS = 320
_BODIES = ("7BIT", "8BITMIME")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ROUTE = re.compile(r"@[^:<>\"]*:")
_QUOTED_OR_PLAIN = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^\s<>"])*')
_CHUNK = re.compile(r"([0-9]{1,12})(?: +(LAST))?", re.IGNORECASE)

SYNTAX = "501 5.5.4 Syntax: {} <address>"
MALFORMED = {"FROM": "553 5.1.7 Malformed address", "TO": "553 5.1.3 Malformed address"}
UNKNOWN_PARAMETER = "555 5.5.4 Parameter not recognised"
BAD_PARAMETER = "501 5.5.4 Senseless value of a parameter"


class Refused(Exception):
    """A command that gets this reply instead of its effect."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


class Address(Struct, frozen=True):
    """What a command names. `text` is empty for `<>`; parameters by their names in upper case."""

    text: str
    parameters: dict[str, str]


def sender_in(argument: str | None) -> Address:
    """What MAIL says. DSN's RET and ENVID (RFC 3461) are taken and left alone. Raises `Refused`."""
    found = _address_in(argument, "FROM")
    for name, value in found.parameters.items():
        if name not in ("SIZE", "BODY", "SMTPUTF8", "RET", "ENVID"):
            raise Refused(UNKNOWN_PARAMETER)
        if not _makes_sense(name, value):
            raise Refused(BAD_PARAMETER)
    return found


def recipient_in(argument: str | None) -> Address:
    """What RCPT says. DSN's NOTIFY and ORCPT (RFC 3461) are taken and left alone. Raises `Refused`."""
    found = _address_in(argument, "TO")
    if found.parameters.keys() - {"NOTIFY", "ORCPT"}:
        raise Refused(UNKNOWN_PARAMETER)
    if not all(found.parameters.values()):
        raise Refused(BAD_PARAMETER)
    return found


def chunk_in(argument: str | None) -> tuple[int, bool]:
    """The octets that follow BDAT, and whether they are the last (RFC 3030 §2). Raises `Refused`."""
    found = _CHUNK.fullmatch((argument or "").strip(" "))
    if found is None:
        raise Refused("501 5.5.4 Syntax: BDAT count [LAST]")
    return int(found[1]), found[2] is not None


def _makes_sense(name: str, value: str) -> bool:
    match name:
        case "SIZE":
            return SIZE.fullmatch(value) is not None
        case "BODY":
            return value.upper() in _BODIES
        case "SMTPUTF8":
            return not value
        case _:
            return bool(value)


def _address_in(argument: str | None, keyword: str) -> Address:
    head, colon, rest = (argument or "").partition(":")
    if not colon or head.strip().upper() != keyword:
        raise Refused(SYNTAX.format(f"{'MAIL' if keyword == 'FROM' else 'RCPT'} {keyword}:"))
    rest = rest.strip(" \t")
    if not rest:
        raise Refused(SYNTAX.format(f"{'MAIL' if keyword == 'FROM' else 'RCPT'} {keyword}:"))
    text, parameters = _path_in(rest, keyword)
    return Address(text, _parameters_in(parameters))


def _path_in(rest: str, keyword: str) -> tuple[str, str]:
    """The address, and what follows it."""
    bracketed = rest.startswith("<")
    inner = rest[1:].lstrip(" ") if bracketed else rest
    if bracketed and (route := _ROUTE.match(inner)):
        inner = inner[route.end() :]
    found = _QUOTED_OR_PLAIN.match(inner)
    assert found is not None  # it matches the empty text, too
    text, after = found[0], inner[found.end() :]
    if bracketed:
        after = after.lstrip(" ")
        if not after.startswith(">"):
            raise Refused(MALFORMED[keyword])
        after = after[1:]
    if (after and not after.startswith(" ")) or len(text) > LONGEST_ADDRESS or _CONTROL.search(text):
        raise Refused(MALFORMED[keyword])
    if not text and not bracketed:
        raise Refused(MALFORMED[keyword])
    return text, after


def _parameters_in(text: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for word in text.split():
        name, _, value = word.partition("=")
        if name.upper() in parameters or _CONTROL.search(word):
            raise Refused(BAD_PARAMETER)
        parameters[name.upper()] = value
    return parameters
