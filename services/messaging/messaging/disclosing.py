"""Letters put into files for an operator: who looks and why is in the audit before a byte is read (mail.md)."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from msgspec import Struct

from chassis.store import Tx
from messaging.store import MessagingStore

LONGEST_NAME = 50
LONGEST_REASON = 200


class Access(Struct, frozen=True, kw_only=True):
    """Who looks, a name of 1 to 50 printable characters, and why, 1 to 200: the reference of a request."""

    by: str
    reason: str

    def __post_init__(self) -> None:
        """Raises `ValueError` with what is wrong."""
        for what, words, most in (("by", self.by, LONGEST_NAME), ("reason", self.reason, LONGEST_REASON)):
            if not words.strip() or len(words) > most or not words.isprintable():
                raise ValueError(f"--{what} wants 1 to {most} printable characters")

    async def record(
        self, store: MessagingStore, action: str, kind: str, thing_id: str, patient_id: str | None
    ) -> None:
        """Write the access into the audit. Raises `BackingServiceAway`."""

        async def work(tx: Tx) -> None:
            self.note(tx, action, kind, thing_id, patient_id)

        await store.transact(work)

    def note(self, tx: Tx, action: str, kind: str, thing_id: str, patient_id: str | None) -> None:
        """Record what this transaction does."""
        tx.audit(
            action=action,
            actor=f"operator:{self.by}",
            patient_id=patient_id,
            object_kind=kind,
            object_id=thing_id[:64],
            reason=self.reason,
        )


def check_free(path: Path) -> None:
    """Raises `FileExistsError`."""
    if path.exists():
        raise FileExistsError(path)


async def put_down(chunks: AsyncIterator[bytes], path: Path) -> int:
    """Write a file that was not there, which only its owner may read; its bytes.

    It is there whole or not at all. Raises `FileExistsError`, `OSError`, and what reading raises.
    """
    with _unfinished(path) as file:
        async for chunk in chunks:
            file.write(chunk)
        return file.tell()


@contextmanager
def _unfinished(path: Path) -> Iterator[IO[bytes]]:
    """A file beside `path`, which becomes it at the end."""
    with NamedTemporaryFile(dir=path.parent, prefix=".pli-") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)
