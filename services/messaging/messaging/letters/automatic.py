"""Letters that no person wrote just then: RFC 3834, and what programs older than it still send."""

import re
from email.message import Message

from messaging.letters.headers import field, fields

_COMMENT = re.compile(r"\([^()]*\)")
_REPLY_FIELDS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-autoreply-from",
    "auto-reply",
)
_NOT = frozenset({"", "no", "false", "none"})


def is_auto_reply(message: "Message[str, str]") -> bool:
    """Whether it answers by itself, as in an absence: shown as such, and never answered by a program.

    RFC 3834 §5; Exchange calls its absences `auto-generated`, but they say what they answer.
    """
    kind = _auto_submitted(message)
    if kind in _NOT:
        return _says_so_otherwise(message)
    return kind == "auto-replied" or any(fields(message, "in-reply-to"))


def is_automatic(message: "Message[str, str]") -> bool:
    """Whether a program sent it, as an answer or not."""
    return _auto_submitted(message) not in _NOT or _says_so_otherwise(message)


def _auto_submitted(message: "Message[str, str]") -> str:
    return _COMMENT.sub("", field(message, "auto-submitted")).partition(";")[0].strip().lower()


def _says_so_otherwise(message: "Message[str, str]") -> bool:
    said = any(field(message, name).lower() not in _NOT for name in _REPLY_FIELDS)
    return said or field(message, "precedence").lower() in ("auto_reply", "auto-reply")
