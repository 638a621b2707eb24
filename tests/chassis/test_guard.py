"""Who may ask: tokens verified locally, ended sessions refused, time decided by the guard."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.identity import Identity, SessionOver, TokenExpired, TokenForged, TokenMissing
from chassis.identity.guard import Guard
from chassis.identity.tokens import issue, key_id_of, raw_public
from chassis.ids import new_id
from chassis.settings import Settings
from contracts.auth import SessionEnded, SigningKeyPublished

AT = datetime(2026, 6, 8, 10, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()
PATIENT, SESSION = new_id(), new_id()


class Clock:
    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def guard(clock: Clock) -> Guard:
    settings = type("S", (Settings,), {"service": "documents"})(
        kafka_bootstrap="nowhere:1", kafka_username="u", kafka_password="p", mongo_uri="mongodb://nowhere",
        mongo_database="d", mongo_username="u", mongo_password="p", http_port=1, public_origin="http://localhost",
    )  # fmt: skip
    guard = Guard(settings, clock)
    await guard.learn_key(_published(KEY))
    return guard


def _published(key: Ed25519PrivateKey) -> SigningKeyPublished:
    public = raw_public(key)
    return SigningKeyPublished(key_id=key_id_of(public), public_key=public, published_at=AT)


def token(key: Ed25519PrivateKey = KEY, at: datetime = AT, ends: datetime | None = None) -> str:
    return issue(
        key,
        patient_id=PATIENT,
        actor=PATIENT,
        session_id=SESSION,
        session_ends_at=ends or AT + timedelta(hours=12),
        at=at,
    )


async def test_a_fresh_token_says_who_asks(guard: Guard) -> None:
    identity = guard.identify(token(), unsafe=False)
    assert (identity.patient_id, identity.actor, identity.session_id) == (PATIENT, PATIENT, SESSION)


async def test_no_token_is_nobody(guard: Guard) -> None:
    for nothing in (None, ""):
        with pytest.raises(TokenMissing):
            guard.identify(nothing, unsafe=False)


@pytest.mark.parametrize("forged", ["x", "a.b.c", "é.é.é", "e30.e30.", "." * 5000])
async def test_garbage_is_forged(guard: Guard, forged: str) -> None:
    with pytest.raises(TokenForged):
        guard.identify(forged, unsafe=False)


async def test_a_token_of_another_key_is_forged(guard: Guard) -> None:
    with pytest.raises(TokenForged):
        guard.identify(token(Ed25519PrivateKey.generate()), unsafe=False)


async def test_a_changed_claim_is_forged(guard: Guard) -> None:
    header, _, signature = token().split(".")
    other = token(at=AT + timedelta(seconds=60)).split(".")[1]
    with pytest.raises(TokenForged):
        guard.identify(f"{header}.{other}.{signature}", unsafe=False)


async def test_a_token_without_signature_is_forged(guard: Guard) -> None:
    payload = token().split(".")[1]
    with pytest.raises(TokenForged):
        guard.identify(f"eyJhbGciOiJub25lIn0.{payload}.", unsafe=False)


async def test_a_token_lives_five_minutes(guard: Guard, clock: Clock) -> None:
    made = token()
    clock.at = AT + timedelta(minutes=4, seconds=59)
    assert isinstance(guard.identify(made, unsafe=False), Identity)
    clock.at = AT + timedelta(minutes=5)
    with pytest.raises(TokenExpired):
        guard.identify(made, unsafe=False)


async def test_an_expired_unsafe_request_is_refused_while_nothing_is_known_of_the_session(
    guard: Guard, clock: Clock
) -> None:
    made = token()
    clock.at = AT + timedelta(minutes=6)
    with pytest.raises(TokenExpired):
        guard.identify(made, unsafe=True)


async def test_an_ended_session_is_refused(guard: Guard) -> None:
    made = token()
    ended = SessionEnded(session_id=SESSION, patient_id=PATIENT, reason="log-out", ended_at=AT)
    await guard.learn_end(ended)
    with pytest.raises(SessionOver):
        guard.identify(made, unsafe=False)


async def test_the_end_of_twelve_hours_is_the_end(guard: Guard, clock: Clock) -> None:
    made = token(ends=AT + timedelta(minutes=1))
    clock.at = AT + timedelta(minutes=2)
    with pytest.raises(SessionOver):
        guard.identify(made, unsafe=True)
