"""A log-in: what it takes, what it never tells, what it sends."""

from datetime import timedelta

import msgspec
import pytest

from auth.domain.accounts import as_told
from auth.domain.codes import digest_of
from auth.errors import (
    AttemptOver,
    CodeUnreadable,
    NoSealingKey,
    NoSuchChannel,
    SentJustNow,
    SentTooOften,
    TriedTooOften,
    WrongCode,
    WrongCredentials,
)
from auth.events import Contacts
from auth.handles import digest_of as cookie_digest
from auth.keys import SealingKeys
from auth.usecases.caller import Caller
from auth.usecases.logging_in import LoggingIn
from chassis.identity import TokenForged
from chassis.identity.tokens import verify, verifying_key
from contracts.auth import CodeIssued, PatientChanged
from contracts.notifier import NoticeFailed
from tests.auth.fakes import CODE_KEY, NOW, PATIENT, inaya

PASSWORD = "Une longue phrase 7"
HERE, STRANGER = Caller(peer="192.0.2.1"), Caller(peer="198.51.100.7")


async def identified(house):
    return (await house.logging_in.identify("inaya.m1988", PASSWORD, "/messagerie", HERE)).secret


async def code_sent(house, channel="email"):
    secret = await identified(house)
    await house.logging_in.send_code(secret, channel)
    return secret, house.notifier.last_code(house.store, house.signer)


async def test_an_unknown_account_costs_the_same_argon2_work_as_a_wrong_password(house):
    for identifier in ("inaya.m1988", "personne.1988"):
        house.hasher.verified.clear()
        with pytest.raises(WrongCredentials):
            await house.logging_in.identify(identifier, "faux mot de passe", "/", HERE)
        assert len(house.hasher.verified) == 1


async def test_an_invited_account_without_password_costs_the_same_work(house):
    house.store.accounts.rows[PATIENT] = inaya(password_hash=None, status="invited")
    with pytest.raises(WrongCredentials):
        await house.logging_in.identify("inaya.m1988", PASSWORD, "/", HERE)
    assert len(house.hasher.verified) == 1


async def test_the_password_that_nobody_has_opens_nothing(house):
    assert not await house.passwords.matches(None, house.hasher.hashed[0])


async def test_the_identifier_is_trimmed_and_case_blind(house):
    assert await house.logging_in.identify(" INAYA.M1988 ", PASSWORD, "/", HERE)


async def test_a_code_leaves_sealed_signed_and_for_the_chosen_contact(house):
    _, sealed = await code_sent(house, "sms")
    assert sealed.destination == "+33612345615"
    assert sealed.channel == "sms"
    assert len(sealed.code) == 6
    issued, key = house.store.events[-1]
    assert isinstance(issued, CodeIssued)
    assert key == issued.challenge_id
    assert sealed.code.encode() not in issued.box


async def test_a_code_is_kept_as_a_keyed_hash_only(house):
    _, sealed = await code_sent(house)
    (kept,) = house.store.challenges.rows[sealed.challenge_id].codes
    assert kept.digest == digest_of(CODE_KEY, sealed.challenge_id, sealed.code)


async def test_the_right_code_opens_a_session_and_goes_where_the_patient_wanted(house):
    secret, sealed = await code_sent(house)
    logged_in = await house.logging_in.try_code(secret, f"Votre code : {sealed.code}", HERE)
    assert logged_in.destination == "/messagerie"
    key = verifying_key(house.signer.public_key)
    identity = verify(logged_in.token, lambda _: key)
    assert (identity.patient_id, identity.actor) == (PATIENT, PATIENT)
    assert house.store.audits[-1]["outcome"] == "done"


async def test_cookies_are_hashed_at_rest(house):
    secret, sealed = await code_sent(house)
    logged_in = await house.logging_in.try_code(secret, sealed.code, HERE)
    assert cookie_digest(secret) in house.store.challenges.browsers
    assert cookie_digest(logged_in.handle.secret) in house.store.sessions.secrets


async def test_a_used_code_is_refused(house):
    secret, sealed = await code_sent(house)
    await house.logging_in.try_code(secret, sealed.code, HERE)
    with pytest.raises(AttemptOver):
        await house.logging_in.try_code(secret, sealed.code, HERE)


async def test_a_code_typed_in_another_browser_is_refused(house):
    _, sealed = await code_sent(house)
    with pytest.raises(AttemptOver):
        await house.logging_in.try_code("another-cookie", sealed.code, HERE)


async def test_a_code_of_another_attempt_is_refused(house):
    _, sealed = await code_sent(house)
    house.clock.move(seconds=60)
    other, _ = await code_sent(house)
    with pytest.raises(WrongCode):
        await house.logging_in.try_code(other, sealed.code, HERE)


async def test_a_code_is_refused_after_ten_minutes(house):
    secret, sealed = await code_sent(house)
    house.clock.move(minutes=10)
    with pytest.raises(WrongCode):
        await house.logging_in.try_code(secret, sealed.code, HERE)


async def test_a_resent_code_leaves_the_first_one_valid(house):
    secret, first = await code_sent(house)
    house.clock.move(seconds=30)
    await house.logging_in.send_code(secret, "email")
    assert await house.logging_in.try_code(secret, first.code, HERE)


async def test_no_second_code_leaves_within_thirty_seconds_by_the_same_way(house):
    secret, _ = await code_sent(house)
    house.clock.move(seconds=29)
    with pytest.raises(SentJustNow):
        await house.logging_in.send_code(secret, "email")
    await house.logging_in.send_code(secret, "sms")


async def test_five_codes_an_hour_over_all_attempts(house):
    for _ in range(5):
        await code_sent(house)
        house.clock.move(seconds=31)
    with pytest.raises(SentTooOften) as refused:
        await code_sent(house)
    assert refused.value.until == NOW + timedelta(hours=1)
    house.clock.move(minutes=60)
    await code_sent(house)


async def test_five_wrong_codes_end_the_attempt(house):
    secret, sealed = await code_sent(house)
    wrong = f"{(int(sealed.code) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongCode) as refused:
            await house.logging_in.try_code(secret, wrong, HERE)
        assert refused.value.tries_left == left
    for code in (wrong, sealed.code):
        with pytest.raises(AttemptOver):
            await house.logging_in.try_code(secret, code, HERE)


async def test_a_mistyped_code_costs_no_try(house):
    secret, sealed = await code_sent(house)
    for _ in range(6):
        with pytest.raises(CodeUnreadable):
            await house.logging_in.try_code(secret, "034 56", HERE)
    assert await house.logging_in.try_code(secret, sealed.code, HERE)


async def test_a_channel_that_the_account_lacks_is_refused(house):
    house.store.accounts.rows[PATIENT] = inaya(phone=None)
    secret = await identified(house)
    with pytest.raises(NoSuchChannel):
        await house.logging_in.send_code(secret, "sms")


async def test_without_the_notifiers_key_nothing_is_sent(house):
    secret = await identified(house)
    waiting = LoggingIn(
        store=house.store,
        passwords=house.passwords,
        hashes=house.hashes,
        pacing=house.pacing,
        signer=house.signer,
        sealing_keys=SealingKeys(),
        clock=house.clock,
    )
    with pytest.raises(NoSealingKey):
        await waiting.send_code(secret, "email")


async def test_an_attempt_is_over_after_half_an_hour(house):
    secret = await identified(house)
    house.clock.move(minutes=30)
    with pytest.raises(AttemptOver):
        await house.logging_in.attempt(secret)


async def fail(house, times, caller=STRANGER, identifier="inaya.m1988"):
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            await house.logging_in.identify(identifier, "faux mot de passe", "/", caller)


async def test_after_ten_failures_a_stranger_waits_even_with_the_right_password(house):
    await fail(house, 10)
    with pytest.raises(TriedTooOften):
        await house.logging_in.identify("inaya.m1988", PASSWORD, "/", STRANGER)
    house.clock.move(seconds=5)
    assert await house.logging_in.identify("inaya.m1988", PASSWORD, "/", STRANGER)


async def test_a_stranger_does_not_lock_the_patient_out(house):
    await fail(house, 10)
    assert await house.logging_in.identify("inaya.m1988", PASSWORD, "/", HERE)


async def test_a_known_browser_never_waits(house):
    secret, sealed = await code_sent(house)
    browser = (await house.logging_in.try_code(secret, sealed.code, HERE)).browser.secret
    known = Caller(peer=STRANGER.peer, browser=browser)
    await fail(house, 10)
    assert await house.logging_in.identify("inaya.m1988", PASSWORD, "/", known)


async def test_unknown_identifiers_are_slowed_down_alike(house):
    await fail(house, 10, identifier="personne.1988")
    with pytest.raises(TriedTooOften):
        await house.logging_in.identify("personne.1988", "faux mot de passe", "/", STRANGER)


async def test_a_refused_log_in_is_audited_with_the_callers_address(house):
    await fail(house, 1)
    record = house.store.audits[-1]
    assert (record["outcome"], record["actor"], record["patient_id"], record["peer"]) == (
        "refused",
        "unknown",
        PATIENT,
        STRANGER.peer,
    )


async def test_a_forged_token_is_refused(house):
    secret, sealed = await code_sent(house)
    token = (await house.logging_in.try_code(secret, sealed.code, HERE)).token
    key = verifying_key(house.signer.public_key)
    header, claims, signature = token.split(".")
    for forged in (f"{header}.{claims}.{signature[:-4]}AAAA", f"{header}.{claims}x.{signature}", "", "a.b.c"):
        with pytest.raises(TokenForged):
            verify(forged, lambda _: key)


async def test_an_address_that_refuses_notices_is_marked_once_and_mended_by_a_code_that_comes_through(house):
    contacts = Contacts(house.store)
    account = house.store.accounts.rows[PATIENT]
    refused = NoticeFailed(
        notice_id=PATIENT,
        patient_id=PATIENT,
        kind="letter",
        channel="email",
        reason="address-refused",
        failed_at=NOW,
    )
    for event in (msgspec.structs.replace(refused, reason="notice-returned"), refused, refused):
        await house.store.transact(lambda tx, event=event: contacts.mark_refused(tx, event, None))
    marked = house.store.accounts.rows[PATIENT]
    assert marked.revision == account.revision + 1
    assert marked.email == account.email
    told, _ = house.store.events[-1]
    assert (told.email, told.phone) == (None, account.phone)
    for channel, refused_at in (("sms", NOW), ("email", None)):
        house.clock.move(minutes=2)
        secret, sealed = await code_sent(house, channel)
        await house.logging_in.try_code(secret, sealed.code, HERE)
        assert house.store.accounts.rows[PATIENT].email_refused_at == refused_at
    assert [event.email for event, _ in house.store.events if isinstance(event, PatientChanged)][
        -1
    ] == account.email


async def test_an_address_without_a_phone_beside_it_is_still_tried(house):
    alone = inaya(phone=None).email_refused(NOW)
    assert as_told(alone, NOW).email == alone.email
