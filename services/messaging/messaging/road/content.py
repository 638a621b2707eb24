"""What leaves, as bytes: a reply is composed once and kept as sent, and read from there ever after."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial

from msgspec import Struct

from chassis.errors import NotFound
from messaging.composing import Letterhead, Sender, compose
from messaging.domain.addresses import domain_of
from messaging.domain.consignment import Cargo, Consignment
from messaging.domain.model import Attachment, Message
from messaging.letters import header_end
from messaging.letters.senders import MOST_HEADER_BYTES
from messaging.objects import AlreadyThere, Objects, sent_key
from messaging.receipts import compose_receipt
from messaging.sending_back import compose_return
from messaging.store import MessagingStore

HELD = 512 * 1024
"""Bytes: a message up to this size goes out as it was composed; a larger one is read block by block."""
COMPOSING_AT_ONCE = 4


class Content(Struct, frozen=True):
    """A message of `size` bytes; `chunks` can be asked for again."""

    size: int
    chunks: Callable[[], AsyncIterator[bytes]]


class Contents:
    """Finds or makes what a consignment carries."""

    def __init__(self, letterhead: Letterhead, store: MessagingStore, objects: Objects) -> None:
        self._letterhead = letterhead
        self._store = store
        self._objects = objects
        self._composing = asyncio.Semaphore(COMPOSING_AT_ONCE)

    async def of(self, consignment: Consignment) -> "Carried":
        """What this consignment carries, and who it is from. Raises `NotFound` when a file of it is gone."""
        if consignment.cargo is Cargo.RETURN:
            return Carried("", await self._return(consignment))
        message = await self._store.message(consignment.patient_id, consignment.message_id)
        if consignment.cargo is Cargo.RECEIPT:
            return Carried("", await self._receipt(consignment, message))
        key = sent_key(message.patient_id, message.id)
        kept = await self._kept(key) if _may_be_kept(consignment, message) else None
        return Carried(message.sender.address, kept or await self._composed(message, key))

    async def _composed(self, message: Message, key: str) -> Content:
        """Composed and kept; as another has kept it, when a consignment to another domain was quicker."""
        sender = await self._sender(message.patient_id)
        async with self._composing:
            blocks = _Held(compose(message, sender, self._letterhead, self._bytes_of))
            try:
                stored = await self._objects.put(key, blocks.pass_on(), "message/rfc822", only_new=True)
            except AlreadyThere:
                return self._stored(key, await self._objects.size(key))
        held = blocks.whole
        return _in_memory(held) if held else self._stored(key, stored.size)

    async def _receipt(self, consignment: Consignment, letter: Message) -> Content:
        """Not kept: its bytes follow from the letter, the instant and the patient's name."""
        sender = await self._sender(letter.patient_id)
        (asked,) = consignment.deliveries
        return _in_memory(
            compose_receipt(
                letter,
                asked.recipient,
                sender,
                self._letterhead,
                receipt_id=asked.id,
                at=consignment.queued_at,
            )
        )

    async def _return(self, consignment: Consignment) -> Content:
        """Not kept either: its bytes follow from the letter's header and the instant it came."""
        patient = await self._store.patient(consignment.patient_id)
        (asked,) = consignment.deliveries
        beginning = self._objects.chunks(consignment.original_key or "", 0, MOST_HEADER_BYTES)
        head = b"".join([chunk async for chunk in beginning])
        return _in_memory(
            compose_return(
                head[: max(header_end(head), 0)],
                patient.mailbox_address,
                asked.recipient,
                self._letterhead,
                return_id=asked.id,
                at=consignment.queued_at,
            )
        )

    async def _sender(self, patient_id: str) -> Sender:
        patient = await self._store.patient(patient_id)
        return Sender(patient.given_name, patient.family_name, patient.party.address)

    async def _kept(self, key: str) -> Content | None:
        try:
            return self._stored(key, await self._objects.size(key))
        except NotFound:
            return None

    def _stored(self, key: str, size: int) -> Content:
        return Content(size, partial(self._objects.chunks, key))

    def _bytes_of(self, attachment: Attachment) -> AsyncIterator[bytes]:
        return self._objects.chunks(attachment.object_key)


class Carried(Struct, frozen=True):
    """A message and the sender of its envelope, empty for a receipt and a return."""

    sender: str
    content: Content


def _may_be_kept(consignment: Consignment, message: Message) -> bool:
    """An ordinary reply at its first attempt isn't looked for; one to another domain too may have left there."""
    elsewhere = any(domain_of(party.address) != consignment.domain for party in message.recipients)
    return elsewhere or consignment.left_before


def _in_memory(whole: bytes) -> Content:
    async def chunks() -> AsyncIterator[bytes]:
        yield whole

    return Content(len(whole), chunks)


class _Held:
    """Passes blocks on, and holds them as long as they are few."""

    def __init__(self, blocks: AsyncIterator[bytes]) -> None:
        self._blocks = blocks
        self._held: list[bytes] | None = []
        self._size = 0

    async def pass_on(self) -> AsyncIterator[bytes]:
        async for block in self._blocks:
            self._hold(block)
            yield block

    def _hold(self, block: bytes) -> None:
        self._size += len(block)
        if self._held is not None and self._size <= HELD:
            self._held.append(block)
        else:
            self._held = None

    @property
    def whole(self) -> bytes | None:
        """All of them, or None when they were too many."""
        return b"".join(self._held) if self._held is not None else None
