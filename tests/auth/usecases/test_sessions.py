"""A session's life after the log-in."""

from datetime import timedelta

import pytest

from auth.domain.sessions import End, Session
from auth.handles import new_handle
from auth.usecases.caller import Caller
from chassis.identity.tokens import verify, verifying_key
from contracts.auth import SessionEnded
from tests.auth.fakes import NOW, PATIENT, FakeTx

HERE = Caller(peer="192.0.2.1")


@pytest.fixture
async def handle(house):
    session = Session(id="session", patient_id=PATIENT, started_at=NOW, last_active_at=NOW)
    handle = new_handle()
    await house.store.sessions.add(session, handle.digest, FakeTx())
    return handle


def ended(house):
    return [event for event, _ in house.store.events if isinstance(event, SessionEnded)]


async def test_a_live_session_gets_a_token_for_five_minutes(house, handle):
    token = (await house.sessions.renew(handle.secret, active=False)).token
    key = verifying_key(house.signer.public_key)
    identity = verify(token, lambda _: key)
    assert identity.expires_at == NOW + timedelta(minutes=5)
    assert identity.session_ends_at == NOW + timedelta(hours=12)


async def test_activity_keeps_a_session_alive_and_polling_does_not(house, handle):
    house.clock.move(minutes=29)
    await house.sessions.renew(handle.secret, active=True)
    house.clock.move(minutes=29)
    assert await house.sessions.renew(handle.secret, active=False)
    house.clock.move(minutes=1)
    assert await house.sessions.renew(handle.secret, active=False) is None


async def test_no_activity_carries_a_session_past_twelve_hours(house, handle):
    for _ in range(47):
        house.clock.move(minutes=15)
        assert await house.sessions.renew(handle.secret, active=True)
    house.clock.move(minutes=15)
    assert await house.sessions.renew(handle.secret, active=True) is None


async def test_a_token_never_outlives_the_twelve_hours(house, handle):
    for _ in range(47):
        house.clock.move(minutes=15)
        await house.sessions.renew(handle.secret, active=True)
    house.clock.move(minutes=12)
    key = verifying_key(house.signer.public_key)
    identity = verify((await house.sessions.renew(handle.secret, active=True)).token, lambda _: key)
    assert identity.expires_at == NOW + timedelta(hours=12)


@pytest.mark.parametrize("secret", [None, "", "another"])
async def test_without_the_sessions_cookie_there_is_no_token(house, handle, secret):
    assert await house.sessions.renew(secret, active=True) is None


async def test_a_log_out_is_told_once_and_nothing_is_renewed_after_it(house, handle):
    await house.sessions.log_out(handle.secret, None, HERE)
    await house.sessions.log_out(handle.secret, None, HERE)
    assert [event.reason for event in ended(house)] == [End.LOG_OUT]
    assert await house.sessions.renew(handle.secret, active=True) is None


async def test_a_log_out_without_session_is_no_error(house):
    await house.sessions.log_out(None, None, HERE)
    await house.sessions.log_out("unknown", "unknown", HERE)


async def test_the_token_alone_is_enough_to_log_out(house, handle):
    await house.sessions.log_out(None, "session", HERE)
    assert len(ended(house)) == 1


@pytest.mark.parametrize(("minutes", "reason"), [(30, "idle"), (12 * 60, "twelve-hours")])
async def test_the_sweeper_ends_what_is_over_once(house, handle, minutes, reason):
    house.clock.move(minutes=29)
    assert await house.sessions.sweep() == 0
    house.clock.move(minutes=minutes - 29)
    assert [await house.sessions.sweep(), await house.sessions.sweep()] == [1, 0]
    assert [event.reason for event in ended(house)] == [reason]
