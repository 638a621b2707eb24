"""Which character sets a letter may name, and text out of bytes whose label may be wrong."""

import codecs
import re
from collections.abc import Iterator

_SEVEN_BITS = frozenset(
    codecs.lookup(name).name
    for name in (
        *("utf-7", "hz", "iso2022_kr"),
        *("iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_2004", "iso2022_jp_3", "iso2022_jp_ext"),
    )
)
"""Sets that write every sign in ASCII bytes: such bytes are UTF-8 as well, and only the label tells."""
_KNOWN = _SEVEN_BITS | frozenset(
    codecs.lookup(name).name
    for name in (
        *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"),
        *(f"iso8859-{part}" for part in range(1, 17) if part != 12),
        *(f"cp{page}" for page in (437, 850, 852, 858, 866, 874, 932, 936, 949, 950, *range(1250, 1259))),
        *("mac-roman", "koi8-r", "koi8-u", "tis-620"),
        *("gb2312", "gbk", "gb18030", "big5", "big5hkscs"),
        *("shift_jis", "euc_jp", "euc_kr"),
    )
)
_NAME = re.compile(r"[a-z0-9][a-z0-9._:-]{1,39}")
_SURROGATES = re.compile("[\ud800-\udfff]")
LOOKED_AT = 4_096
"""Bytes that are looked at to tell an unknown encoding."""
STRANGE = 0.1
FEW = 4
"""With fewer letters than that a label is believed."""
MANY = 12
_WESTERN = ("cp1252", "mac-roman", "cp850", "iso8859-15")
_HIGH = re.compile(rb"[\x00-\x7f]+")
_USUAL = frozenset("àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆ«»’‘“”–—…€°²³µ·•ñÑáíóúÁÍÓÚßãõÃÕåÅøØ£§©®±½¼¾×\xa0\xad")
_NOT_MAIL = ["utf_7", "cp037", "cp500", "cp1026", "cp1140", "cp273", "cp424", "cp875"]
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
    """Bytes of unknown encoding as text: UTF-8 if they are, else what they look like."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded(raw, guessed(raw[:LOOKED_AT]))


def decoded_as(content: bytes, charset: str, most: int) -> str:
    """Text out of the first `most` bytes, whose label may be wrong.

    As labelled if that is a set of ASCII bytes and they are, UTF-8 if they are, UTF-16 if they begin so, else
    as labelled, else what they look like. A character cut at the end is left out.
    """
    head, is_all = content[:most], len(content) <= most
    for name in _candidates(head, charset):
        try:
            return whole(codecs.getincrementaldecoder(name)().decode(head, is_all))
        except ValueError:
            if name == "utf-8" and _is_nearly_utf8(head):
                return whole(head.decode("utf-8", "replace"))
    return head.decode("cp1252", "replace")


def _candidates(head: bytes, charset: str) -> Iterator[str]:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield "utf-16"
    labelled = codec_of(charset)
    if labelled in _SEVEN_BITS and head.isascii():
        yield labelled
    yield "utf-8"
    if labelled and not (labelled in _WESTERN and _looks_wrong(head[:LOOKED_AT], labelled)):
        yield labelled
    yield guessed(head[:LOOKED_AT])


def guessed(head: bytes) -> str:
    """The codec that bytes which are not UTF-8 look like: French first, then what a detector says.

    Short texts of one's own language are told apart best by their letters; the detector is for the rest.
    """
    best = min(_WESTERN, key=lambda name: _strangeness(head, name))
    if _strangeness(head, best) <= STRANGE and not _is_mostly_high(head):
        return best
    from charset_normalizer import from_bytes

    found = from_bytes(head, cp_exclusion=_NOT_MAIL, threshold=0.3).best()
    return (codec_of(found.encoding) if found else None) or best


def _is_nearly_utf8(head: bytes) -> bool:
    """Whether bytes are UTF-8 but for a few that were hurt on the way: no other set looks like it by chance."""
    text = head[:LOOKED_AT].decode("utf-8", "replace").rstrip("\ufffd")
    lost, kept = text.count("\ufffd"), sum(char > "\x7f" and char != "\ufffd" for char in text)
    return 0 < kept >= lost * 2


def _is_mostly_high(head: bytes) -> bool:
    """Whether so many characters are beyond ASCII that no Western language is written there."""
    high = len(_HIGH.sub(b"", head))
    return high >= MANY and high * 2 > sum(byte > 0x40 for byte in head)


def _looks_wrong(head: bytes, codec: str) -> bool:
    """Whether a Western label gives signs that no letter is full of, and another gives letters."""
    if len(_HIGH.sub(b"", head)) < FEW or _strangeness(head, codec) <= STRANGE:
        return False
    return min(_strangeness(head, name) for name in _WESTERN) <= STRANGE


def _strangeness(head: bytes, codec: str) -> float:
    """The share of non-ASCII characters that French and its neighbours don't write; 1 where it isn't that set."""
    high = _HIGH.sub(b"", head)
    if not high:
        return 0.0
    try:
        text = high.decode(codec)
    except UnicodeDecodeError:
        return 1.0
    return sum(char not in _USUAL for char in text) / len(text)


def _decoded(raw: bytes, codec: str) -> str:
    try:
        return whole(raw.decode(codec))
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def whole(text: str) -> str:
    """The text with half characters, which nothing can store, replaced."""
    return _SURROGATES.sub("\ufffd", text)
