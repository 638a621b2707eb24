"""Conversations made into PDFs, one at a time, each by a process of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from chassis.child import child
from chassis.errors import Kind
from chassis.i18n import mark as _
from chassis.telemetry import log
from messaging.domain.errors import MessagingError
from messaging.paper.desk import desk, sweep
from messaging.paper.sheets import Sheet

SECONDS = 40.0
"""For one conversation, the reading of its files included."""
TURN_SECONDS = 15.0
"""For its turn. With `SECONDS` less than the gateway waits for an answer to begin."""
MOST_WAITING = 5
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


class PressBusy(PrintingFailed):
    """Nothing was begun: one of this patient's is being made, or too many of others' are."""

    code = "press-busy"
    sentence = _("Un autre PDF est en cours de préparation.")


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
    """Typesets one conversation after the other; the files are on disk meanwhile, where only we may read them.

    What a killed process left there is cleared before anything else.
    """

    def __init__(self, seconds: float = SECONDS, turn_seconds: float = TURN_SECONDS) -> None:
        self._turn = asyncio.Semaphore(1)
        self._seconds = seconds
        self._turn_seconds = turn_seconds
        self._asking: set[str] = set()
        if left := sweep():
            log.info("paper.swept", folders=left)

    async def printed(self, patient_id: str, sheet: Sheet, read: Reads) -> Printed:
        """The PDF, one at a time for each patient.

        Raises `PressBusy`, `PrintingFailed`, and what `read` raises; nothing is left on disk then or after.
        """
        with self._asked(patient_id):
            await self._wait()
            try:
                async with asyncio.timeout(self._seconds):
                    return await _typeset(sheet, read)
            except TimeoutError as error:
                raise PrintingFailed(f"no PDF within {self._seconds:g} s") from error
            finally:
                self._turn.release()

    @contextmanager
    def _asked(self, patient_id: str) -> Iterator[None]:
        if patient_id in self._asking or len(self._asking) > MOST_WAITING:
            raise PressBusy(f"{len(self._asking)} are asked for")
        self._asking.add(patient_id)
        try:
            yield
        finally:
            self._asking.remove(patient_id)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._turn_seconds):
                await self._turn.acquire()
        except TimeoutError as error:
            raise PressBusy(f"no turn within {self._turn_seconds:g} s") from error


async def _typeset(sheet: Sheet, read: Reads) -> Printed:
    with desk() as folder:
        await asyncio.to_thread((folder / "words.json").write_bytes, msgspec.json.encode(sheet))
        for attached in sheet.attached:
            await _fetch(read(attached.key), folder / attached.path)
        await _set(folder)
        made = folder / "conversation.pdf"
        return Printed(made.open("rb"), made.stat().st_size)


async def _fetch(chunks: AsyncIterator[bytes], path: Path) -> None:
    with path.open("wb") as file:
        async for chunk in chunks:
            await asyncio.to_thread(file.write, chunk)


async def _set(folder: Path) -> None:
    async with child(SETTING, str(folder), pipes=asyncio.subprocess.DEVNULL) as process:
        status = await process.wait()
    if status:
        log.warning("paper.failed", status=status)
        raise PrintingFailed(f"status {status}")
