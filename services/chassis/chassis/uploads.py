"""An upload in parts: nothing is there until all of it is, and one part at most is held in memory.

The pinned client sends streams of unknown length from a thread that it holds for as long as the sender takes,
with up to three parts in memory; its own calls for single parts, used here, are not in its public interface.
"""

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, cast

from minio import Minio
from minio.datatypes import CompleteMultipartUploadResult, Part
from minio.helpers import DictType

from chassis.errors import PliError

PART = 5 * 1024 * 1024
"""Bytes: the smallest part that S3 takes in the middle of an upload."""

Call = Callable[..., Awaitable[Any]]


class PartsUpload:
    """Give it bytes with `add`, then `finish` or `abandon`. A thread is taken for each part only.

    With `only_new` the store refuses to finish where there is an object already, whoever else writes meanwhile.
    """

    def __init__(
        self, client: Minio, call: Call, place: tuple[str, str], media_type: str, *, only_new: bool = False
    ) -> None:
        self.size = 0
        """Bytes given so far."""
        self._client = client
        self._call = call
        self._place = place
        self._headers = cast(DictType, {"Content-Type": media_type})
        self._condition = cast(DictType, {"If-None-Match": "*"} if only_new else {})
        self._digest = hashlib.sha256()
        self._buffer = bytearray()
        self._upload: str | None = None
        self._parts: list[Part] = []

    @property
    def sha256(self) -> str:
        """The SHA-256, in hexadecimal, of what was given."""
        return self._digest.hexdigest()

    async def add(self, chunk: bytes) -> None:
        """Take bytes; whenever a part is full it is sent before more are taken."""
        self._digest.update(chunk)
        self.size += len(chunk)
        self._buffer += chunk
        if len(self._buffer) >= PART:
            await self._send()

    async def finish(self) -> None:
        """Send what is left; only now is there an object."""
        if self._upload is None:
            await self._call(self._client._put_object, *self._place, self._data, self._headers | self._condition)
            return
        if self._buffer:
            await self._send()
        await self._call(self._complete)

    def _complete(self) -> None:
        """The client's own call takes no condition."""
        listed = "".join(
            f"<Part><PartNumber>{part.part_number}</PartNumber><ETag>&quot;{part.etag}&quot;</ETag></Part>"
            for part in self._parts
        )
        answer = self._client._execute(
            "POST",
            *self._place,
            body=f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode(),
            headers=cast(DictType, {"Content-Type": "application/xml"}) | self._condition,
            query_params=cast(DictType, {"uploadId": self._upload}),
        )
        CompleteMultipartUploadResult(answer)

    async def abandon(self) -> None:
        """Leave nothing; parts of a store that is away by now expire there by themselves."""
        if self._upload is not None:
            with suppress(PliError):
                await self._call(self._client._abort_multipart_upload, *self._place, self._upload)

    @property
    def _data(self) -> bytes:
        """The buffer itself: the client only reads it, and a copy would double what an upload takes."""
        return cast(bytes, self._buffer)

    async def _send(self) -> None:
        client, number = self._client, len(self._parts) + 1
        if self._upload is None:
            self._upload = await self._call(client._create_multipart_upload, *self._place, self._headers)
        etag = await self._call(client._upload_part, *self._place, self._data, None, self._upload, number)
        self._parts.append(Part(number, etag))
        self._buffer = bytearray()
