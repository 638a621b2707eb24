"""XML from strangers: no entities, no network, no giants; long base64 is set aside before parsing."""

import binascii
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from lxml import etree

from messaging.letters.charsets import text_of

MOST_XML = 16_000_000
"""Bytes of a document once its long base64 is set aside."""
_LONG = re.compile(rb">([A-Za-z0-9+/=\s]{20000,})<")
_SET_ASIDE = re.compile(r"pli-set-aside-([0-9]{1,4})")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_JUNK = re.compile(rb"[^A-Za-z0-9+/]")

Element: TypeAlias = Any
"""lxml's element."""


class XmlRefused(Exception):
    """Not XML, or XML that asks for more than a document needs."""


class Xml:
    """A parsed document, and the long base64 that was set aside from it."""

    def __init__(self, content: bytes) -> None:
        self._aside: list[bytes] = []
        lifted = _LONG.sub(self._lift, content)
        if len(lifted) > MOST_XML:
            raise XmlRefused("too large")
        self.root = _parsed(lifted.lstrip(b"\xef\xbb\xbf \t\r\n"))

    def _lift(self, found: "re.Match[bytes]") -> bytes:
        self._aside.append(found[1])
        return b">pli-set-aside-%d<" % (len(self._aside) - 1)

    def base64_of(self, element: Element) -> bytes:
        """The bytes that an element holds in base64, junk left out; empty when there are none."""
        text = "".join(element.itertext()).strip()
        named = _SET_ASIDE.fullmatch(text)
        number = int(named[1]) if named else len(self._aside)
        encoded = self._aside[number] if number < len(self._aside) else text.encode("ascii", "ignore")
        return from_base64(encoded)


def from_base64(encoded: bytes) -> bytes:
    """What base64 holds, whatever is strewn into it, as far as it goes."""
    clean = _JUNK.sub(b"", encoded)
    whole = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def _parsed(content: bytes) -> Element:
    try:
        return _root(content)
    except (etree.XMLSyntaxError, ValueError) as error:
        if _is_utf8(content):
            raise XmlRefused(str(error)) from error
    try:  # what calls itself UTF-8 and isn't
        return _root(_DECLARATION.sub("", text_of(content)).encode())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise XmlRefused(str(error)) from error


def _root(content: bytes) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(content, parser)
    if root.getroottree().docinfo.doctype:
        raise XmlRefused("a document type, and so perhaps entities")
    return root


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def local(element: Element) -> str:
    """An element's name without its namespace: senders mix them up."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element | None, *names: str) -> Iterator[Element]:
    """The children of these names, in their order."""
    for child in element if element is not None else ():
        if local(child) in names:
            yield child


def child(element: Element | None, *path: str) -> Element | None:
    """The first element down this path of names."""
    found = element
    for name in path:
        found = next(children(found, name), None)
    return found


def words(element: Element | None) -> str:
    """All the text in an element, on one line."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def attribute(element: Element | None, name: str) -> str:
    """An attribute's value, trimmed; empty when it isn't there."""
    return "" if element is None else (element.get(name) or "").strip()
