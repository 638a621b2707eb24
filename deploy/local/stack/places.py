"""Where things lie: the checkout, the per-user cache, and one folder per instance."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
LOCAL = CHECKOUT / "deploy" / "local"
SERVERS = LOCAL / "servers"
VENV_PYTHON = CHECKOUT / ".venv" / "bin" / "python"

LONGEST_SOCKET_PATH = 100
"""A Unix socket's path holds at most 107 bytes; a deep checkout passes that."""


def cache_root() -> Path:
    """The per-user cache that every clone shares: what takes minutes is built once."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "pli"


@dataclass(frozen=True)
class Places:
    """One instance's folders, all below `.pli/<instance>/` of the checkout."""

    root: Path

    @classmethod
    def of(cls, instance: str) -> Places:
        return cls(CHECKOUT / ".pli" / instance)

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def env(self) -> Path:
        return self.root / "env"

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def socket(self) -> Path:
        """The supervisor's socket; in a short private folder where the checkout's path is too long."""
        here = self.root / "supervisor.sock"
        if len(str(here)) <= LONGEST_SOCKET_PATH:
            return here
        digest = hashlib.sha256(str(self.root).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"pli-{os.getuid()}-{digest}" / "supervisor.sock"

    def make(self) -> None:
        """Create the folders, readable by their owner only: they hold secrets and letters."""
        for folder in (self.root, self.data, self.logs, self.env, self.config, self.socket.parent):
            folder.mkdir(parents=True, exist_ok=True)
            if folder.stat().st_mode & 0o077:
                folder.chmod(0o700)
