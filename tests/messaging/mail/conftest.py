"""An open door for each test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from messaging.door import taking
from messaging.door.tls import DoorTls
from tests.certificates import Authority
from tests.messaging.mail.doorstep import House


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A door on a socket file."""
    monkeypatch.setattr(taking, "WAIT", 0.1)
    opened = House(tmp_path / "door")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def guarded(house: House, authority: Authority) -> House:
    """The same door, with TLS."""
    house.tls = DoorTls(*authority.issue("door.test", "door"), authority.file)
    await house.reopen()
    return house
