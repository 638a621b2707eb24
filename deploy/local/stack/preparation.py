"""Set-up: what the machine lacks, then every server into the cache, saying how long each takes."""

from __future__ import annotations

import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stack.errors import DiskTooFull
from stack.places import CHECKOUT, cache_root
from stack.programs import BUILDERS, TESTERS, Program, require
from stack.servers import SERVERS_IN_ORDER, Server

BUILD_NEEDS = 4 * 2**30
RUN_NEEDS = 2**30
LANES = 2
"""MinIO's build takes one lane for minutes; everything else goes through the other."""

_speaking = threading.Lock()


def prepare(*, browser: bool = True) -> None:
    """Have everything that the stack needs; what is there already is left alone."""
    began = time.monotonic()
    missing = [server for server in SERVERS_IN_ORDER if not server.folder.is_dir()]
    _check_disk(cache_root(), BUILD_NEEDS if missing else RUN_NEEDS)
    _check_disk(CHECKOUT, RUN_NEEDS)
    _programs(browser)
    if missing:
        say(f"building {len(missing)} servers, once for this user, into {cache_root()}")
    with ThreadPoolExecutor(max_workers=LANES) as lanes:
        builds = [lanes.submit(_build, server) for server in SERVERS_IN_ORDER]
    for build in builds:
        build.result()
    say(f"set up in {time.monotonic() - began:.1f} s")


def _programs(browser: bool) -> None:
    wanted: tuple[Program, ...] = (*BUILDERS, *TESTERS) if browser else BUILDERS
    installed = require(wanted)
    if installed:
        say(f"installed {', '.join(installed)}")


def _build(server: Server) -> None:
    if not server.folder.is_dir():
        say(f"  {server.name:<16} building (about {server.expected} on 2 cores) …")
    began = time.monotonic()
    if server.build():
        say(f"  {server.name:<16} built in {time.monotonic() - began:.1f} s")


def _check_disk(folder: Path, needed: int) -> None:
    there = folder
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    if free < needed:
        raise DiskTooFull(
            f"{free / 2**30:.1f} GiB are free below {there}, and {needed / 2**30:.0f} GiB are needed",
            f"free some space there (du -xh --max-depth=2 {there} | sort -h | tail), then the same command again",
        )


def say(line: str) -> None:
    """One line for the person who waits, whole even when builds speak at once."""
    with _speaking:
        print(line, flush=True)
