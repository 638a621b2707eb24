"""What a letter's bytes cost without Pli: the same stores, nothing else. `-m tests.bench.floors`.

Reads `Stores` in JSON from its standard input and prints its port. For each letter of the plain protocol:
an object, a record acknowledged by the bus, and, for `readable`, the standard library's parse and one
transaction of two documents. Only then is it answered.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from io import BytesIO

import msgspec
import urllib3
import uvloop
from aiokafka import AIOKafkaProducer
from minio import Minio
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.write_concern import WriteConcern

from chassis.ids import new_id

TOPIC = "bench.floor"
FOLDER = "incoming/bench-floor"
COLLECTIONS = ("bench_messages", "bench_conversations")
THREADS = 8
DURABLE = WriteConcern(w="majority", j=True)


class Stores(msgspec.Struct, frozen=True, kw_only=True):
    """Where the stores are and who may use them: messaging's own for objects and documents, the bus's
    administrator for a topic of ours.
    """

    kafka: str
    kafka_username: str
    kafka_password: str
    objects: str
    objects_key: str
    objects_secret: str
    bucket: str
    region: str
    mongo: str
    mongo_username: str
    mongo_password: str
    database: str
    readable: bool = False


class Floor:
    """The bare work for one letter."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._threads = ThreadPoolExecutor(THREADS)
        pool = urllib3.PoolManager(maxsize=THREADS, block=True)
        self._objects = Minio(
            stores.objects,
            access_key=stores.objects_key,
            secret_key=stores.objects_secret,
            region=stores.region,
            secure=False,
            http_client=pool,
        )
        self._client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(
            stores.mongo,
            username=stores.mongo_username,
            password=stores.mongo_password,
            authSource="admin",
        )
        self._database = self._client[stores.database]

    async def start(self) -> None:
        """Connect, and have the collections before any transaction."""
        for name in COLLECTIONS:
            await self._database[name].insert_one({"_id": new_id(), "size": 0})
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._stores.kafka,
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="SCRAM-SHA-512",
            sasl_plain_username=self._stores.kafka_username,
            sasl_plain_password=self._stores.kafka_password,
            enable_idempotence=True,
        )
        await self._producer.start()

    async def letter(self, letter: bytes) -> None:
        """Everything for one letter."""
        loop = asyncio.get_running_loop()
        key = f"{FOLDER}/{new_id()}"
        await loop.run_in_executor(self._threads, self._put, key, letter)
        await self._producer.send_and_wait(TOPIC, key.encode() * 8, key=key.encode())
        if self._stores.readable:
            await loop.run_in_executor(self._threads, parse, letter)
            await self.transaction(len(letter))

    def _put(self, key: str, letter: bytes) -> None:
        self._objects.put_object(self._stores.bucket, key, BytesIO(letter), len(letter), "message/rfc822")

    async def transaction(self, size: int) -> None:
        """Two documents, committed together and durably."""
        async with await self._client.start_session() as session:
            async with session.start_transaction(write_concern=DURABLE):
                for name in COLLECTIONS:
                    await self._database[name].insert_one({"_id": new_id(), "size": size}, session=session)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The plain protocol, letter after letter."""
        while length := await reader.readline():
            await self.letter(await reader.readexactly(int(length)))
            writer.write(b"250 taken\r\n")
        writer.close()


def parse(letter: bytes) -> int:
    """Read a letter with the standard library, its parts decoded; their bytes together."""
    message = message_from_bytes(letter, policy=policy.compat32)
    contents = (part.get_payload(decode=True) for part in message.walk() if not part.is_multipart())
    return sum(len(content) for content in contents if isinstance(content, bytes))


async def serve(answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
    """Listen on a free port, print it, and go on until ended."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 read by who started us
    await server.serve_forever()


async def main(stores: Stores) -> None:
    """Serve the floor."""
    floor = Floor(stores)
    await floor.start()
    await serve(floor.connected)


if __name__ == "__main__":
    uvloop.run(main(msgspec.json.decode(sys.stdin.buffer.read(), type=Stores)))
