"""Letters as received, as their patients may have them: made of the untouched ones whenever they are asked for."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from msgspec import Struct

from chassis.threads import BoundedPool
from messaging.domain.model import Attachment
from messaging.letters import header_end, masked_header
from messaging.letters.masking import Mask
from messaging.letters.nested import NestedMask, Where, begins_with
from messaging.letters.senders import MOST_HEADER_BYTES
from messaging.objects import Objects


class Original(Struct, frozen=True, kw_only=True):
    """The header block without other patients' addresses, then the letter's body from `body_at` on, in bytes.

    In the body the header blocks of attached messages are masked, in as many bytes as they have.
    """

    head: bytes
    raw_key: str
    body_at: int
    begins: Where
    mask: Mask
    size: int


class Originals:
    """Letters as received, and the messages attached to them, as their patient may have them.

    What a stranger wrote is looked through in threads of its own, two at once: the worst of 25 MB takes seconds.
    """

    def __init__(self, objects: Objects, patient_domain: str) -> None:
        self._objects = objects
        self._domain = patient_domain
        self._pool = BoundedPool("originals", 2)

    async def of(self, raw_key: str, own_address: str) -> Original:
        """The original of the letter under this key. A header block that never ends withholds all of it."""
        whole = await self._objects.size(raw_key)
        end, block = await _header_block(self._objects, raw_key, whole)
        head = await self._pool.run(masked_header, block, own_address, self._domain)
        return Original(
            head=head,
            raw_key=raw_key,
            body_at=end,
            begins=begins_with(block),
            mask=Mask(own_address, self._domain),
            size=len(head) + whole - end,
        )

    async def chunks(self, original: Original, offset: int, length: int) -> AsyncIterator[bytes]:
        """`length` bytes of it from `offset`."""
        head = original.head[offset : offset + length]
        if head:
            yield head
        left = length - len(head)
        if left > 0:
            nested = NestedMask(original.mask, original.begins)
            body = self._masked(original.raw_key, original.body_at, nested)
            async for chunk in _stretch(body, max(offset - len(original.head), 0), left):
                yield chunk

    async def file(
        self, file: Attachment, own_address: str, offset: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """`length` bytes from `offset` of a file of a letter, all by default; masked if it is a message."""
        wanted = file.size - offset if length is None else length
        chunks = self._objects.chunks(file.object_key, offset, wanted)
        if file.media_type.startswith("message/"):
            nested = NestedMask(Mask(own_address, self._domain), Where.MESSAGE)
            chunks = _stretch(self._masked(file.object_key, 0, nested), offset, wanted)
        async for chunk in chunks:
            yield chunk

    async def _masked(self, key: str, begin: int, nested: NestedMask) -> AsyncGenerator[bytes, None]:
        """All from `begin` on, whatever is asked for: what a line is of follows from those before it."""
        async with self._objects.open(key, begin) as stream:
            async for chunk in stream.chunks():
                yield await self._pool.run(nested.feed, chunk)
        yield await self._pool.run(nested.feed, b"", last=True)


async def _stretch(chunks: AsyncGenerator[bytes, None], offset: int, length: int) -> AsyncIterator[bytes]:
    """`length` bytes from `offset`; what comes after them is not read."""
    async with aclosing(chunks):
        async for chunk in chunks:
            given = chunk[offset : offset + length]
            offset -= min(offset, len(chunk))
            length -= len(given)
            if given:
                yield given
            if not length:
                return


async def _header_block(objects: Objects, raw_key: str, whole: int) -> tuple[int, bytes]:
    """Where the header block ends, and its bytes unless they are too many to be looked through."""
    seen, left_out = b"", 0
    async with objects.open(raw_key) as stream:
        async for chunk in stream.chunks():
            seen += chunk
            end = header_end(seen)
            if end >= 0:
                return left_out + end, b"" if left_out else seen[:end]
            if len(seen) > MOST_HEADER_BYTES:
                # four bytes may begin the blank line; the first of them is no beginning of the letter
                left_out += len(seen) - 4
                seen = seen[-4:]
    return whole, b""
