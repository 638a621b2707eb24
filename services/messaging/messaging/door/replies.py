"""Replies as ENHANCEDSTATUSCODES wants them: each says its class in three numbers (RFC 2034, RFC 3463)."""

import re

_ENHANCED = re.compile(r"[245]\d\d[ -][245]\.\d{1,3}\.\d{1,3} ")
_PLAIN = {
    "214": "2.0.0",
    "221": "2.0.0",
    "250": "2.0.0",
    "252": "2.0.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "530": "5.7.0",
    "554": "5.7.0",
}
_BARE = ("220", "354")
"""The greeting, and what asks for more: they carry none (RFC 2034 §3)."""


def with_status(reply: str) -> str:
    """A reply with its status code; those of the library that lack one get that of their class."""
    if _ENHANCED.match(reply) or reply[:3] in _BARE:
        return reply
    code = _PLAIN.get(reply[:3], f"{reply[:1]}.0.0")
    return f"{reply[:3]} {code} {reply[4:]}"


def label_of(reply: str) -> str:
    """A reply as a metric counts it: its two codes, never its text."""
    return with_status(reply)[:9].rstrip()
