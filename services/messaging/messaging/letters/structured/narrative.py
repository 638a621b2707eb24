"""The words of a CDA section (its narrative block, CDA R2 §4.3.5) as paragraphs, lists and tables."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from messaging.domain.structured import Block, Break, Inline, Listing, Paragraph, Run, Shown, Table
from messaging.letters.structured.tables import flattened, table_of
from messaging.letters.structured.xml import Element, attribute, child, children, local, words

MOST_PIECES = 30_000
"""Runs, cells and files that a document shows."""
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
_HELD = re.compile(r" (?=[:;?!»%])|(?<=«) |(?<=[<>≤≥]) (?=[0-9])")
"""Spaces at which no line of French may end, nor one between a sign and its number."""
_LINKS = ("http://", "https://", "mailto:", "tel:")
_BLOCKS = frozenset(
    {"paragraph", "list", "table", "caption", "footnote", "section", "item", "div", "p", "ul", "ol"}
)
_STRONG = frozenset({"bold", "strong", "b"})
_EMPHASIS = frozenset({"italics", "emphasis", "i", "em"})


@dataclass
class Room:
    """How much may still be shown, and which files the document has by their ids."""

    files: Mapping[str, int]
    left: int = MOST_PIECES
    shown: set[int] = field(default_factory=set)

    def take(self) -> bool:
        """Whether there is room for one piece more."""
        self.left -= 1
        return self.left >= 0


@dataclass(frozen=True)
class _Style:
    strong: bool = False
    emphasis: bool = False
    underline: bool = False
    deleted: bool = False
    position: str = ""
    href: str = ""


def blocks_of(text: Element | None, room: Room) -> tuple[Block, ...]:
    """The blocks of a `text`, a cell or an item."""
    if text is None:
        return ()
    if len(text) == 0:
        return _lines(text.text or "", room)
    builder = _Builder(room)
    builder.enter(text, _Style())
    return tuple(builder.done())


def _lines(text: str, room: Room) -> tuple[Block, ...]:
    """Text without any markup: its own line ends are all the layout it has."""
    lines = [_spaced(line).strip() for line in text.strip().split("\n")]
    inlines: list[Inline] = []
    for line in lines:
        if not room.take():
            break
        inlines += [Run(words=line), Break()] if line else [Break()]
    trimmed = _trimmed(inlines)
    return (Paragraph(trimmed),) if trimmed else ()


def _spaced(text: str) -> str:
    """With one space for many, one that holds where a line may not end."""
    return _HELD.sub("\N{NO-BREAK SPACE}", _SPACES.sub(" ", text))


def _trimmed(inlines: list[Inline]) -> tuple[Inline, ...]:
    """Without line ends and spaces at either end; nothing when nothing can be seen."""
    kept = list(inlines)
    while kept and _is_blank(kept[0]):
        kept.pop(0)
    while kept and _is_blank(kept[-1]):
        kept.pop()
    return tuple(kept)


def _is_blank(inline: Inline) -> bool:
    return isinstance(inline, Break) or (isinstance(inline, Run) and not inline.words.strip())


class _Builder:
    """Gathers words into the paragraph under way, until a block begins or ends."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._blocks: list[Block] = []
        self._line: list[Inline] = []
        self._on: Mapping[str, Callable[[Element, _Style], None]] = {
            "br": self._break,
            "renderMultiMedia": self._media,
            "table": self._table,
            "list": self._list,
        }

    def done(self) -> list[Block]:
        self._end_paragraph()
        return self._blocks

    def enter(self, element: Element, style: _Style) -> None:
        """Take what an element holds, in its order."""
        self._say(element.text, style)
        for inner in element:
            self._take(inner, style)
            self._say(inner.tail, style)

    def _take(self, element: Element, style: _Style) -> None:
        name = local(element)
        if name in self._on:
            self._on[name](element, style)
        elif name in _BLOCKS:
            self._end_paragraph()
            self.enter(element, _styled(element, style))
            self._end_paragraph()
        elif name:
            self.enter(element, _styled(element, style))

    def _say(self, text: str | None, style: _Style) -> None:
        said = _spaced(text or "")
        if not said or (said == " " and (not self._line or isinstance(self._line[-1], Break))):
            return
        if self._room.take():
            self._line.append(
                Run(
                    words=said,
                    strong=style.strong,
                    emphasis=style.emphasis,
                    underline=style.underline,
                    deleted=style.deleted,
                    position=style.position,
                    href=style.href,
                )
            )

    def _break(self, element: Element, style: _Style) -> None:
        self._line.append(Break())

    def _media(self, element: Element, style: _Style) -> None:
        for name in attribute(element, "referencedObject").split():
            number = self._room.files.get(name)
            if number is not None and self._room.take():
                self._line.append(Shown(number))
                self._room.shown.add(number)
        caption = words(child(element, "caption"))
        if caption:
            self._say(caption, replace(style, emphasis=True))

    def _table(self, element: Element, style: _Style) -> None:
        self._end_paragraph()
        table = table_of(element, lambda cell: blocks_of(cell, self._room), self._room.take)
        if table.head or table.rows:
            self._blocks += flattened(table)

    def _list(self, element: Element, style: _Style) -> None:
        self._end_paragraph()
        items = [blocks_of(item, self._room) for item in children(element, "item", "li")]
        filled = tuple(item for item in items if item)
        if filled:
            ordered = attribute(element, "listType") == "ordered"
            caption = words(child(element, "caption"))
            self._blocks.append(Listing(ordered=ordered, items=filled, caption=caption))

    def _end_paragraph(self) -> None:
        inlines = _trimmed(self._line)
        self._line = []
        if inlines:
            self._blocks.append(Paragraph(inlines))


def _styled(element: Element, style: _Style) -> _Style:
    """The stress that an element adds to what it is within."""
    name = local(element)
    codes = {code.lower() for code in attribute(element, "styleCode").split()}
    if name in ("sub", "sup"):
        style = replace(style, position=name)
    if name == "linkHtml":
        style = replace(style, href=_link(attribute(element, "href")))
    if attribute(element, "revised") == "delete":
        style = replace(style, deleted=True)
    return replace(
        style,
        strong=style.strong or bool(codes & _STRONG) or name == "caption",
        emphasis=style.emphasis or bool(codes & _EMPHASIS),
        underline=style.underline or "underline" in codes,
    )


def _link(href: str) -> str:
    """An address to the outside that does nothing by itself; others are none."""
    return href if href.lower().startswith(_LINKS) and len(href) <= 2_000 else ""


def has_words(blocks: tuple[Block, ...]) -> bool:
    """Whether anything can be read in these blocks."""
    return any(isinstance(block, (Listing, Table)) or _says(block) for block in blocks)


def _says(paragraph: Block) -> bool:
    return isinstance(paragraph, Paragraph) and any(not _is_blank(inline) for inline in paragraph.inlines)
