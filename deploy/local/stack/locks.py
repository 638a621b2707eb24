"""Every lock file, written anew: the Python ones without any registry's address, Go's, npm's, Kafka's jars."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from stack.errors import StackError
from stack.places import CHECKOUT, LOCAL, SERVERS
from stack.preparation import say

UV = CHECKOUT / ".venv" / "bin" / "uv"
PACKAGES = ("contracts", "services/*", "deploy/*", "deploy/gateway/pages")
ROOT_LOCK = CHECKOUT / "requirements.lock"


def write_all(*, upgrade: bool = False) -> None:
    """All of them; the services' are constrained by the root's, so that they agree.

    What is pinned stays as it is unless `upgrade` asks for the newest of everything.
    """
    _python(upgrade=upgrade)
    for folder in ("secantusdb", "traefik"):
        _compile([SERVERS / folder / "requirements.in"], SERVERS / folder / "requirements.lock", upgrade=upgrade)
    _compile([LOCAL / "uv-requirements.in"], LOCAL / "uv-requirements.lock", upgrade=upgrade)
    for folder in ("minio", "victoriametrics", "process-compose", "toxiproxy"):
        _run(["go", "mod", "tidy"], SERVERS / folder, GOTOOLCHAIN="local")
    for project in (SERVERS / "maildev", LOCAL / "tools" / "stylelint"):
        _run(["npm", "install", "--package-lock-only"], project)
    _jars()


def declarations() -> dict[Path, list[str]]:
    """What each of our packages declares to need, without our own packages."""
    found = {
        path: _project(path) for pattern in PACKAGES for path in sorted(CHECKOUT.glob(f"{pattern}/pyproject.toml"))
    }
    ours = {_plain(project["name"]) for project in found.values()}
    return {
        path.parent: [need for need in project.get("dependencies", []) if _plain(_name(need)) not in ours]
        for path, project in found.items()
    }


def _project(path: Path) -> dict[str, Any]:
    return dict(tomllib.loads(path.read_text())["project"])


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return found.group() if found else requirement


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _python(*, upgrade: bool) -> None:
    needs = declarations()
    tools = tomllib.loads((CHECKOUT / "pyproject.toml").read_text()).get("dependency-groups", {}).get("dev", [])
    everything = sorted({*tools, *(need for each in needs.values() for need in each)})
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch) / "wanted.in"
        wanted.write_text("\n".join(everything) + "\n")
        _compile([wanted], ROOT_LOCK, upgrade=upgrade)
        for folder in needs:
            if folder.parent == CHECKOUT / "services":
                wanted.write_text("\n".join(_with_shared(folder, needs)) + "\n")
                _compile([wanted], folder / "requirements.lock", "--constraints", str(ROOT_LOCK), upgrade=upgrade)


def _with_shared(folder: Path, needs: dict[Path, list[str]]) -> list[str]:
    """A service runs with contracts and chassis, and so with what these need."""
    shared = [CHECKOUT / "contracts", CHECKOUT / "services" / "chassis"]
    return sorted({need for each in (*shared, folder) for need in needs.get(each, [])})


def _compile(wanted: list[Path], lock: Path, *also: str, upgrade: bool) -> None:
    _run(
        [str(UV), "pip", "compile", "-q", "--universal", "--python-version", "3.11", "--generate-hashes",
         "--no-header", "--no-annotate", *(["--upgrade"] if upgrade else []),
         *map(str, wanted), "-o", str(lock), *also],
        CHECKOUT,
    )  # fmt: skip
    say(f"  {lock.relative_to(CHECKOUT)}")


def _jars() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        _run(
            ["mvn", "-B", "-q", "-f", str(SERVERS / "kafka" / "pom.xml"), "dependency:copy-dependencies",
             "-DincludeScope=runtime", f"-DoutputDirectory={scratch}"],
            CHECKOUT,
        )  # fmt: skip
        lines = [
            f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}" for jar in Path(scratch).glob("*.jar")
        ]
    lock = SERVERS / "kafka" / "jars.sha256"
    lock.write_text("\n".join(sorted(lines, key=lambda line: line.split()[1])) + "\n")
    say(f"  {lock.relative_to(CHECKOUT)}")


def _run(command: list[str], folder: Path, **environ: str) -> None:
    if subprocess.run(command, cwd=folder, env={**os.environ, **environ}, check=False).returncode:
        raise StackError(f"`{' '.join(command[:4])} …` failed; its words are above", "make lock")
