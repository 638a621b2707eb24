"""A door that closes cuts nobody off without a word."""

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from messaging.door.listening import Door
from messaging.door.scanning import NoScanner
from tests.children import free_port
from tests.messaging.mail.doorstep import OPERATORS
from tests.messaging.mail.test_door import settings

pytestmark = pytest.mark.stack


async def test_who_waits_to_be_let_in_when_the_door_closes_is_told_421() -> None:
    unused: Any = None
    operators: Any = SimpleNamespace(current=lambda: OPERATORS)
    door = Door(
        settings(door_loopback_without_tls=True, door_port=free_port()),
        operators=operators,
        recipients=unused,
        taking=unused,
        scanner=NoScanner(),
        objects=unused,
    )
    await door.start()
    waiting = [socket.create_connection(("127.0.0.1", door.port)) for _ in range(10)]
    await door.stop()
    for one in waiting:
        reader, writer = await asyncio.open_connection(sock=one)
        async with asyncio.timeout(5):
            assert b"421 4.3.2 Closing" in await reader.read()
        writer.close()
