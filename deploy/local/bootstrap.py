"""The environment that everything else runs in. Only the standard library: nothing is installed yet.

Done again only when a lock or a package's declaration changed: a stamp in the environment says for which.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
LOCK = CHECKOUT / "requirements.lock"
UV_LOCK = Path(__file__).with_name("uv-requirements.lock")
STAMP = VENV / "pli-installed"
PACKAGES = ("contracts", "services/*", "deploy/*", "deploy/gateway/pages")
NEEDED = 2**30


def packages() -> list[Path]:
    """The folders of our distributions."""
    found = (path for pattern in PACKAGES for path in CHECKOUT.glob(pattern))
    return sorted(path for path in found if (path / "pyproject.toml").is_file())


def fingerprint() -> str:
    """What decides about the environment's content."""
    digest = hashlib.sha256(sys.version.encode())
    for path in [LOCK, UV_LOCK, *(package / "pyproject.toml" for package in packages())]:
        if path.exists():
            digest.update(str(path.relative_to(CHECKOUT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def install() -> None:
    """Make the environment what the locks say."""
    python = VENV / "bin" / "python"
    if not python.exists():
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    STAMP.unlink(missing_ok=True)
    run(
        str(python),
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(UV_LOCK),
    )
    uv = [str(VENV / "bin" / "uv"), "pip"]
    if LOCK.exists():
        run(*uv, "sync", "-q", "--require-hashes", "--python", str(python), str(LOCK))
    ours = [word for package in packages() for word in ("-e", str(package))]
    run(*uv, "install", "-q", "--no-deps", "--python", str(python), *ours)


def run(*command: str) -> None:
    if subprocess.run(command, cwd=CHECKOUT, check=False).returncode:
        stop(
            f"`{' '.join(command[:5])} …` failed (its words are above)", "make setup   # goes on where it stopped"
        )


def stop(what: str, mend: str) -> None:
    sys.exit(f"setup: {what}\n  to mend it: {mend}")


def main() -> None:
    """Install unless it is done for exactly these locks."""
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        stop(f"Python {sys.version.split()[0]} runs, 3.11 is needed", "PYTHON=python3.11 make setup")
    now = fingerprint()
    if STAMP.exists() and STAMP.read_text() == now:
        return
    if shutil.disk_usage(CHECKOUT).free < NEEDED:
        stop(f"less than {NEEDED / 2**30:.0f} GiB are free", f"free some space, then: make setup ({CHECKOUT})")
    began = time.monotonic()
    print("installing the Python environment …", flush=True)
    install()
    STAMP.write_text(now)
    print(f"  environment      installed in {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()
