"""Objects in memory, as messaging's bucket keeps them."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chassis.errors import NotFound
from chassis.objects import AlreadyThere, ClaimMismatch, StoredObject
from contracts.base import Claim
from messaging.objects import Objects


class FakeStream:
    """An object being read."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = data

    async def chunks(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._data), 64 * 1024):
            yield self._data[start : start + 64 * 1024]


class FakeObjects(Objects):
    """Objects by key, and what was handed over."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    @asynccontextmanager
    async def open(self, key: str, offset: int = 0, length: int | None = None) -> AsyncIterator[Any]:
        if key not in self.kept:
            raise NotFound(key)
        data = self.kept[key]
        yield FakeStream(data[offset : offset + length if length else None])

    async def keys_under(self, prefix: str) -> list[str]:
        return sorted(key for key in self.kept if key.startswith(prefix))

    async def read(self, key: str, most: int) -> bytes:
        if await self.size(key) > most:
            raise ClaimMismatch(key)
        return self.kept[key]

    async def size(self, key: str) -> int:
        if key not in self.kept:
            raise NotFound(key)
        return len(self.kept[key])

    async def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredObject:
        self.kept[key] = data
        return StoredObject(key=key, size=len(data), sha256=hashlib.sha256(data).hexdigest())

    async def put(
        self, key: str, chunks: AsyncIterator[bytes], media_type: str, *, only_new: bool = False
    ) -> StoredObject:
        if only_new and key in self.kept:
            raise AlreadyThere(key)
        return await self.put_bytes(key, b"".join([chunk async for chunk in chunks]), media_type)

    async def copy(self, source_key: str, target_key: str, source_bucket: str | None = None) -> None:
        self.kept[target_key] = self.kept[source_key]

    async def remove(self, key: str) -> None:
        self.kept.pop(key, None)

    async def remove_under(self, prefix: str) -> None:
        for key in await self.keys_under(prefix):
            await self.remove(key)

    async def take(self, claim: Claim, *, producer: str, patient_id: str, target_key: str) -> StoredObject:
        return await self.put_bytes(target_key, self.kept[claim.key], claim.media_type)

    async def hand_over(
        self, *, consumer: str, patient_id: str, source_key: str, filename: str, media_type: str,
        handover_id: str | None = None,
    ) -> Claim:  # fmt: skip
        data = self.kept[source_key]
        key = f"handover/{consumer}/{patient_id}/{handover_id}"
        self.kept[key] = data
        return Claim(
            key=key,
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            media_type=media_type,
            filename=filename,
        )
