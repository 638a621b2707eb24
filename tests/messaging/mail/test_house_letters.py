"""What was written to who runs the house can be read by them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from messaging.house_letters import fetch


class Stream:
    def __init__(self, content: bytes, breaks: bool) -> None:
        self._content, self._breaks = content, breaks

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._content[:2]
        if self._breaks:
            raise ConnectionResetError
        yield self._content[2:]


class Bucket:
    def __init__(self) -> None:
        self.kept = {"incoming/operators/b": b"second", "incoming/operators/a": b"first", "incoming/c": b"other"}
        self.breaks = False

    async def keys_under(self, prefix: str) -> list[str]:
        return sorted(key for key in self.kept if key.startswith(prefix))

    @asynccontextmanager
    async def open(self, key: str) -> AsyncIterator[Stream]:
        yield Stream(self.kept[key], self.breaks)


async def test_letters_to_postmaster_are_written_into_a_folder_once(tmp_path: Path) -> None:
    bucket, folder = Bucket(), tmp_path / "new" / "folder"
    assert await fetch(bucket, folder) == [folder / "a.eml", folder / "b.eml"]  # type: ignore[arg-type]
    assert (folder / "b.eml").read_bytes() == b"second"
    bucket.kept["incoming/operators/d"] = b"third"
    assert await fetch(bucket, folder) == [folder / "d.eml"]  # type: ignore[arg-type]


async def test_a_letter_that_was_cut_on_its_way_is_fetched_again(tmp_path: Path) -> None:
    bucket = Bucket()
    bucket.breaks = True
    with pytest.raises(ConnectionResetError):
        await fetch(bucket, tmp_path)  # type: ignore[arg-type]
    bucket.breaks = False
    assert len(await fetch(bucket, tmp_path)) == 2  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.eml", "b.eml"]
