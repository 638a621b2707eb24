"""A letter as received, as its patient may have it: made of the untouched one each time it is asked for."""

from collections.abc import AsyncIterator

from msgspec import Struct

from messaging.letters import header_end, masked_header
from messaging.letters.senders import MOST_HEADER_BYTES
from messaging.objects import Objects


class Original(Struct, frozen=True, kw_only=True):
    """The header block without other patients' addresses, then the letter's body from `body_at` on, in bytes."""

    head: bytes
    raw_key: str
    body_at: int
    size: int

    async def chunks(self, objects: Objects, offset: int, length: int) -> AsyncIterator[bytes]:
        """`length` bytes from `offset`."""
        head = self.head[offset : offset + length]
        if head:
            yield head
        left = length - len(head)
        if left > 0:
            start = self.body_at + max(offset - len(self.head), 0)
            async with objects.open(self.raw_key, start, left) as stream:
                async for chunk in stream.chunks():
                    yield chunk


async def original_of(objects: Objects, raw_key: str, own_address: str, patient_domain: str) -> Original:
    """The original of the letter under this key. A header block that never ends withholds all of it."""
    whole = await objects.size(raw_key)
    end, block = await _header_block(objects, raw_key, whole)
    head = masked_header(block, own_address, patient_domain)
    return Original(head=head, raw_key=raw_key, body_at=end, size=len(head) + whole - end)


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
