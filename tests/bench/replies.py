"""Draft and send, as many as can be: "Répondre" and "Envoyer" of several patients at once, to the relay's 250.

The two acts alone: how long a person waits for them with the pages between is another figure.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from messaging.domain.drafting import tick_of
from stack.environment import Environment
from stack.environment import write as write_settings
from tests.bench.figures import Figure
from tests.bench.ground import Ground, helper, until
from tests.bench.letters import SENDER
from tests.bench.machine import Cpu
from tests.bench.pages import Visit

PATIENTS = 6
EACH = 25
TARGET = 100
PASSED = ("messaging-web", "messaging-worker", "mongodb", "kafka", "minio", "gateway")
"""The processes a reply passes."""
_TEXT = "Bonjour,\n\nMerci pour ces résultats. Je viendrai au rendez-vous.\n\nBien à vous"


class Writer:
    """One patient's answers, one after the other, as a browser without scripts sends them."""

    def __init__(self, site: str, visit: Visit) -> None:
        headers = {
            "Cookie": visit.cookies(),
            "Origin": site,
            "Sec-Fetch-Site": "same-origin",
            "Accept": "text/html",
        }
        self._client = httpx.AsyncClient(base_url=site, headers=headers, timeout=60.0)
        self.conversations = [urlsplit(url).path for url in visit.conversations(EACH)]

    async def answer_all(self) -> None:
        """Draft and send, once in each conversation."""
        for conversation in self.conversations:
            draft = await self._post(f"{conversation}/reponse", {"a": "expediteur"})
            form = {"revision": "1", "texte": _TEXT, "page": "bench", "a": tick_of(SENDER.address)}
            await self._post(f"{draft}/envoi", form)

    async def _post(self, path: str, form: dict[str, str]) -> str:
        answer = await self._client.post(path, data=form)
        assert answer.status_code == 303, f"{path}: {answer.status_code} {answer.text[:400]}"
        return urlsplit(answer.headers["location"]).path

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()


def replies(ground: Ground) -> Figure:
    """How many a second are drafted, sent, and taken by the relay."""
    notes = ground.folder / "answers.txt"
    notes.touch()
    visits = [Visit(ground) for _ in range(PATIENTS)]
    for visit in visits:
        visit.enter(letters=EACH)
    with helper("sink", str(notes)) as (port, _), _road_to(ground, port):
        return asyncio.run(_measured(ground, visits, notes))


async def _measured(ground: Ground, visits: Sequence[Visit], notes: Path) -> Figure:
    site = f"http://localhost:{ground.stack.ports['gateway']}"
    writers = [Writer(site, visit) for visit in visits]
    count = sum(len(writer.conversations) for writer in writers)
    pids = {name: ground.stack.pid(name) for name in PASSED}
    began = time.time()
    with Cpu(pids) as cpu:
        await asyncio.gather(*(writer.answer_all() for writer in writers))
        submitted = time.time()
        await asyncio.to_thread(until, lambda: len(_taken(notes)) >= count, what="the last reply at the relay")
    for writer in writers:
        await writer.close()
    return Figure(
        name="draft and send, side by side",
        unit="replies/s",
        values=[count / (_taken(notes)[-1] - began)],
        better="more",
        target=TARGET,
        cpu_ms=cpu.each(count),
        notes={"said to be sent, replies/s": count / (submitted - began)},
    )


def _taken(notes: Path) -> list[float]:
    return [float(line.split()[0]) for line in notes.read_text().splitlines()]


@contextmanager
def _road_to(ground: Ground, port: int) -> Iterator[None]:
    """Let the replies leave to another relay, and back again."""
    environment = Environment(ground.stack.instance)
    kept = environment.of("messaging-worker")
    write_settings(environment.path("messaging-worker"), {**kept, "PLI_ROAD_SMTP_PORT": str(port)})
    ground.stack.restart("messaging-worker")
    try:
        yield
    finally:
        write_settings(environment.path("messaging-worker"), kept)
        ground.stack.restart("messaging-worker")
