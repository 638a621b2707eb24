"""The press: one PDF at a time, a place for everybody, and nothing left where it worked."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pypdfium2
import pytest

from messaging.paper.desk import desk, sweep
from messaging.paper.press import MOST_WAITING, Press, PressBusy, Printed, PrintingFailed
from messaging.paper.sheets import AttachedFile, Sheet

SHEET = Sheet(
    title="Rendez-vous",
    author="Inaya Michel",
    language="fr",
    footer="Pli",
    page_of="Page {page} sur {pages}",
    dated="Document préparé",
    notes=(),
    letters=(),
    attached=(AttachedFile(name="a.txt", path="1", media_type="text/plain", key="a"),),
)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the press works."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


class Files:
    """A file that comes when it is let come."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.come = asyncio.Event()

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """The bytes under `key`."""
        self.asked.set()
        await self.come.wait()
        yield b"contenu"


async def whole(printed: Printed) -> bytes:
    """All its bytes."""
    return b"".join([chunk async for chunk in printed.chunks()])


async def test_a_second_pdf_of_the_same_patient_waits_for_no_turn_but_is_told(place: Path) -> None:
    press, files = Press(), Files()
    first = asyncio.create_task(press.printed("inaya", SHEET, files.read))
    await files.asked.wait()
    with pytest.raises(PressBusy):
        await press.printed("inaya", SHEET, files.read)
    files.come.set()
    assert pypdfium2.PdfDocument(await whole(await first)).count_attachments() == 1
    assert list(place.iterdir()) == []


async def test_other_patients_wait_their_turn_up_to_so_many_and_then_so_long() -> None:
    press, files = Press(turn_seconds=0.2), Files()
    first = asyncio.create_task(press.printed("inaya", SHEET, files.read))
    await files.asked.wait()
    waiting = [asyncio.create_task(press.printed(str(one), SHEET, files.read)) for one in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(PressBusy, match="asked for"):
        await press.printed("another", SHEET, files.read)
    for one in waiting:
        with pytest.raises(PressBusy, match="no turn"):
            await one
    files.come.set()
    assert await whole(await first)
    assert await whole(await press.printed("another", SHEET, files.read))


async def test_files_that_do_not_come_in_time_end_it_and_leave_nothing(place: Path) -> None:
    press, files = Press(seconds=0.2), Files()
    with pytest.raises(PrintingFailed, match=r"0\.2 s"):
        await press.printed("inaya", SHEET, files.read)
    assert list(place.iterdir()) == []
    files.come.set()
    assert await whole(await Press().printed("inaya", SHEET, files.read))


def test_what_a_killed_process_left_is_cleared_by_the_next_and_what_is_in_use_is_not(place: Path) -> None:
    working = "import sys, tempfile; tempfile.tempdir = sys.argv[1]\n" + (
        "from messaging.paper.desk import desk\n"
        "with desk() as folder:\n"
        "    (folder / 'words.json').write_text('{}')\n"
        "    print('ready', flush=True); sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", working, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == b"ready\n"
    with desk() as ours:
        assert sweep() == 0
        assert len(list(place.iterdir())) == 2
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        Press()
        assert list(place.iterdir()) == [ours]
    process.stdin.close()
    process.stdout.close()
    assert list(place.iterdir()) == []
