"""SecantusDB, which speaks MongoDB's protocol: its command line and its first user."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from stack.errors import BuildFailed
from stack.ports import HOST

START_BOUND_S = 30.0
Client = MongoClient[Mapping[str, object]]


def command(built: Path, data: Path, port: int, *, auth: bool = True) -> list[str]:
    """The server: every commit on disk before it is answered, as the promises need."""
    line = [
        str(built / "bin" / "secantusd-py"), "--host", HOST, "--port", str(port), "--storage-path", str(data),
        "--cache-size", "256M", "--sync-on-commit", "--log-level", "WARNING",
    ]  # fmt: skip
    return [*line, "--auth"] if auth else line


def first_user(built: Path, data: Path, port: int, password: str, log: Path) -> None:
    """Create the administrator in an empty data folder, before anyone can reach the store.

    The server offers no other way: one start without `--auth`, on the loopback, and stop.
    """
    done = data.with_name(f"{data.name}.administrator")
    if done.exists():
        return
    with log.open("a") as out:
        server = subprocess.Popen(command(built, data, port, auth=False), stdout=out, stderr=out)
    try:
        _create(port, password, server, log)
    finally:
        server.terminate()
        server.wait(START_BOUND_S)
    done.touch()


def _create(port: int, password: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_BOUND_S
    with Client(f"mongodb://{HOST}:{port}/?directConnection=true", serverSelectionTimeoutMS=300) as client:
        while time.monotonic() < deadline and server.poll() is None:
            try:
                if not _users(client):
                    client.admin.command("createUser", "admin", pwd=password, roles=["root"])
                return
            except PyMongoError as error:
                last = error
                time.sleep(0.2)
    raise BuildFailed(f"the store's first user could not be created: {last}", f"make reset   # its log is {log}")


def _users(client: Client) -> bool:
    return bool(client.admin.command("usersInfo", "admin").get("users"))
