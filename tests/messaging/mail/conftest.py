"""An open door for each test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from messaging.door import taking
from tests.messaging.mail.doorstep import House


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A door on a socket file."""
    monkeypatch.setattr(taking, "WAIT", 0.1)
    opened = House(tmp_path / "door")
    await opened.open()
    yield opened
    await opened.close()
