"""`python -m provision`: topics, users and rights, the same locally and in production."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from contracts.topics import TOPICS
from provision import kafka as bus
from provision import objects as files
from provision import store as documents
from provision.errors import NotAnswering
from provision.rights import Topic
from provision.settings import Settings

app = cyclopts.App(
    name="provision",
    help="Give Kafka, the objects and the store what the services need, and no right more; as often as wished.",
    version_flags=[],
)

REGISTRY: Sequence[Topic] = TOPICS
RETRY_S = 0.2

Wait = Annotated[float, Parameter(name="--wait")]
Replication = Annotated[int, Parameter(name="--replication", env_var="PLI_KAFKA_REPLICATION")]


@app.command
def kafka(*, wait: Wait = 0, replication: Replication = 1) -> None:
    """Create and configure topics, set users' passwords, make the rights those of the registry.

    Parameters
    ----------
    wait:
        How many seconds to wait for the cluster to answer.
    replication:
        Copies of each partition of a new topic (3 in production).
    """
    settings = Settings(os.environ)
    admin = bus.client(settings)
    _until(lambda: bus.answers(admin), wait, "Kafka")
    print(bus.provision(admin, REGISTRY, settings, replication), flush=True)


@app.command
def objects(*, wait: Wait = 0) -> None:
    """Have each bucket, encrypted and with its expiries, and its user with one policy."""
    settings = Settings(os.environ)
    client = files.client(settings)
    _until(lambda: files.answers(client), wait, "MinIO")
    print(files.provision(client, files.admin_client(settings), settings), flush=True)


@app.command
def store(*, wait: Wait = 0) -> None:
    """Have each service's user of the store, with its one database."""
    settings = Settings(os.environ)
    with documents.client(settings) as mongo:
        _until(lambda: documents.answers(mongo), wait, "MongoDB")
        print(documents.provision(mongo, settings), flush=True)


@app.command(name="all")
def everything(*, wait: Wait = 0, replication: Replication = 1, unless_unchanged: Path | None = None) -> None:
    """All three at once.

    Parameters
    ----------
    unless_unchanged:
        A file that remembers what was provisioned: nothing is done if registry and secrets are still those.
    """
    now = _fingerprint()
    if unless_unchanged and unless_unchanged.exists() and unless_unchanged.read_text() == now:
        print("provisioned already: registry and secrets are unchanged", flush=True)
        return
    jobs: tuple[Callable[[], None], ...] = (
        lambda: kafka(wait=wait, replication=replication),
        lambda: objects(wait=wait),
        lambda: store(wait=wait),
    )
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()
    if unless_unchanged:
        unless_unchanged.write_text(now)


def _fingerprint() -> str:
    """What decides about the outcome: the registry, the settings, and this program."""
    digest = hashlib.sha256()
    for topic in REGISTRY:
        digest.update(repr((topic.name, topic.partitions, sorted(topic.config.items()))).encode())
        digest.update(repr((topic.producers, topic.consumers, topic.followers)).encode())
    for name, value in sorted(os.environ.items()):
        if name.startswith("PLI_"):
            digest.update(f"{name}={value}\0".encode())
    for module in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(module.read_bytes())
    return digest.hexdigest()


def _until(ask: Callable[[], None], seconds: float, what: str) -> None:
    """Ask until it is answered. Whatever a client raises before its server is up means: not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except Exception as error:
            if time.monotonic() >= deadline:
                raise NotAnswering(what, seconds, error) from error
        time.sleep(RETRY_S)
