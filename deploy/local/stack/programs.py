"""The programs that set-up needs from the machine: found, installed where we may, or named."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.errors import ProgramMissing

SYSTEM_PATH = "/usr/sbin:/sbin"
"""Where servers lie; not every user's PATH has it."""
POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian asks it before a package starts its service; 101 means no."""


@dataclass(frozen=True)
class Program:
    """A program, how to ask its version, the least that will do, and Debian's package for it."""

    command: str
    ask: tuple[str, ...]
    least: tuple[int, ...]
    package: str
    why: str


GO = Program("go", ("version",), (1, 26, 6), "golang-go", "builds MinIO, VictoriaMetrics, process-compose")
JAVA = Program("java", ("-version",), (17,), "openjdk-17-jre-headless", "runs Kafka")
MAVEN = Program("mvn", ("-version",), (3, 8), "maven", "gets Kafka's jars")
NODE = Program("node", ("--version",), (20,), "nodejs", "runs the mail catcher")
NPM = Program("npm", ("--version",), (9,), "npm", "gets the mail catcher")
CHROMIUM = Program("chromium", ("--version",), (100,), "chromium", "is the tests' browser")
CLAMD = Program("clamd", ("--version",), (1,), "clamav-daemon", "scans letters at the door")
POSTFIX = Program("postconf", ("-d", "mail_version"), (3, 5), "postfix", "is the tests' other mail server")

BUILDERS = (GO, JAVA, MAVEN, NODE, NPM, CLAMD)
TESTERS = (CHROMIUM, POSTFIX)


def require(programs: Iterable[Program], environ: dict[str, str] | None = None) -> list[str]:
    """Have every program, installing the missing by apt-get as root; say which were installed."""
    missing = [program for program in programs if not _found(program)]
    if not missing:
        return []
    if _may_install():
        _install([program.package for program in missing], environ)
    for program in missing:
        if not _found(program):
            raise _missing(program)
    return [program.command for program in missing]


def version_of(program: Program) -> tuple[int, ...]:
    """The program's version as numbers, empty if it isn't there or doesn't say."""
    path = shutil.which(program.command) or shutil.which(program.command, path=SYSTEM_PATH)
    if path is None:
        return ()
    answer = subprocess.run([path, *program.ask], capture_output=True, text=True, check=False)
    plain = re.sub(r"\x1b\[[\d;]*m", "", answer.stdout + answer.stderr)
    found = re.search(r"\d+(?:\.\d+)*", plain)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def _found(program: Program) -> bool:
    return version_of(program) >= program.least


def _may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(packages: list[str], environ: dict[str, str] | None) -> None:
    quiet = {**(environ or os.environ), "DEBIAN_FRONTEND": "noninteractive"}
    with _no_service_started():
        for command in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", *command], env=quiet, capture_output=True, check=False)


@contextmanager
def _no_service_started() -> Iterator[None]:
    """We run what we need ourselves: a package must not leave a mail server or a scanner running here."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def _missing(program: Program) -> ProgramMissing:
    wanted = ".".join(str(part) for part in program.least)
    have = ".".join(str(part) for part in version_of(program))
    found = f"only {have} is here" if have else "it is not here"
    return ProgramMissing(
        f"{program.command} {wanted} or newer is needed ({program.why}); {found}",
        f"sudo apt-get install {program.package}   # or install a newer {program.command} by hand",
    )
