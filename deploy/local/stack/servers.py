"""The servers that Pli stands on, and the one that troubles it: what pins each, how it is built into the cache."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stack import cache, kafka
from stack.errors import BuildFailed
from stack.places import CHECKOUT, SERVERS

Fill = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Server:
    """A server in the cache. `expected` is what a cold build takes, for the person who waits."""

    name: str
    pins: tuple[Path, ...]
    fill: Fill
    expected: str
    finish: Callable[[Path], None] | None = None
    """What must run at the final place, because it records absolute paths."""

    @property
    def key(self) -> str:
        return cache.key_of(self.pins, platform.python_version() if _is_python(self) else "")

    @property
    def folder(self) -> Path:
        return cache.folder_of(self.name, self.key)

    def build(self) -> bool:
        """Have the server in the cache; True if something had to be built now."""
        built = cache.ensure(self.name, self.key, self.fill)
        if self.finish is not None:
            self.finish(self.folder)
        return built


def pins(server: str, *names: str) -> tuple[Path, ...]:
    return tuple(SERVERS / server / name for name in names)


def run(command: list[str], log: Path, cwd: Path | None = None, **environ: str) -> None:
    """Run one step of a build; its output goes to the log, which the error names."""
    with log.open("a") as out:
        done = subprocess.run(
            command, cwd=cwd, env={**os.environ, **environ}, stdout=out, stderr=out, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    if done.returncode:
        raise BuildFailed(
            f"`{' '.join(command[:4])} …` failed; its last words:\n{_last_words(log)}",
            f"make setup   # goes on where it stopped; the whole log is {log}",
        )


def _last_words(log: Path) -> str:
    return "\n".join("    " + line for line in log.read_text(errors="replace").splitlines()[-6:])


def _is_python(server: Server) -> bool:
    return any(pin.name == "requirements.lock" for pin in server.pins)


def _go(server: str, package: str) -> Fill:
    """Build one Go program from its committed go.mod and go.sum, with the toolchain that is here."""

    def fill(into: Path, log: Path) -> None:
        run(
            ["go", "build", "-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o", str(into / server), package],
            log, SERVERS / server, GOTOOLCHAIN="local", CGO_ENABLED="0", GOFLAGS="-buildvcs=false",
        )  # fmt: skip

    return fill


def _python(server: str) -> Fill:
    """An environment of the server's own, that can be moved: nothing of it is ever imported by us."""

    def fill(into: Path, log: Path) -> None:
        uv = str(CHECKOUT / ".venv" / "bin" / "uv")
        run([uv, "venv", "--relocatable", "--clear", "--python", sys.executable, str(into)], log)
        lock = str(SERVERS / server / "requirements.lock")
        python = str(into / "bin" / "python")
        run([uv, "pip", "sync", "--require-hashes", "--link-mode", "copy", "--python", python, lock], log)

    return fill


def _maildev(into: Path, log: Path) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(SERVERS / "maildev" / name, into)
    run(["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], log, into)


def _kafka(into: Path, log: Path) -> None:
    libs = into / "libs"
    run(
        ["mvn", "-B", "-q", "-f", str(kafka.FOLDER / "pom.xml"), "dependency:copy-dependencies",
         "-DincludeScope=runtime", f"-DoutputDirectory={libs}"],
        log,
    )  # fmt: skip
    _check_jars(libs)


def _check_jars(libs: Path) -> None:
    """Maven has no lock file: the jars' hashes are ours to compare."""
    lines = (line.split() for line in (kafka.FOLDER / "jars.sha256").read_text().splitlines())
    listed = {name: digest for digest, name in lines}
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in libs.glob("*.jar")}
    if found != listed:
        strange = sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))
        raise BuildFailed(
            f"Kafka's jars aren't the pinned ones: {', '.join(strange)}", "make lock   # after reading why"
        )


def _kafka_archive(built: Path) -> None:
    if not kafka.archive_of(built).exists():
        kafka.archive_classes(built, _spare_port(), _spare_port())


def _spare_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_GO_PINS = ("go.mod", "go.sum")
MINIO = Server("minio", pins("minio", *_GO_PINS), _go("minio", "github.com/minio/minio"), "3 to 5 min")
KAFKA = Server("kafka", pins("kafka", "pom.xml", "jars.sha256"), _kafka, "15 s", _kafka_archive)
SECANTUSDB = Server("secantusdb", pins("secantusdb", "requirements.lock"), _python("secantusdb"), "10 s")
TRAEFIK = Server("traefik", pins("traefik", "requirements.lock"), _python("traefik"), "5 s")
MAILDEV = Server("maildev", pins("maildev", "package.json", "package-lock.json"), _maildev, "10 s")
PROCESS_COMPOSE = Server(
    "process-compose", pins("process-compose", *_GO_PINS),
    _go("process-compose", "github.com/f1bonacc1/process-compose/src"), "1 min",
)  # fmt: skip
VICTORIAMETRICS = Server(
    "victoriametrics", pins("victoriametrics", *_GO_PINS),
    _go("victoriametrics", "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics"), "30 s",
)  # fmt: skip

TOXIPROXY = Server(
    "toxiproxy", pins("toxiproxy", *_GO_PINS),
    _go("toxiproxy", "github.com/Shopify/toxiproxy/v2/cmd/server"), "15 s",
)  # fmt: skip
"""Cuts and slows connections, for tests and `make bench` alone: no part of a running stack."""

SERVERS_IN_ORDER: tuple[Server, ...] = (
    MINIO, KAFKA, TRAEFIK, SECANTUSDB, MAILDEV, PROCESS_COMPOSE, VICTORIAMETRICS, TOXIPROXY,
)  # fmt: skip
"""The slowest first: on two cores it builds beside all the others."""

BY_NAME: Mapping[str, Server] = {server.name: server for server in SERVERS_IN_ORDER}
