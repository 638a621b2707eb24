"""Pages of PDFs: drawn and read by a process that can do nothing else, or not at all."""

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from io import BytesIO

import pikepdf
import pytest
from PIL import Image

from chassis.errors import BackingServiceAway
from chassis.previews.previewer import NoPreview, Previewer

CONFINED = """
import os, socket, sys
from chassis.previews.confinement import enclose, limit
limit()
enclose()
attempts = {
    "open": lambda: open("/etc/passwd"),
    "write": lambda: os.open("/tmp/pli", os.O_CREAT | os.O_WRONLY),
    "connect": lambda: socket.socket(),
    "fork": os.fork,
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "kill": lambda: os.kill(os.getppid(), 0),
    "list": lambda: os.listdir("/"),
}
for name, attempt in attempts.items():
    try:
        attempt()
        sys.stdout.write(name + " ")
    except OSError:
        pass
sys.stdout.write("enclosed")
"""


def letters_of(count: int, words: str = "Compte rendu") -> bytes:
    """A PDF of pages that each say something."""
    document = pikepdf.new()
    for number in range(1, count + 1):
        page = document.add_blank_page(page_size=(595, 842))
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=document.make_indirect(font)))
        said = f"({words} {number})".encode("latin-1")
        page.Contents = document.make_stream(b"BT /F1 24 Tf 72 700 Td " + said + b" Tj ET")
    return saved(document)


def saved(document: pikepdf.Pdf, **how: object) -> bytes:
    kept = BytesIO()
    document.save(kept, static_id=True, **how)  # type: ignore[arg-type]
    return kept.getvalue()


async def stream(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]


@pytest.fixture
def previewer() -> Previewer:
    return Previewer()


async def test_pages_are_counted_measured_and_read(previewer: Previewer) -> None:
    found = await previewer.describe(stream(letters_of(5)), 2, 2)
    assert found.total == 5
    assert [page.text for page in found.pages] == ["Compte rendu 2", "Compte rendu 3"]
    assert {(page.width, page.height) for page in found.pages} == {(595, 842)}


async def test_a_page_is_drawn_as_wide_as_asked(previewer: Previewer) -> None:
    drawn = Image.open(BytesIO(await previewer.draw(stream(letters_of(1)), 1, 400)))
    assert (drawn.format, abs(drawn.width - 400) <= 1) == ("WEBP", True)
    darkest, _ = drawn.convert("L").getextrema()
    assert darkest < 100


def encrypted() -> bytes:
    document = pikepdf.open(BytesIO(letters_of(1)))
    return saved(document, encryption=pikepdf.Encryption(owner="a", user="b"))


def huge() -> bytes:
    document = pikepdf.new()
    document.add_blank_page(page_size=(14_400, 14_400))
    return saved(document)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "broken"),
        (b"%PDF-1.7 and nothing", "broken"),
        (letters_of(3)[:300], "broken"),
        (encrypted(), "encrypted"),
        (b"%PDF-1.7" + bytes(26_000_000), "too-large"),
    ],
    ids=["empty", "nothing", "cut", "encrypted", "too large"],
)
async def test_what_has_no_preview_says_why(previewer: Previewer, content: bytes, reason: str) -> None:
    with pytest.raises(NoPreview) as told:
        await previewer.describe(stream(content), 1, 5)
    assert told.value.reason == reason


async def test_a_page_that_is_not_there_is_said_so(previewer: Previewer) -> None:
    with pytest.raises(NoPreview) as told:
        await previewer.draw(stream(letters_of(1)), 2, 100)
    assert told.value.reason == "no-such-page"


async def test_a_page_as_large_as_a_house_is_drawn_within_bounds(previewer: Previewer) -> None:
    drawn = Image.open(BytesIO(await previewer.draw(stream(huge()), 1, 100_000)))
    assert drawn.width * drawn.height <= 16_100_000


async def test_what_takes_too_long_is_ended(previewer: Previewer) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"%PDF-1.7"
        await asyncio.sleep(3_600)

    began = time.monotonic()
    with pytest.raises(NoPreview) as told:
        await Previewer(seconds=0.5).describe(endless(), 1, 1)
    assert told.value.reason == "too-slow"
    assert time.monotonic() - began < 30


async def test_a_file_that_breaks_off_is_the_store_s_fault_and_said_so(previewer: Previewer) -> None:
    async def broken_off() -> AsyncIterator[bytes]:
        yield letters_of(1)[:100]
        raise BackingServiceAway("objects")

    with pytest.raises(BackingServiceAway):
        await previewer.describe(broken_off(), 1, 1)


async def test_many_at_once_wait_their_turn(previewer: Previewer) -> None:
    content = letters_of(2)
    drawn = await asyncio.gather(*(previewer.draw(stream(content), 1 + number % 2, 50) for number in range(5)))
    assert len(drawn) == 5


def mutated() -> Iterator[bytes]:
    seeded = random.Random(5)
    whole = letters_of(2)
    for _ in range(12):
        broken = bytearray(whole)
        for _ in range(20):
            broken[seeded.randrange(len(broken))] = seeded.randrange(256)
        yield bytes(broken)


@pytest.mark.parametrize("content", list(mutated()), ids=range(12))
async def test_a_damaged_pdf_is_shown_or_is_not_and_nothing_else_happens(
    previewer: Previewer, content: bytes
) -> None:
    try:
        found = await previewer.describe(stream(content), 1, 5)
        assert found.total >= 1
        await previewer.draw(stream(content), 1, 100)
    except NoPreview as error:
        assert error.reason in {"broken", "encrypted", "too-slow", "no-such-page"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux filters system calls")
def test_the_process_can_open_start_reach_and_signal_nothing() -> None:
    ran = subprocess.run([sys.executable, "-I", "-c", CONFINED], capture_output=True, timeout=60, check=False)
    assert (ran.stdout, ran.returncode) == (b"enclosed", 0)


def test_the_process_gets_no_more_memory_than_its_bound() -> None:
    hungry = (
        "from chassis.previews.confinement import limit\n"
        "limit()\n"
        "try:\n    bytearray(2 << 30)\nexcept MemoryError:\n    raise SystemExit(7)\n"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", hungry], capture_output=True, timeout=60, check=False)
    assert ran.returncode == 7
