"""Conversations made into PDFs, one at a time, each by a process of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import msgspec

from chassis.child import child
from chassis.errors import Kind
from chassis.i18n import mark as _
from chassis.telemetry import log
from messaging.domain.errors import MessagingError
from messaging.paper.sheets import Sheet

SECONDS = 60.0
"""For one conversation, its turn and the reading of its files included."""
CHUNK = 256 * 1024
SETTING = "messaging.paper.setting"

Reads = Callable[[str], AsyncIterator[bytes]]
"""The bytes of a file, by its key in the store."""


class PrintingFailed(MessagingError):
    """The PDF could not be made, or not in time."""

    code = "printing-failed"
    kind = Kind.TRANSIENT
    status = 503
    sentence = _("Le PDF de cette conversation n'a pas pu être préparé.")
    next_step = _("Réessayez dans un instant, ou téléchargez la conversation en ZIP.")


class Printed:
    """A PDF that lies nowhere any more but in its open file: read once, gone when it is closed."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size

    async def chunks(self) -> AsyncIterator[bytes]:
        """Its bytes."""
        with self._file:
            while chunk := await asyncio.to_thread(self._file.read, CHUNK):
                yield chunk


class Press:
    """Typesets one conversation after the other; the files are on disk meanwhile, where only we may read them."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._turn = asyncio.Semaphore(1)
        self._seconds = seconds

    async def printed(self, sheet: Sheet, read: Reads) -> Printed:
        """The PDF. Raises `PrintingFailed`, and what `read` raises; nothing is left on disk then or after."""
        try:
            async with asyncio.timeout(self._seconds), self._turn:
                return await _typeset(sheet, read)
        except TimeoutError as error:
            raise PrintingFailed(f"no PDF within {self._seconds:g} s") from error


async def _typeset(sheet: Sheet, read: Reads) -> Printed:
    with TemporaryDirectory(prefix="pli-paper-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "words.json").write_bytes(msgspec.json.encode(sheet))
        for attached in sheet.attached:
            await _fetch(read(attached.key), folder / attached.path)
        await _set(folder)
        made = folder / "conversation.pdf"
        return Printed(made.open("rb"), made.stat().st_size)


async def _fetch(chunks: AsyncIterator[bytes], path: Path) -> None:
    with path.open("wb") as file:
        async for chunk in chunks:
            file.write(chunk)


async def _set(folder: Path) -> None:
    async with child(SETTING, str(folder), pipes=asyncio.subprocess.DEVNULL) as process:
        status = await process.wait()
    if status:
        log.warning("paper.failed", status=status)
        raise PrintingFailed(f"status {status}")
