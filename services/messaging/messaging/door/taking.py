"""Taking one letter: from the connection into the object store and onto the bus, in constant memory.

The letter's bytes pass through; of them only the header block is looked at, for its sender.
"""

import asyncio
from collections.abc import AsyncIterator
from itertools import chain
from typing import Protocol

from msgspec import Struct

from chassis.clock import Clock
from chassis.errors import BackingServiceAway
from chassis.ids import new_id
from chassis.telemetry import log
from contracts.messaging import LetterTaken, NoticeReturnTaken
from messaging.domain.limits import LETTER_BYTES
from messaging.domain.operators import MailOperator
from messaging.door.content import ContentHash
from messaging.door.house import ReturnOf
from messaging.door.metrics import FOR_OPERATORS
from messaging.door.metrics import LETTER_BYTES as BYTES_TAKEN
from messaging.door.recipients import NOT_NOW, Known
from messaging.door.scanning import Scan, Scanner
from messaging.intake import Intake
from messaging.letters.senders import MOST_HEADER_BYTES, header_end, sender_in
from messaging.objects import Objects, StoredObject, incoming_key, operators_key

WAIT = 1.2
"""Seconds after which a store that is slow is asked whether it is there at all."""
AHEAD = 4
TAKEN = "250 2.0.0 Taken, {intake_id}"
TOO_LARGE = "552 5.3.4 Message too large"
BAD_SENDER = "550 5.7.1 From must be one address of a domain that is yours"
INFECTED = "554 5.7.1 Refused: the letter carries a virus ({found})"


class Source(Protocol):
    """Where a letter's bytes come from: empty at its end."""

    async def __call__(self) -> bytes:
        """The next bytes of the letter, un-stuffed."""
        ...


async def drain(source: Source) -> None:
    """Read to the end, so that the sender hears the answer."""
    while await source():
        continue


class Handing(Struct, frozen=True):
    """A letter's envelope: who hands it over, for which patients, on which of our notices it reports, and whether
    it is for who runs the house, too."""

    sender: str
    operator: MailOperator
    peer: str
    patients: tuple[Known, ...]
    returns: tuple[ReturnOf, ...] = ()
    for_operators: bool = False

    def may_be_from(self, address: str) -> bool:
        """Whether a letter may say that it is from there; reports come from `<>`, and from hosts as well."""
        return self.operator.answers_for(address) if self.sender else self.operator.may_report_as(address)


class Taking:
    """Takes letters for a door. One instance for all connections."""

    def __init__(self, objects: Objects, intake: Intake, scanner: Scanner, clock: Clock) -> None:
        self._objects = objects
        self._intake = intake
        self._scanner = scanner
        self._clock = clock
        self._abandoned: set[asyncio.Task[StoredObject]] = set()

    async def take(self, source: Source, handing: Handing) -> str:
        """The reply to a letter, all of whose bytes have been read from `source`.

        A report on our own notices, or a word to postmaster, may come from anybody whom the operator lets write; a
        letter to a patient only from a user of its operator, and a report from a mail program of it.
        """
        head = await _head(source)
        if handing.patients:
            mailer = sender_in(head[: _block_end(head)])
            if mailer is None or not handing.may_be_from(mailer.address):
                await drain(source)
                return BAD_SENDER
        letter = _Letter(source, head)
        intake_id = new_id()
        try:
            return await self._scanned(letter, intake_id, handing)
        except BackingServiceAway as error:
            await letter.drain()
            log.warning("letter.refused", intake_id=intake_id, away=error.what)
            return NOT_NOW

    async def _scanned(self, letter: "_Letter", intake_id: str, handing: Handing) -> str:
        scan = await self._scanner.begin()
        try:
            return await self._store(letter, scan, intake_id, handing)
        finally:
            scan.close()

    async def _store(self, letter: "_Letter", scan: Scan, intake_id: str, handing: Handing) -> str:
        """Nothing is stored, or recorded, of a letter in which something was found."""
        put = self._objects.put(incoming_key(intake_id), letter.chunks(), "message/rfc822")
        storing = asyncio.create_task(put)
        try:
            await self._feed(letter, storing, scan)
            if letter.too_large:
                return TOO_LARGE
            if found := await scan.verdict():
                log.warning("letter.infected", intake_id=intake_id, found=found)
                return INFECTED.format(found=found)
            letter.finish()
            stored = await self._patiently(storing)
            records = self._records(intake_id, _Came(stored, letter.content.hexdigest()), handing)
            await self._intake.append(records)
            if handing.for_operators:
                await self._keep_for_operators(stored, intake_id)
        finally:
            self._abandon(storing)
        BYTES_TAKEN.inc(stored.size)
        log.info("letter.taken", intake_id=intake_id, size=stored.size, recipients=len(records))
        return TAKEN.format(intake_id=intake_id)

    async def _feed(self, letter: "_Letter", storing: "asyncio.Task[StoredObject]", scan: Scan) -> None:
        """Read the letter to its end, as fast as the store and the scanner take it."""
        while chunk := await letter.read():
            await scan.feed(chunk)
            while not letter.offer(chunk):
                await self._room(letter, storing)

    async def _room(self, letter: "_Letter", storing: "asyncio.Task[StoredObject]") -> None:
        """Wait until the store has taken something. Raises `BackingServiceAway` if it doesn't answer."""
        taken = asyncio.create_task(letter.taken.wait())
        done, _ = await asyncio.wait({taken, storing}, timeout=WAIT, return_when="FIRST_COMPLETED")
        taken.cancel()
        if storing in done:
            await storing
            raise BackingServiceAway("objects")
        if not done:
            await self._ask_store()

    async def _patiently(self, storing: "asyncio.Task[StoredObject]") -> StoredObject:
        while True:
            done, _ = await asyncio.wait({storing}, timeout=WAIT)
            if done:
                return await storing
            await self._ask_store()

    async def _ask_store(self) -> None:
        try:
            async with asyncio.timeout(0.4):
                await self._objects.ping()
        except TimeoutError as error:
            raise BackingServiceAway("objects") from error

    async def _keep_for_operators(self, stored: StoredObject, intake_id: str) -> None:
        """Nothing is sent on: what runs in circles cannot begin here."""
        await self._objects.copy(stored.key, operators_key(intake_id))
        FOR_OPERATORS.inc()
        log.info("letter.for-operators", intake_id=intake_id)

    def _abandon(self, storing: "asyncio.Task[StoredObject]") -> None:
        """Cut an upload that is not wanted any more; it ends by itself, behind our back."""
        if storing.done():
            if not storing.cancelled():
                storing.exception()
            return
        storing.cancel()
        self._abandoned.add(storing)
        storing.add_done_callback(self._abandoned.discard)

    def _records(self, intake_id: str, came: "_Came", handing: Handing) -> list[LetterTaken | NoticeReturnTaken]:
        """One record a recipient, each with an id of its own; the first has that of the object."""
        ids = chain([intake_id], iter(new_id, None))
        at = self._clock()
        letters = [
            LetterTaken(
                intake_id=next(ids),
                patient_id=known.patient_id,
                recipient=known.address,
                envelope_sender=handing.sender,
                object_key=came.stored.key,
                size=came.stored.size,
                sha256=came.stored.sha256,
                content_sha256=came.content_sha256,
                peer=handing.peer,
                taken_at=at,
            )
            for known in handing.patients
        ]
        returns = [
            NoticeReturnTaken(
                intake_id=next(ids),
                notice_id=returned.notice_id,
                proof=returned.proof,
                object_key=came.stored.key,
                size=came.stored.size,
                taken_at=at,
            )
            for returned in handing.returns
        ]
        return [*letters, *returns]


class _Came(Struct, frozen=True):
    """What was stored of a letter, and its content's digest."""

    stored: StoredObject
    content_sha256: str


class _Letter:
    """A letter on its way: read from the connection, offered to the upload through a short queue."""

    def __init__(self, source: Source, head: bytes) -> None:
        self.content = ContentHash()
        self.taken = asyncio.Event()
        self.too_large = False
        self._source = source
        self._head: bytes | None = head
        self._size = 0
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._ended = False

    async def read(self) -> bytes:
        """The next bytes to store; empty at the letter's end, and from where it is too large."""
        chunk = self._head if self._head is not None else await self._source()
        self._head, self._ended = None, not chunk
        self._size += len(chunk)
        if self._size > LETTER_BYTES:
            self.too_large = True
            await self.drain()
            return b""
        self.content.feed(chunk)
        return chunk

    def offer(self, chunk: bytes) -> bool:
        """Hand bytes to the upload; False when it has enough of them for now."""
        self.taken.clear()
        if self._queue.qsize() >= AHEAD:
            return False
        self._queue.put_nowait(chunk)
        return True

    def finish(self) -> None:
        """Nothing more comes. A letter that is refused never finishes: its upload is cut."""
        self._queue.put_nowait(b"")

    async def chunks(self) -> AsyncIterator[bytes]:
        """What the upload reads."""
        while chunk := await self._queue.get():
            self.taken.set()
            yield chunk

    async def drain(self) -> None:
        """Read what the sender still sends, so that it hears the answer."""
        if not self._ended:
            self._ended = True
            await drain(self._source)


async def _head(source: Source) -> bytes:
    """The letter's beginning: its header block, or 64 KiB of it, or all of a shorter letter."""
    head = b""
    while header_end(head) < 0 and len(head) < MOST_HEADER_BYTES:
        chunk = await source()
        if not chunk:
            break
        head += chunk
    return head


def _block_end(head: bytes) -> int:
    end = header_end(head)
    return end if 0 <= end <= MOST_HEADER_BYTES else MOST_HEADER_BYTES
