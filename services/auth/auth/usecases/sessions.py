"""A session is renewed, kept alive, ended by its owner, or swept when its time is over."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auth.domain.sessions import LONGEST, End, Session
from auth.handles import digest_of
from auth.keys import Signer
from auth.store import AuthStore
from auth.usecases.caller import Caller
from chassis.clock import Clock, now
from chassis.errors import NotFound
from chassis.store import Tx
from contracts.auth import SessionEnded

SWEPT_AT_ONCE = 100


class Renewed(Struct, frozen=True, kw_only=True):
    """A live session's new token, and how many seconds it still has: doing nothing, and at the longest."""

    token: str
    idle: int
    longest: int


class Sessions:
    """The life of sessions after their log-in."""

    def __init__(self, store: AuthStore, signer: Signer, clock: Clock = now) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock

    async def renew(self, secret: str | None, *, active: bool) -> Renewed | None:
        """A new token if this browser's session is alive, else None. `active`: the person did something."""
        at = self._clock()
        session = await self._store.sessions.by_secret(digest_of(secret)) if secret else None
        if session is None or not session.is_alive(at):
            return None
        if active:
            session = replace(session, last_active_at=at)
            await self._store.sessions.touch(session)
        return Renewed(
            token=self._signer.token(session, at),
            idle=int((session.ends_at() - at).total_seconds()),
            longest=int((session.started_at + LONGEST - at).total_seconds()),
        )

    async def log_out(self, secret: str | None, session_id: str | None, caller: Caller) -> None:
        """End the session of this browser, told to every service in the same commit; none is no error."""
        session = await self._of(secret, session_id)
        if session is not None and session.ended_at is None:
            await self._end(session.id, End.LOG_OUT, caller)

    async def alive(self, patient_id: str) -> list[Session]:
        """The patient's live sessions, the latest first."""
        return await self._store.sessions.alive_of(patient_id, self._clock())

    async def end_one(self, patient_id: str, session_id: str, caller: Caller) -> None:
        """End a session of this patient's, on another device; one that is over already is no error.

        Raises `NotFound` for another's, which is recorded, and for nobody's.
        """
        session = await self._store.sessions.get(session_id)
        if session is None:
            raise NotFound
        if session.patient_id != patient_id:
            await self._record_refusal(patient_id, session_id, caller)
            raise NotFound
        if session.ended_at is None:
            await self._end(session.id, End.REMOVED, caller)

    async def _record_refusal(self, patient_id: str, session_id: str, caller: Caller) -> None:
        async def work(tx: Tx) -> None:
            tx.audit(
                action="end-session",
                actor=patient_id,
                patient_id=patient_id,
                object_kind="session",
                object_id=session_id,
                outcome="refused",
                peer=caller.peer,
            )

        await self._store.transact(work)

    async def sweep(self) -> int:
        """End the sessions whose time is over; how many were."""
        at = self._clock()
        due = await self._store.sessions.due(at, SWEPT_AT_ONCE)
        ended = [await self._end_due(session, at) for session in due]
        return sum(ended)

    async def _of(self, secret: str | None, session_id: str | None) -> Session | None:
        if secret:
            return await self._store.sessions.by_secret(digest_of(secret))
        return await self._store.sessions.get(session_id) if session_id else None

    async def _end(self, session_id: str, reason: End, caller: Caller) -> None:
        at = self._clock()

        async def work(tx: Tx) -> None:
            session = await self._store.sessions.get(session_id, tx)
            if session and await self._store.sessions.end(session, reason, at, tx):
                tx.publish(_told(session, reason, at), session.id)
                tx.audit(
                    action="log-out" if reason is End.LOG_OUT else "end-session",
                    actor=session.patient_id,
                    patient_id=session.patient_id,
                    object_kind="session",
                    object_id=session.id,
                    peer=caller.peer,
                )

        await self._store.transact(work)

    async def _end_due(self, session: Session, at: datetime) -> bool:
        reason = session.due_end(at)
        if reason is None:
            return False

        async def work(tx: Tx) -> bool:
            ended = await self._store.sessions.end(session, reason, at, tx)
            if ended:
                tx.publish(_told(session, reason, at), session.id)
            return ended

        return await self._store.transact(work)


def _told(session: Session, reason: End, at: datetime) -> SessionEnded:
    return SessionEnded(session_id=session.id, patient_id=session.patient_id, reason=reason.value, ended_at=at)
