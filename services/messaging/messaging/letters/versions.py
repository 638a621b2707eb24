"""Whether the plain version of a letter says something that its HTML does not."""

import re
from collections import Counter

FEW = 3
"""With fewer words of its own than that, and no number, a plain version says the same."""
_TOOLS = re.compile(
    r"<(?:https?|mailto|tel|cid):[^<>\s]*>"  # where a link leads, beside its words
    r"|\[(?:image:[^\[\]]{0,120}|(?:cid|https?|mailto|tel):[^\[\]\s]*|\d{1,3})\]"  # pictures, links in a list
    r"|\bhttps?://\S+"
    r"|^[ \t>]*(?:\d{1,3}[.)]|[a-z][.)]|[o§])(?=[ \t])",  # the marks of a list, which are no words in HTML
    re.IGNORECASE | re.MULTILINE,
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_WORD = re.compile(r"[^\W_]+")


def says_more(text: str, shown: str) -> bool:
    """Whether `text` holds a number, or `FEW` words or more, that are not in what the HTML shows.

    One number is enough: it may be a result or a dose. What mail programs add to plain versions does not count.
    """
    alone = _counted(_TOOLS.sub(" ", text)) - _counted(shown)
    return alone.total() >= FEW or any(char.isdigit() for word in alone for char in word)


def _counted(text: str) -> Counter[str]:
    return Counter(_WORD.findall(_INVISIBLE.sub("", text).casefold()))
