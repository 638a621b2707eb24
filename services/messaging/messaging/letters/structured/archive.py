"""Archives opened safely: nothing is written anywhere, and what is unpacked is counted while it is."""

import struct
import zipfile
import zlib
from io import BytesIO
from typing import IO

from messaging.letters.charsets import text_of
from messaging.letters.filenames import UNNAMED

MOST_DIRECTORY = 1_000_000
"""Bytes of the list of members: some ten thousand of them."""
MOST_MEMBERS = 1_000
MOST_MEMBER = 30_000_000
"""Bytes of one member, unpacked."""
MOST_UNPACKED = 60_000_000
"""Bytes unpacked of one archive, all its members together."""
MOST_RATIO = 300
"""Times that a member may grow once it passes a megabyte: text grows thirtyfold at most."""
LONGEST_NAME = 240
_END = b"PK\x05\x06"
_END_SIZE = 22
_LONGEST_COMMENT = 65_535
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_AT_ONCE = 256 * 1024


class ArchiveRefused(Exception):
    """The archive is no plain ZIP, or asks for more than a letter's file may."""


class Archive:
    """A ZIP's members by name, unpacked in memory one at a time within one budget."""

    def __init__(self, content: bytes) -> None:
        _check_directory(content)
        try:
            self._zip = zipfile.ZipFile(BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError, struct.error) as error:
            raise ArchiveRefused(str(error)) from error
        self._members: dict[str, zipfile.ZipInfo] = {}
        self._left = MOST_UNPACKED
        for number, info in enumerate(self._zip.infolist()[:MOST_MEMBERS], start=1):
            if not info.filename.endswith("/"):  # the library's `is_dir` stumbles over a name without a letter
                self._members.setdefault(_name(info.filename) or f"{UNNAMED} {number}", info)

    @property
    def names(self) -> tuple[str, ...]:
        """The members' names with plain slashes, in their order; of two of one name the first."""
        return tuple(self._members)

    def read(self, name: str) -> bytes:
        """A member's bytes. Raises `ArchiveRefused` if it is encrypted, damaged or too large."""
        info = self._members.get(name)
        if info is None:
            raise ArchiveRefused(f"no member {name!r}")
        if info.flag_bits & 0x1 or info.compress_type not in _METHODS:
            raise ArchiveRefused("encrypted, or packed in an unusual way")
        try:
            with self._zip.open(info) as member:
                return self._counted(member, info.compress_size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise ArchiveRefused(str(error)) from error

    def _counted(self, member: IO[bytes], packed: int) -> bytes:
        chunks, size = [], 0
        while chunk := member.read(_AT_ONCE):
            size += len(chunk)
            self._left -= len(chunk)
            too_dense = size > 1_000_000 and size > max(packed, 1) * MOST_RATIO
            if size > MOST_MEMBER or self._left < 0 or too_dense:
                raise ArchiveRefused("unpacks to more than a letter's file may")
            chunks.append(chunk)
        return b"".join(chunks)


def _check_directory(content: bytes) -> None:
    """Read the end record ourselves: the library would read a list of members of any length."""
    at = content.rfind(_END, max(0, len(content) - _END_SIZE - _LONGEST_COMMENT))
    if at < 0 or at + _END_SIZE > len(content):
        raise ArchiveRefused("no end of the list of members")
    size = struct.unpack_from("<L", content, at + 12)[0]
    if size > MOST_DIRECTORY:
        raise ArchiveRefused("too many members")


def _name(raw: str) -> str:
    """A name as a place inside the archive: no drive, no root, no way up; empty if nothing is left of it."""
    steps = [step for step in raw.replace("\\", "/").split("/") if step not in ("", ".", "..")]
    return text_of("/".join(steps)[:LONGEST_NAME].encode("utf-8", "replace"))
