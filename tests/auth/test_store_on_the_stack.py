"""auth's store and use cases on the real database: what fakes can't prove."""

import random
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from auth.domain.sessions import End, Session
from auth.errors import AttemptOver, TriedTooOften, WrongCode, WrongCredentials
from auth.handles import KeyedHash, new_handle
from auth.keys import Signer
from auth.passwords import Passwords
from auth.settings import AuthSettings
from auth.store import AlreadyInvited, AuthStore, IdentifierTaken
from auth.usecases.activating import Activating
from auth.usecases.caller import Caller
from auth.usecases.inviting import Invitee, invite
from auth.usecases.logging_in import LoggingIn
from auth.usecases.pacing import Pacing
from auth.usecases.sessions import Sessions
from chassis.clock import now
from chassis.identity.sealing import open_issued
from chassis.ids import new_id
from chassis.threads import BoundedPool
from contracts import ins
from contracts.auth import CodeIssued
from stack.control import Stack
from tests.auth.fakes import CODE_KEY, CountingHasher, Notifier

pytestmark = pytest.mark.stack

BORN = date(1988, 5, 12)
PASSWORD = "Une longue phrase 7"
HERE = Caller(peer="192.0.2.1")


class House:
    """auth's use cases over the running stack's database."""

    def __init__(self, store: AuthStore, notifier: Notifier) -> None:
        self.store, self.hashes = store, KeyedHash(CODE_KEY)
        self.signer, self.notifier = Signer(bytes(32)), notifier
        self.passwords = Passwords(CountingHasher(), BoundedPool("test", 1))
        shared = {
            "store": store,
            "passwords": self.passwords,
            "hashes": self.hashes,
            "pacing": Pacing(store, self.hashes),
        }
        self.activating = Activating(**shared)
        self.logging_in = LoggingIn(**shared, signer=self.signer, sealing_keys=notifier.keys)
        self.sessions = Sessions(store, self.signer)

    async def patient(self) -> str:
        """A new active patient; their identifier."""
        identifier = f"essai.{new_id()[-12:]}"
        code = await invite(self.store, self.hashes, invitee(), "patient.test")
        handle = await self.activating.prove("Durand", BORN, code, HERE)
        await self.activating.activate(handle.secret, identifier, PASSWORD, HERE)
        return identifier


class TrialStore(AuthStore):
    """auth's store under names of its own, so that no relay tells the other services of trial patients."""

    PREFIX = f"trial-{new_id()[-8:]}"

    def collection(self, name: str) -> Any:
        return super().collection(f"{self.PREFIX}-{name}")

    async def prepare(self) -> None:
        for name, indexes in self.INDEXES.items():
            for index in indexes:
                await self.collection(name).create_indexes([index])
        for name in ("keys", "outbox"):
            await self._create(f"{self.PREFIX}-{name}")

    async def drop(self) -> None:
        for name in (*self.INDEXES, "outbox"):
            await self.collection(name).drop()


@pytest.fixture
async def house(stack: Stack) -> AsyncIterator[House]:
    known = {name.removeprefix("PLI_").lower(): value for name, value in stack.env("auth").items()}
    store, notifier = TrialStore(AuthSettings(**known)), Notifier()
    await store.prepare()
    await notifier.keys.learn(notifier.published)
    made = House(store, notifier)
    yield made
    made.passwords.close()
    await store.drop()
    store.close()


def invitee() -> Invitee:
    number = f"28805{random.randrange(10, 95)}{random.randrange(10**6):06d}"
    return Invitee(
        given_name="Inaya",
        family_name="Michel",
        birth_name="Durand",
        birth_date=BORN,
        ins=number + ins.key_of(number),
        email="essai@exemple.test",
        phone="+33612345615",
    )


async def test_a_person_is_invited_once(house: House) -> None:
    person = invitee()
    await invite(house.store, house.hashes, person, "patient.test")
    with pytest.raises(AlreadyInvited):
        await invite(house.store, house.hashes, person, "patient.test")


async def test_two_patients_never_share_an_identifier(house: House) -> None:
    taken = await house.patient()
    code = await invite(house.store, house.hashes, invitee(), "patient.test")
    handle = await house.activating.prove("Durand", BORN, code, HERE)
    with pytest.raises(IdentifierTaken):
        await house.activating.activate(handle.secret, taken, PASSWORD, HERE)
    await house.activating.activate(handle.secret, f"{taken}.2", PASSWORD, HERE)


async def test_an_account_comes_back_as_it_was_kept(house: House) -> None:
    account = await house.store.accounts.by_identifier(await house.patient())
    assert account is not None
    assert (account.birth_date, account.revision, account.code_sends) == (BORN, 1, ())
    assert await house.store.accounts.get(account.id) == account


async def test_a_wrong_try_is_counted_and_the_right_code_opens_a_session_once(house: House) -> None:
    handle = await house.logging_in.identify(await house.patient(), PASSWORD, "/documents", HERE)
    await house.logging_in.send_code(handle.secret, "email")
    code = await last_code(house)
    with pytest.raises(WrongCode) as refused:
        await house.logging_in.try_code(handle.secret, f"{(int(code) + 1) % 1_000_000:06d}", HERE)
    assert refused.value.tries_left == 4
    logged_in = await house.logging_in.try_code(handle.secret, code, HERE)
    assert logged_in.destination == "/documents"
    assert await house.sessions.renew(logged_in.handle.secret, active=False)
    with pytest.raises(AttemptOver):
        await house.logging_in.try_code(handle.secret, code, HERE)


async def last_code(house: House) -> str:
    """The code that waits in the outbox, as only the notifier can read it."""
    rows = await house.store.collection("outbox").find({"topic": "auth.codes"}).to_list(100)
    issued = msgspec.json.decode(max(rows, key=lambda row: row["_id"])["value"], type=CodeIssued)
    return open_issued(issued, house.notifier.key, house.signer.public_key).code


async def test_ten_failures_slow_a_stranger_down_and_not_the_patient(house: House) -> None:
    identifier, stranger = await house.patient(), Caller(peer="198.51.100.7")
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await house.logging_in.identify(identifier, "faux", "/", stranger)
    with pytest.raises(TriedTooOften):
        await house.logging_in.identify(identifier, PASSWORD, "/", stranger)
    assert await house.logging_in.identify(identifier, PASSWORD, "/", HERE)


async def new_session(house: House, idle: timedelta) -> tuple[Session, str]:
    handle, active = new_handle(), now() - idle
    session = Session(id=new_id(), patient_id=new_id(), started_at=active, last_active_at=active)

    async def work(tx) -> None:
        await house.store.sessions.add(session, handle.digest, tx)

    await house.store.transact(work)
    return session, handle.secret


async def test_an_idle_session_is_ended_once_and_told_in_the_same_commit(house: House) -> None:
    session, secret = await new_session(house, timedelta(minutes=31))
    assert session in await house.store.sessions.due(now(), 1_000)
    await house.sessions.sweep()
    await house.sessions.sweep()
    found = await house.store.sessions.get(session.id)
    assert found is not None
    assert found.ended_at is not None
    assert await house.sessions.renew(secret, active=True) is None


async def test_a_session_touched_since_it_was_read_is_not_swept(house: House) -> None:
    session, secret = await new_session(house, timedelta(minutes=29))
    assert await house.sessions.renew(secret, active=True)

    async def work(tx) -> bool:
        return await house.store.sessions.end(session, End.IDLE, now(), tx)

    assert not await house.store.transact(work)
    earlier = replace(session, last_active_at=session.last_active_at - timedelta(minutes=1))
    await house.store.sessions.touch(earlier)
    assert (await house.store.sessions.get(session.id)).is_alive(now())


async def test_a_key_is_told_once(house: House) -> None:
    key_id = new_id()

    async def work(tx) -> bool:
        return await house.store.keys.add(key_id, now(), tx)

    assert [await house.store.transact(work), await house.store.transact(work)] == [True, False]
