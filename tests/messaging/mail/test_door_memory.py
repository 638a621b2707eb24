"""A letter passes through the door in constant memory, however large it is."""

import tracemalloc
from collections.abc import AsyncIterator

import pytest

from chassis.objects import StoredObject
from tests.messaging.mail.doorstep import HEAD, INAYA, House

LINE = b"x" * 76 + b"\r\n"
MEGABYTE = LINE * 12_800


async def swallow(key: str, chunks: AsyncIterator[bytes], media_type: str) -> StoredObject:
    """Store nothing, as an upload that is sent on at once holds nothing."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
    return StoredObject(key=key, size=size, sha256="0" * 64)


async def test_the_largest_letter_takes_no_more_memory_than_a_few_blocks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.bucket, "put", swallow)
    client = await house.client()
    for command in (b"EHLO x", b"MAIL FROM:<a@chu.mssante.fr>", b"RCPT TO:<%s>" % INAYA.encode(), b"DATA"):
        assert (await client.say(command))[:1] in "23"
    tracemalloc.start()
    try:
        client.writer.write(HEAD + b"\r\n")
        for _ in range(24):
            client.writer.write(MEGABYTE)
            await client.writer.drain()
        assert (await client.say(b".")).startswith("250")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert house.letters[0].size > 23_000_000
    assert most < 6_000_000
