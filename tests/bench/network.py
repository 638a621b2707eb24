"""A phone in the countryside: an upload and a download through a line of 100 kbit/s and 300 ms."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
from rich.console import Console

from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.bench.pages import Visit
from tests.system.toxics import toxics

KBIT = 100.0
LATENCY_MS = 150
"""One way: 300 ms there and back."""
UPLOAD = 5_000_000
DOWNLOAD = 24_000_000
OVERHEAD = 0.9
"""The share of a line that a letter's bytes get of it at best: the rest is headers and waits."""
_PATIENCE = 7_200.0


class Caller:
    """A patient's requests through one line; a browser would send the same."""

    def __init__(self, visit: Visit, line: int, site: str) -> None:
        headers = {"Cookie": visit.cookies(), "Origin": site, "Sec-Fetch-Site": "same-origin", "Accept": "*/*"}
        host = urlsplit(site).netloc
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{line}", headers={**headers, "Host": host}, timeout=_PATIENCE
        )

    def upload(self, draft: str) -> float:
        """Send a file of the device to a draft by its plain form; the seconds it took."""
        began = time.monotonic()
        file = ("Radio.pdf", b"%PDF-1.7\n%" + secrets.token_bytes(UPLOAD - 10), "application/pdf")
        answer = self._client.post(f"{draft}/appareil", files={"fichier": file})
        assert answer.status_code == 303, f"{answer.status_code} {answer.text[:300]}"
        return time.monotonic() - began

    def download(self, path: str) -> float:
        """Fetch a letter's original to its last byte; the seconds it took."""
        began, size = time.monotonic(), 0
        with self._client.stream("GET", path) as answer:
            assert answer.status_code == 200, answer.status_code
            for chunk in answer.iter_bytes():
                size += len(chunk)
        assert size == int(answer.headers["content-length"]) and size > 0.9 * DOWNLOAD, size
        return time.monotonic() - began


def network(ground: Ground, kbit: float, console: Console) -> list[Figure]:
    """Both at once, each through a line of its own: 34 minutes at 100 kbit/s."""
    console.print(f"5 MB up and 24 MB down at {kbit:g} kbit/s and {2 * LATENCY_MS} ms …")
    visit = Visit(ground)
    visit.enter(letters=1)
    letter = visit.large_letter(DOWNLOAD)
    draft = visit.begin_reply()
    site = f"http://localhost:{ground.stack.ports['gateway']}"
    with toxics() as proxy, ThreadPoolExecutor(2) as pool:
        lines = {name: proxy.way_to(name, ground.stack.ports["gateway"]) for name in ("up", "down")}
        for line in lines.values():
            line.slow(LATENCY_MS)
            line.narrow(kbit)
        up = pool.submit(Caller(visit, lines["up"].port, site).upload, draft)
        down = pool.submit(Caller(visit, lines["down"].port, site).download, letter)
        return [
            _figure("5 MB up", UPLOAD, up.result(), kbit),
            _figure("24 MB down", DOWNLOAD, down.result(), kbit),
        ]


def _figure(name: str, size: int, seconds: float, kbit: float) -> Figure:
    bare = size / (kbit * 1000 / 8)
    return Figure(
        name=f"{name} at {kbit:g} kbit/s",
        unit="s",
        values=[seconds],
        floors=[bare],
        floor_name="the bytes alone",
        target_ratio=1 / OVERHEAD,
    )
