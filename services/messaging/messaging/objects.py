"""Where letters and replies lie in messaging's bucket. The only module that knows the object store.

`incoming/<intake>` raw letters at the door, expiring by themselves · `letters/<patient>/<message>/…` a
letter's evidence, patient's copy, HTML and parts · `drafts/<patient>/<draft>/<row>` files of drafts ·
`sent/<patient>/<message>` replies as they left.
"""

from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from typing import ParamSpec, TypeVar, cast

from minio.datatypes import Part
from minio.error import MinioException
from minio.helpers import DictType
from urllib3.exceptions import HTTPError

from chassis.errors import recognise
from chassis.objects import PART, Objects, StoredObject, Stream

__all__ = ["LetterObjects", "Objects", "StoredObject", "Stream"]

P = ParamSpec("P")
T = TypeVar("T")


class LetterObjects(Objects):
    """Objects for the door: a letter of any size passes through one buffer of 5 MiB.

    A thread is taken for each part, not for as long as a slow sender takes to send it.
    """

    async def put(
        self, key: str, chunks: AsyncIterator[bytes], media_type: str, *, directly: bool = False
    ) -> StoredObject:
        """As `Objects.put`. `directly`, an upload that breaks off leaves parts, which the store expires."""
        if not directly:
            return await super().put(key, chunks, media_type)
        digest, size = sha256(), 0
        parts = _Parts(self, key, media_type)
        async for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            await parts.add(chunk)
        await parts.finish()
        return StoredObject(key=key, size=size, sha256=digest.hexdigest())

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the client in a thread. Raises `BackingServiceAway`."""
        try:
            return await self._pool.run(function, *args, **kwargs)
        except (MinioException, HTTPError) as error:
            raise recognise(error) or error from error


class _Parts:
    """An upload in parts, begun with the first whole one; a smaller letter is put at once."""

    def __init__(self, objects: LetterObjects, key: str, media_type: str) -> None:
        self._call = objects.call
        self._client = objects._client
        self._place = (objects.bucket, key)
        self._media_type = media_type
        self._buffer = bytearray(PART)
        self._filled = 0
        self._upload: str | None = None
        self._parts: list[Part] = []

    async def add(self, chunk: bytes) -> None:
        """Take bytes, and upload the buffer whenever it is full."""
        left = memoryview(chunk)
        while left:
            taken = left[: PART - self._filled]
            self._buffer[self._filled : self._filled + len(taken)] = taken
            self._filled += len(taken)
            left = left[len(taken) :]
            if self._filled == PART:
                await self._send()

    async def finish(self) -> None:
        """Upload what is left; only now is there an object."""
        del self._buffer[self._filled :]
        if self._upload is None:
            headers = cast(DictType, {"Content-Type": self._media_type})
            await self._call(self._client._put_object, *self._place, self._data, headers)
            return
        if self._filled:
            await self._send()
        await self._call(self._client._complete_multipart_upload, *self._place, self._upload, self._parts)

    @property
    def _data(self) -> bytes:
        """The buffer itself: the client only reads it, and copying it would double what a letter takes."""
        return cast(bytes, self._buffer)

    async def _send(self) -> None:
        client, number = self._client, len(self._parts) + 1
        if self._upload is None:
            headers = cast(DictType, {"Content-Type": self._media_type})
            self._upload = await self._call(client._create_multipart_upload, *self._place, headers)
        etag = await self._call(client._upload_part, *self._place, self._data, None, self._upload, number)
        self._parts.append(Part(number, etag))
        self._filled = 0


def incoming_key(intake_id: str) -> str:
    """A letter as the door took it."""
    return f"incoming/{intake_id}"


def raw_key(patient_id: str, message_id: str) -> str:
    """The untouched letter: evidence, never given to the patient."""
    return f"letters/{patient_id}/{message_id}/raw"


def original_key(patient_id: str, message_id: str) -> str:
    """The patient's copy of the letter, other patients masked."""
    return f"letters/{patient_id}/{message_id}/original"


def html_key(patient_id: str, message_id: str) -> str:
    """The sanitised HTML body."""
    return f"letters/{patient_id}/{message_id}/html"


def part_key(patient_id: str, message_id: str, part_id: str) -> str:
    """An attachment of a letter."""
    return f"letters/{patient_id}/{message_id}/{part_id}"


def row_key(patient_id: str, draft_id: str, row_id: str) -> str:
    """A file of a draft, and of the reply it becomes."""
    return f"drafts/{patient_id}/{draft_id}/{row_id}"


def sent_key(patient_id: str, message_id: str) -> str:
    """A reply as it left."""
    return f"sent/{patient_id}/{message_id}"
