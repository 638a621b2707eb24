"""auth's own interfaces in memory: the store's collections, a counting hasher, a clock that is moved."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec.structs import replace

from auth.domain.accounts import Account, Status
from auth.domain.activation import Invitation
from auth.domain.codes import Challenge
from auth.domain.pace import Failures
from auth.domain.sessions import End, Session
from auth.keys import SealingKeys, Signer
from chassis.identity.tokens import key_id_of
from contracts.auth import CodeIssued
from contracts.notifier import SealingKeyPublished

NOW = datetime(2026, 11, 23, 13, 40, tzinfo=UTC)
PATIENT = "01890000-0000-7000-8000-000000000001"
CODE_KEY = bytes(range(32))


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


class FakeTx:
    """What a transaction would send."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, str]] = []
        self.audits: list[dict[str, Any]] = []

    def publish(self, event: Any, key: str) -> None:
        self.events.append((event, key))

    def audit(self, **record: Any) -> None:
        self.audits.append(record)


class FakeStore:
    """auth's store; what a transaction that raises would have sent is dropped."""

    def __init__(self) -> None:
        self.accounts, self.invitations = FakeAccounts(), FakeInvitations()
        self.challenges, self.sessions = FakeChallenges(), FakeSessions()
        self.guesses, self.browsers = FakeGuesses(), FakeBrowsers()
        self.events: list[tuple[Any, str]] = []
        self.audits: list[dict[str, Any]] = []

    async def transact(self, work: Callable[[FakeTx], Awaitable[Any]]) -> Any:
        tx = FakeTx()
        result = await work(tx)
        self.events += tx.events
        self.audits += tx.audits
        return result


class FakeAccounts:
    def __init__(self) -> None:
        self.rows: dict[str, Account] = {}

    async def add(self, account: Account, tx: Any) -> None:
        self.rows[account.id] = account

    async def get(self, patient_id: str, tx: Any = None) -> Account | None:
        return self.rows.get(patient_id)

    async def by_identifier(self, identifier: str) -> Account | None:
        return next((each for each in self.rows.values() if each.identifier == identifier), None)

    async def save(self, account: Account, tx: Any) -> None:
        self.rows[account.id] = account

    async def note_sends(self, patient_id: str, sends: Sequence[datetime], tx: Any) -> None:
        self.rows[patient_id] = replace(self.rows[patient_id], code_sends=tuple(sends))


class FakeInvitations:
    def __init__(self) -> None:
        self.rows: dict[str, Invitation] = {}
        self.codes: dict[bytes, str] = {}
        self.holders: dict[bytes, str] = {}

    async def add(self, invitation: Invitation, code_digest: bytes, tx: Any) -> None:
        self.rows[invitation.id], self.codes[code_digest] = invitation, invitation.id

    async def by_code(self, code_digest: bytes, tx: Any) -> Invitation | None:
        return self.rows.get(self.codes.get(code_digest, ""))

    async def held_by(self, holder: bytes, tx: Any = None) -> Invitation | None:
        return self.rows.get(self.holders.get(holder, ""))

    async def hold(self, invitation_id: str, holder: bytes, until: datetime, tx: Any) -> None:
        self.holders = {holder: invitation_id}
        self.rows[invitation_id] = replace(self.rows[invitation_id], held_until=until)

    async def use(self, invitation_id: str, at: datetime, tx: Any) -> bool:
        unused = self.rows[invitation_id].used_at is None
        self.rows[invitation_id] = replace(self.rows[invitation_id], used_at=at)
        return unused


class FakeChallenges:
    def __init__(self) -> None:
        self.rows: dict[str, Challenge] = {}
        self.browsers: dict[bytes, str] = {}

    async def add(self, challenge: Challenge, browser: bytes, tx: Any) -> None:
        self.rows[challenge.id], self.browsers[browser] = challenge, challenge.id

    async def of_browser(self, browser: bytes, tx: Any = None) -> Challenge | None:
        return self.rows.get(self.browsers.get(browser, ""))

    async def save(self, challenge: Challenge, tx: Any) -> None:
        self.rows[challenge.id] = challenge


class FakeSessions:
    def __init__(self) -> None:
        self.rows: dict[str, Session] = {}
        self.secrets: dict[bytes, str] = {}

    async def add(self, session: Session, secret: bytes, tx: Any) -> None:
        self.rows[session.id], self.secrets[secret] = session, session.id

    async def get(self, session_id: str, tx: Any = None) -> Session | None:
        return self.rows.get(session_id)

    async def by_secret(self, secret: bytes) -> Session | None:
        return self.rows.get(self.secrets.get(secret, ""))

    async def alive_of(self, patient_id: str, at: datetime) -> list[Session]:
        return [one for one in self.rows.values() if one.patient_id == patient_id and one.is_alive(at)]

    async def touch(self, session: Session) -> None:
        self.rows[session.id] = session

    async def due(self, at: datetime, limit: int) -> list[Session]:
        return [each for each in self.rows.values() if each.ended_at is None and each.ends_at() <= at][:limit]

    async def end(self, session: Session, reason: End, at: datetime, tx: Any) -> bool:
        if self.rows[session.id] != session or session.ended_at is not None:
            return False
        self.rows[session.id] = replace(session, ended_at=at)
        return True


class FakeGuesses:
    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.last: dict[tuple[str, str], datetime] = {}

    async def failures(self, subject: str, caller: str) -> Failures:
        return Failures(count=self.counts.get(subject, 0), last_here=self.last.get((subject, caller)))

    async def add(self, subject: str, caller: str, at: datetime, tx: Any) -> None:
        self.counts[subject] = self.counts.get(subject, 0) + 1
        self.last[subject, caller] = at

    async def forget(self, subject: str, tx: Any) -> None:
        self.counts.pop(subject, None)


class FakeBrowsers:
    def __init__(self) -> None:
        self.known: set[tuple[bytes, str]] = set()

    async def knows(self, browser: bytes, patient_id: str) -> bool:
        return (browser, patient_id) in self.known

    async def add(self, browser: bytes, patient_id: str, at: datetime, tx: Any) -> None:
        self.known.add((browser, patient_id))


class CountingHasher:
    """A fast "hash" that remembers what it was asked."""

    def __init__(self) -> None:
        self.hashed: list[str] = []
        self.verified: list[str] = []

    def hash(self, password: str) -> str:
        self.hashed.append(password)
        return f"hash-of-{password}"

    def verify(self, hashed: str, password: str) -> bool:
        self.verified.append(hashed)
        return hashed == f"hash-of-{password}"


class Notifier:
    """Holds the key that codes are sealed to, and reads the last one that was issued."""

    def __init__(self) -> None:
        self.key = X25519PrivateKey.generate()
        self.keys = SealingKeys()
        public = self.key.public_key().public_bytes_raw()
        self.published = SealingKeyPublished(key_id=key_id_of(public), public_key=public, published_at=NOW)

    def last_code(self, store: FakeStore, signer: Signer) -> Any:
        from chassis.identity.sealing import open_issued

        issued = [event for event, _ in store.events if isinstance(event, CodeIssued)][-1]
        return open_issued(issued, self.key, signer.public_key)


def inaya(**changes: Any) -> Account:
    """The demo patient, active."""
    from datetime import date

    account = Account(
        id=PATIENT,
        status=Status.ACTIVE,
        revision=1,
        ins="288059935000145",
        mailbox_address="288059935000145@patient.mssante.fr",
        given_name="Inaya",
        family_name="Michel",
        birth_name="Michel",
        birth_date=date(1988, 5, 12),
        email="inaya.michel@exemple.fr",
        phone="+33612345615",
        identifier="inaya.m1988",
        password_hash="hash-of-Une longue phrase 7",
    )
    return replace(account, **changes)
