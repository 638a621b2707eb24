"""From a letter's file to the structured documents in it."""

from enum import StrEnum
from posixpath import dirname, normpath

from chassis.formats import media_type_of
from messaging.domain.structured import Document, Head, OwnFile, Structured
from messaging.letters.filenames import safe_name
from messaging.letters.kinds import extension_of
from messaging.letters.structured.archive import Archive, ArchiveRefused
from messaging.letters.structured.cda import read_document, unreadable
from messaging.letters.structured.metadata import Entry, Metadata, read_metadata
from messaging.letters.structured.xml import XmlRefused

MOST_DOCUMENTS = 20
_METADATA = "METADATA.XML"
_SHOWN = frozenset({"application/pdf", "image/jpeg", "image/png", "image/tiff", "application/rtf", "text/plain"})
_LEFT_IN = frozenset({"INDEX.HTM", "INDEX.HTML", "README.TXT", _METADATA})
_LOOKED_AT = 64 * 1024


class Reads(StrEnum):
    """What a file that has a page of its own in words is read as."""

    XDM = "xdm"
    CDA = "cda"
    MESSAGE = "message"
    """An attached message, read like a letter."""


def structured_kind(content: bytes, media_type: str) -> Reads | None:
    """Whether these bytes are an XDM archive or a CDA document, told without unpacking or parsing."""
    if media_type == "application/zip":
        return Reads.XDM if _METADATA.encode() in content[-_LOOKED_AT:].upper() else None
    if media_type == "application/xml":
        return Reads.CDA if b"ClinicalDocument" in content[:_LOOKED_AT] else None
    return None


def read_structured(content: bytes, kind: Reads, name: str) -> Structured:
    """The documents in an XDM archive, or the one CDA document. Never fails: what can't be read says so."""
    if kind is Reads.CDA:
        return Structured(documents=(read_document(content, name),))
    try:
        archive = Archive(content)
    except ArchiveRefused:
        return Structured(documents=(unreadable(name),))
    return _Reader(archive).structured()


class _Reader:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._by_name = {name.upper(): name for name in archive.names}
        self._used: set[str] = set()

    def structured(self) -> Structured:
        sets = [(place, self._metadata(place)) for place in self._archive.names if _base(place) == _METADATA]
        wanted = [(place, entry) for place, metadata in sets for entry in metadata.entries]
        documents = [self._document(self._beside(place, entry.uri), entry) for place, entry in wanted]
        documents += [self._document(place, None) for place in self._unannounced(sets)]
        return Structured(
            documents=tuple(documents[:MOST_DOCUMENTS]),
            patient_ids=tuple(one for _, metadata in sets for one in metadata.patient_ids),
            others=tuple(name for name in self._archive.names if name not in self._used and not _is_frame(name)),
        )

    def _metadata(self, place: str) -> Metadata:
        self._used.add(place)
        try:
            return read_metadata(self._archive.read(place))
        except (ArchiveRefused, XmlRefused, ValueError):
            return Metadata()

    def _unannounced(self, sets: list[tuple[str, Metadata]]) -> list[str]:
        """Without a metadata that can be read, every document beside where it should be."""
        if any(metadata.entries for _, metadata in sets):
            return []
        folders = {dirname(place) for place, _ in sets}
        return [name for name in self._archive.names if dirname(name) in folders and not _is_frame(name)]

    def _beside(self, place: str, reference: str) -> str:
        """The member that a reference names, from the folder of another; case does not matter."""
        path = normpath(f"{dirname(place)}/{reference}".replace("\\", "/")).lstrip("/")
        return self._by_name.get(path.upper(), "")

    def _document(self, place: str, entry: Entry | None) -> Document:
        title = (entry.title if entry else "") or _base(place)
        if not place:
            return unreadable(title)
        self._used.add(place)
        try:
            content = self._archive.read(place)
        except ArchiveRefused:
            return unreadable(title)
        if structured_kind(content, media_type_of(content, "")) is Reads.CDA:
            return read_document(content, title, lambda reference: self._file(place, reference))
        label = entry.media_type if entry else ""
        if "xml" in label or place.upper().endswith(".XML"):
            return unreadable(title)
        return _plain(content, title, label)

    def _file(self, place: str, reference: str) -> bytes:
        name = self._beside(place, reference)
        try:
            content = self._archive.read(name) if name else b""
        except ArchiveRefused:
            return b""
        self._used.add(name)
        return content


def _plain(content: bytes, title: str, label: str) -> Document:
    """A document that is a file like any other."""
    media_type = media_type_of(content, label)
    if media_type not in _SHOWN:
        return unreadable(title)
    extension = extension_of(media_type)
    stem = title if title.lower().endswith(extension) else f"{title}{extension}"
    file = OwnFile(name=safe_name(stem, 1, extension), media_type=media_type, content=content)
    return Document(head=Head(title=title), files=(file,), body_file=0)


def _base(name: str) -> str:
    return name.rpartition("/")[2].upper()


def _is_frame(name: str) -> bool:
    """The archive's own index and read-me, not anybody's document."""
    return _base(name) in _LEFT_IN
