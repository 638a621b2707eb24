"""Who guesses is slowed down: before a try is looked at, and after one that failed."""

from datetime import datetime

from auth.domain.pace import may_try_at
from auth.errors import TriedTooOften
from auth.handles import KeyedHash
from auth.store import AuthStore
from auth.usecases.caller import Caller
from chassis.store import Tx


class Pacing:
    """Failures counted by keyed hashes of what was tried and from where."""

    def __init__(self, store: AuthStore, hashes: KeyedHash) -> None:
        self._store = store
        self._hashes = hashes

    async def check(self, kind: str, tried: str, caller: Caller, known: bool, at: datetime) -> None:
        """Raises `TriedTooOften` if this caller has to wait before another try on `tried`."""
        failures = await self._store.guesses.failures(*self._keys(kind, tried, caller))
        until = may_try_at(failures, known)
        if until is not None and at < until:
            raise TriedTooOften(until)

    async def note_failure(self, kind: str, tried: str, caller: Caller, at: datetime, tx: Tx) -> None:
        """Count one more failure."""
        await self._store.guesses.add(*self._keys(kind, tried, caller), at, tx)

    async def forget(self, kind: str, tried: str, tx: Tx) -> None:
        """The right person came: earlier failures no longer count."""
        await self._store.guesses.forget(self._subject(kind, tried), tx)

    def _keys(self, kind: str, tried: str, caller: Caller) -> tuple[str, str]:
        return self._subject(kind, tried), self._hashes.of("peer", caller.peer or "").hex()[:32]

    def _subject(self, kind: str, tried: str) -> str:
        return self._hashes.of(kind, tried).hex()
