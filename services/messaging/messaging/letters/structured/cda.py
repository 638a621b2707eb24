"""A CDA R2 document in words: level 1 by its one file, levels 2 and 3 by section."""

from collections.abc import Iterator

from messaging.domain.structured import Block, Document, Head, Paragraph, Section, Shown
from messaging.letters.structured.entries import coded
from messaging.letters.structured.head import head_of, named
from messaging.letters.structured.media import Beside, Media, media_of
from messaging.letters.structured.narrative import Room, blocks_of, has_words
from messaging.letters.structured.tables import text_of
from messaging.letters.structured.xml import Element, Xml, XmlRefused, child, children, local, words

DEEPEST = 20
LONGEST_TITLE = 300
LONGEST_BODY = 200_000


def nothing_beside(name: str) -> bytes:
    """A document outside an archive has no files beside it."""
    return b""


def unreadable(name: str) -> Document:
    """The document that cannot be shown, under its file's name."""
    return Document(head=Head(title=name), readable=False)


def read_document(content: bytes, name: str, beside: Beside = nothing_beside) -> Document:
    """The document in these bytes; one that cannot be read says so. Never fails."""
    try:
        xml = Xml(content)
        if local(xml.root) != "ClinicalDocument":
            return unreadable(name)
        return _document(xml, name, beside)
    except (XmlRefused, ValueError, LookupError, TypeError, RecursionError):
        return unreadable(name)


def _document(xml: Xml, name: str, beside: Beside) -> Document:
    head = head_of(xml.root)
    media = media_of(xml, head.title or head.type_name, beside)
    room = Room(files=media.numbers)
    body = child(xml.root, "component", "structuredBody")
    sections = tuple(_sections(body, room))
    text = "" if media.body is None else _text(media)
    return Document(
        head=head,
        sections=sections,
        files=media.files,
        body_file=media.body,
        body_text=text,
        readable=bool(sections) or bool(media.files),
        cut=room.left < 0,
    )


def _text(media: Media) -> str:
    """A body that is plain text is shown as such."""
    file = media.files[media.body or 0]
    return file.content[:LONGEST_BODY].decode("utf-8", "replace") if file.media_type == "text/plain" else ""


def _sections(outer: Element | None, room: Room, depth: int = 0, said: str = "") -> Iterator[Section]:
    """The sections below; `said` is the title above, which one of them may repeat."""
    if depth > DEEPEST:
        room.left = -1
        return
    for component in children(outer, "component"):
        for section in children(component, "section"):
            title = (words(child(section, "title")) or named(child(section, "code")))[:LONGEST_TITLE]
            found = Section(
                title="" if title.casefold() == said.casefold() else title,
                blocks=_blocks(section, room, title),
                sections=tuple(_sections(section, room, depth + 1, title)),
            )
            if found.title or found.blocks or found.sections:
                yield found


def _blocks(section: Element, room: Room, title: str) -> tuple[Block, ...]:
    """What a section says, without its title again; what it codes, when it says nothing; and its files."""
    blocks = blocks_of(child(section, "text"), room)
    if len(blocks) > 1 and text_of(blocks[:1]).casefold() == title.casefold():
        blocks = blocks[1:]
    if not has_words(blocks):
        blocks = (*blocks, *coded(section))
    return (*blocks, *_left_over(section, room))


def _left_over(section: Element, room: Room) -> Iterator[Block]:
    """The files of a section's entries that its words do not show."""
    for entry in children(section, "entry"):
        for one in entry.iter("{*}observationMedia"):
            number = room.files.get((one.get("ID") or "").strip())
            if number is not None and number not in room.shown:
                room.shown.add(number)
                yield Paragraph((Shown(number),))
