"""A house with fakes: the use cases as they are wired, nothing outside."""

from types import SimpleNamespace

import pytest

from auth.handles import KeyedHash
from auth.keys import Signer
from auth.passwords import Passwords
from auth.usecases.activating import Activating
from auth.usecases.logging_in import LoggingIn
from auth.usecases.pacing import Pacing
from auth.usecases.preferring import Preferring
from auth.usecases.sessions import Sessions
from chassis.threads import BoundedPool
from tests.auth.fakes import CODE_KEY, CountingHasher, FakeClock, FakeStore, Notifier, inaya


@pytest.fixture
async def house():
    """Everything auth is made of; the notifier's key is known and Inaya is active."""
    store, hasher, clock, notifier = FakeStore(), CountingHasher(), FakeClock(), Notifier()
    hashes, signer, pool = KeyedHash(CODE_KEY), Signer(bytes(32)), BoundedPool("test", 1)
    passwords, pacing = Passwords(hasher, pool), Pacing(store, hashes)
    await notifier.keys.learn(notifier.published)
    store.accounts.rows[inaya().id] = inaya()
    shared = {"store": store, "passwords": passwords, "hashes": hashes, "pacing": pacing, "clock": clock}
    yield SimpleNamespace(
        **shared,
        hasher=hasher,
        notifier=notifier,
        signer=signer,
        activating=Activating(**shared),
        logging_in=LoggingIn(**shared, signer=signer, sealing_keys=notifier.keys),
        sessions=Sessions(store, signer, clock),
        preferring=Preferring(store, clock),
    )
    passwords.close()
