"""Objects: streamed in and out of the service's own bucket through a bounded pool of threads."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

import urllib3
import urllib3.exceptions
from minio import Minio
from minio.commonconfig import CopySource
from minio.datatypes import parse_copy_object
from minio.error import MinioException, S3Error
from minio.helpers import DictType
from urllib3.util import Retry, Timeout

from chassis.errors import BackingServiceAway, NotFound, PliError, recognise
from chassis.ids import new_id
from chassis.settings import Settings
from chassis.threads import BoundedPool
from chassis.uploads import PartsUpload
from chassis.watch import SLOW_FOR_MS, Watch, heeding
from contracts.base import Claim

CHUNK = 256 * 1024
TEMPORARY = "temporary/"
MOST_STREAMS = 128
"""Objects read at once in one process; each holds a connection for as long as its reader takes."""
KEPT_FOR_STREAMS = 16

P = ParamSpec("P")
T = TypeVar("T")


class ClaimRefused(PliError):
    """A claim names bytes that were not handed over to this service for this patient."""

    code = "claim-refused"


class AlreadyThere(PliError):
    """There is an object under this key, and it stays as it is."""

    code = "already-there"


class ClaimMismatch(PliError):
    """The bytes under a claim are not those it describes."""

    code = "claim-mismatch"


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """What was stored: its key, its size in bytes, and the SHA-256 of its bytes in hexadecimal."""

    key: str
    size: int
    sha256: str


class Stream:
    """An object being read. Iterate `chunks()` once; `size` is what will come."""

    def __init__(self, pool: BoundedPool, response: Any, size: int) -> None:
        self.size = size
        self._pool = pool
        self._response = response

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, `CHUNK` at a time. Raises `BackingServiceAway` if the store breaks off."""
        left = self.size
        while left > 0:
            with _in_our_words():
                chunk = await self._pool.run(self._response.read, min(CHUNK, left))
            if not chunk:
                raise BackingServiceAway("objects")
            left -= len(chunk)
            yield chunk

    async def close(self) -> None:
        """Give the connection back."""
        await self._pool.run(self._release)

    def _release(self) -> None:
        self._response.close()
        self._response.release_conn()


class Objects:
    """The service's own bucket. Every method raises `BackingServiceAway` while the store is away."""

    def __init__(self, settings: Settings) -> None:
        assert settings.objects_bucket
        self.bucket = settings.objects_bucket
        self.service = settings.service
        self._pool = BoundedPool("objects", settings.objects_threads)
        self._streams = asyncio.Semaphore(MOST_STREAMS)
        self._client = _client(
            settings,
            maxsize=settings.objects_threads + KEPT_FOR_STREAMS,
            block=False,  # an open stream holds a connection: waiting for one in a thread could last for ever
            timeout=Timeout(connect=1.0, read=20.0),
            retries=Retry(total=1, backoff_factor=0.1, status_forcelist=()),
        )

    async def ping(self) -> None:
        """Answer if the bucket does."""
        await self._call(self._client.bucket_exists, self.bucket)

    async def put(
        self, key: str, chunks: AsyncIterator[bytes], media_type: str, *, only_new: bool = False
    ) -> StoredObject:
        """Store a stream under `key`, hashing it on the way; one part (5 MiB) at most is held in memory.

        The object is there whole or not at all. What `chunks` raises is raised here. With `only_new` the first of
        several who write wins, and the others' raises `AlreadyThere`.
        """
        upload = PartsUpload(self._client, self._call, (self.bucket, key), media_type, only_new=only_new)
        try:
            async for chunk in chunks:
                await upload.add(chunk)
            await upload.finish()
        except BaseException:
            await upload.abandon()
            raise
        return StoredObject(key=key, size=upload.size, sha256=upload.sha256)

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with _in_our_words():
            return await self._pool.run(function, *args, **kwargs)

    async def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredObject:
        """Store bytes that are in memory already."""
        headers: DictType = {"Content-Type": media_type}
        await self._call(self._client._put_object, self.bucket, key, data, headers)
        return StoredObject(key=key, size=len(data), sha256=hashlib.sha256(data).hexdigest())

    @asynccontextmanager
    async def open(self, key: str, offset: int = 0, length: int | None = None) -> AsyncIterator[Stream]:
        """Read an object, or `length` bytes of it from `offset`. Raises `NotFound` if there is none.

        Of one with fewer bytes those that are there; `offset` must be before its end, unless it is 0.
        """
        async with self._streams:
            response = await self._call(self._begun, key, offset, length or 0)
            stream = Stream(self._pool, response, int(response.headers["content-length"]))
            try:
                yield stream
            finally:
                await stream.close()

    def _begun(self, key: str, offset: int, length: int) -> Any:
        try:
            return self._client.get_object(self.bucket, key, offset=offset, length=length)
        except S3Error as error:
            if error.code != "InvalidRange" or offset:
                raise
            return self._client.get_object(self.bucket, key)  # it is empty: S3 gives no range of nothing

    async def chunks(self, key: str, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of an object, or `length` of them from `offset`. Raises `NotFound` if there is none.

        For who reads on to the end: who may stop before it opens the object, and so lets go of it at once.
        """
        async with self.open(key, offset, length) as stream:
            async for chunk in stream.chunks():
                yield chunk

    async def read(self, key: str, most: int) -> bytes:
        """A small object whole. Raises `NotFound`, or `ClaimMismatch` if it is larger than `most` bytes."""
        return await self._call(self._read_whole, key, most)

    def _read_whole(self, key: str, most: int) -> bytes:
        """In one go of a thread, for the letters of a flood are read this way."""
        response = self._client.get_object(self.bucket, key)
        try:
            size = int(response.headers["content-length"])
            if size > most:
                raise ClaimMismatch(f"{size} bytes, at most {most} are read at once")
            content: bytes = response.read()
            if len(content) < size:
                raise BackingServiceAway("objects")
            return content
        finally:
            response.close()
            response.release_conn()

    async def size(self, key: str) -> int:
        """The size of an object in bytes. Raises `NotFound` if there is none."""
        found = await self._call(self._client.stat_object, self.bucket, key)
        return int(found.size or 0)

    async def copy(self, source_key: str, target_key: str, source_bucket: str | None = None) -> None:
        """Copy inside the store, without the bytes passing here: 5 GB at most. Raises `NotFound`.

        The client's own call would ask for the source's size first.
        """
        source = CopySource(source_bucket or self.bucket, source_key)
        await self._call(self._copy, source, target_key)

    def _copy(self, source: CopySource, target_key: str) -> None:
        headers = cast(DictType, source.gen_copy_headers())
        answer = self._client._execute("PUT", self.bucket, target_key, headers=headers)
        try:
            parse_copy_object(answer)
        except ValueError as error:  # S3 may say in a 200 that it could not copy after all
            raise BackingServiceAway("objects") from error

    async def remove(self, key: str) -> None:
        """Delete an object; one that is gone already is fine."""
        await self._call(self._client.remove_object, self.bucket, key)

    async def remove_under(self, prefix: str) -> None:
        """Delete every object whose key begins so, a page of their names at a time."""
        assert prefix.strip("/"), "never the whole bucket"

        def remove() -> None:
            for found in self._client.list_objects(self.bucket, prefix, recursive=True):
                self._client.remove_object(self.bucket, str(found.object_name))

        await self._call(remove)

    async def keys_under(self, prefix: str) -> list[str]:
        """The keys that begin so, in their order."""

        def keys() -> list[str]:
            found = self._client.list_objects(self.bucket, prefix, recursive=True)
            return [str(one.object_name) for one in found]

        return await self._call(keys)

    async def digest(self, key: str) -> StoredObject:
        """Size and SHA-256 of an object, read as a stream."""
        hasher, size = hashlib.sha256(), 0
        async with self.open(key) as stream:
            async for chunk in stream.chunks():
                hasher.update(chunk)
                size += len(chunk)
        return StoredObject(key=key, size=size, sha256=hasher.hexdigest())

    async def hand_over(
        self, *, consumer: str, patient_id: str, source_key: str, filename: str, media_type: str,
        handover_id: str | None = None,
    ) -> Claim:  # fmt: skip
        """Copy an object to where `consumer` alone may fetch it, and write the claim for it.

        `handover_id` makes a repeat write the same claim.
        """
        key = f"handover/{consumer}/{patient_id}/{handover_id or new_id()}"
        await self.copy(source_key, key)
        stored = await self.digest(key)
        return Claim(key=key, sha256=stored.sha256, size=stored.size, media_type=media_type, filename=filename)

    async def take(self, claim: Claim, *, producer: str, patient_id: str, target_key: str) -> StoredObject:
        """Fetch what a claim names into our bucket and verify it. `producer` is also its bucket's name.

        Raises `ClaimRefused` for a key outside our own prefix, `ClaimMismatch` for other bytes, `NotFound`.
        """
        prefix = f"handover/{self.service}/{patient_id}/"
        if not claim.key.startswith(prefix) or "/" in claim.key[len(prefix) :] or ".." in claim.key:
            raise ClaimRefused(f"outside of {prefix}")
        temporary = f"{TEMPORARY}{new_id()}"
        await self.copy(claim.key, temporary, source_bucket=producer)
        try:
            stored = await self.digest(temporary)
            if (stored.size, stored.sha256) != (claim.size, claim.sha256):
                raise ClaimMismatch("size or hash differ")
            await self.copy(temporary, target_key)
        finally:
            await self.remove(temporary)
        return StoredObject(key=target_key, size=stored.size, sha256=stored.sha256)

    def close(self) -> None:
        """Take no more work."""
        self._pool.close()


def watch_objects(settings: Settings) -> Watch:
    """The watch over the objects, for pages that show files. It looks over a connection that nothing else uses."""
    assert settings.objects_bucket
    patience = SLOW_FOR_MS / 1000
    ask = _client(settings, timeout=Timeout(connect=patience, read=patience), retries=False).bucket_exists
    thread = BoundedPool("objects-look", 1)
    bucket = settings.objects_bucket

    async def look() -> bool:
        try:
            await thread.run(ask, bucket)
        except (urllib3.exceptions.TimeoutError, urllib3.exceptions.NewConnectionError):
            return False
        except (MinioException, urllib3.exceptions.HTTPError):
            return True  # whatever it says, it speaks; a connection that was cut says nothing of the service
        return True

    return Watch("objects", look, thread.close)


def _client(settings: Settings, **connections: Any) -> Minio:
    assert settings.objects_endpoint and settings.objects_secret_key
    return Minio(
        settings.objects_endpoint,
        access_key=settings.objects_access_key,
        secret_key=settings.objects_secret_key.get_secret_value(),
        region=settings.objects_region,
        secure=settings.objects_tls,
        http_client=urllib3.PoolManager(**connections),
    )


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Turn the client's errors inside the block into ours: `NotFound`, `AlreadyThere`, or the store is away.

    Before somebody the objects' watch is heeded as well.
    """
    with heeding("objects"):
        try:
            yield
        except S3Error as error:
            if error.code in ("NoSuchKey", "NoSuchObject"):
                raise NotFound("no such object") from error
            if error.code == "PreconditionFailed":
                raise AlreadyThere("an object is there already") from error
            raise recognise(error) or error from error
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise BackingServiceAway("objects") from error
