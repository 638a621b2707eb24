"""Which character sets a letter may name, and text out of bytes whose label may be wrong."""

import codecs
import re

_KNOWN = frozenset(
    codecs.lookup(name).name
    for name in (
        *("utf-8", "utf-8-sig", "utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32"),
        *(f"iso8859-{part}" for part in range(1, 17) if part != 12),
        *(f"cp{page}" for page in (437, 850, 852, 858, 866, 874, 932, 936, 949, 950, *range(1250, 1259))),
        *("mac-roman", "koi8-r", "koi8-u", "tis-620"),
        *("gb2312", "gbk", "gb18030", "hz", "big5", "big5hkscs"),
        *("shift_jis", "euc_jp", "iso2022_jp", "euc_kr", "iso2022_kr"),
    )
)
_NAME = re.compile(r"[a-z0-9][a-z0-9._:-]{1,39}")
_SURROGATES = re.compile("[\ud800-\udfff]")
_ASCII_LABELS = ("ascii", "iso8859-1")
"""What mail programs call Windows-1252, too."""


def codec_of(charset: str) -> str | None:
    """The codec that a letter's label names, None for one that is no character set of mail."""
    label = charset.strip().lower().partition("*")[0]
    if not _NAME.fullmatch(label):
        return None
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    if name in _ASCII_LABELS:
        return "cp1252"
    return name if name in _KNOWN else None


def text_of(raw: bytes) -> str:
    """Bytes of unknown encoding as text: UTF-8 if they are, else Windows-1252."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def decoded_as(content: bytes, charset: str, most: int) -> str:
    """Text out of the first `most` bytes, whose label may be wrong.

    UTF-8 if they are, else as labelled, else Windows-1252. A character cut at the end is left out.
    """
    head, is_all = content[:most], len(content) <= most
    for name in ("utf-8", codec_of(charset) or "cp1252", "cp1252"):
        try:
            return whole(codecs.getincrementaldecoder(name)().decode(head, is_all))
        except ValueError:
            continue
    return head.decode("latin-1")


def whole(text: str) -> str:
    """The text with half characters, which nothing can store, replaced."""
    return _SURROGATES.sub("\ufffd", text)
