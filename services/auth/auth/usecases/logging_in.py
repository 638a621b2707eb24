"""A patient logs in: identifier and password, where the code should go, the code."""

import secrets
from datetime import datetime

from msgspec import Struct

from auth.domain import codes, credentials
from auth.domain.accounts import Account, Status, as_told
from auth.domain.codes import ATTEMPT_LIFE, CODE_LIFE, Challenge, Channel, Outcome
from auth.domain.devices import device_of
from auth.domain.sessions import Session
from auth.errors import (
    AttemptOver,
    CodeUnreadable,
    NoSuchChannel,
    NoTryLeft,
    SentJustNow,
    SentTooOften,
    WrongCode,
    WrongCredentials,
)
from auth.handles import Handle, KeyedHash, digest_of, new_handle
from auth.keys import SealingKeys, Signer
from auth.passwords import Passwords
from auth.store import AuthStore
from auth.usecases.caller import UNKNOWN, Caller
from auth.usecases.pacing import Pacing
from chassis.clock import Clock, now
from chassis.i18n import SOURCE_LANGUAGE
from chassis.ids import new_id
from chassis.store import Tx
from contracts.auth import SealedCode

IDENTIFIER = "identifier"


class LoggedIn(Struct, frozen=True, kw_only=True):
    """A new session: what its browser is given, where it wanted to go, the language if the person chose one."""

    session: Session
    handle: Handle
    browser: Handle
    token: str
    destination: str
    language: str | None = None


class Attempt(Struct, frozen=True, kw_only=True):
    """A challenge and the account it is for, to be shown."""

    challenge: Challenge
    account: Account


class LoggingIn:
    """The three steps of a log-in."""

    def __init__(
        self,
        *,
        store: AuthStore,
        passwords: Passwords,
        hashes: KeyedHash,
        pacing: Pacing,
        signer: Signer,
        sealing_keys: SealingKeys,
        clock: Clock = now,
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._hashes = hashes
        self._pacing = pacing
        self._signer = signer
        self._sealing_keys = sealing_keys
        self._clock = clock

    async def identify(self, identifier: str, password: str, destination: str, caller: Caller) -> Handle:
        """First step: open an attempt for who knows the password, held by this browser's cookie.

        Raises `WrongCredentials`, the same for an unknown account, or `TriedTooOften`.
        """
        at, tried = self._clock(), credentials.identifier(identifier)
        account = await self._store.accounts.by_identifier(tried)
        await self._pacing.check(IDENTIFIER, tried, caller, await self._knows(account, caller), at)
        right = await self._passwords.matches(account.password_hash if account else None, password)
        if account is None or account.status is not Status.ACTIVE or not right:
            await self._note_refusal(account, tried, caller)
            raise WrongCredentials
        return await self._open(account, destination)

    async def attempt(self, secret: str) -> Attempt:
        """The open attempt of this browser. Raises `AttemptOver`."""
        challenge = await self._store.challenges.of_browser(digest_of(secret))
        if challenge is None or not challenge.is_open(self._clock()):
            raise AttemptOver
        account = await self._store.accounts.get(challenge.patient_id)
        if account is None:
            raise AttemptOver
        return Attempt(challenge=challenge, account=account)

    async def send_code(self, secret: str, channel: Channel, language: str = SOURCE_LANGUAGE) -> Challenge:
        """Second step: send a code there, in that language; those sent before stay valid.

        Raises `AttemptOver`, `NoSuchChannel`, `SentJustNow`, `SentTooOften` or `NoSealingKey`.
        """
        at, code, to = self._clock(), codes.new_code(secrets.randbelow), self._sealing_keys.newest()

        async def work(tx: Tx) -> Challenge:
            challenge, account = await self._open_attempt(secret, at, tx)
            _check_pace(challenge, account, channel, at)
            sealed = _to_seal(challenge, account, channel, code, at + CODE_LIFE, language=language)
            tx.publish(self._signer.issued(sealed, to), challenge.id)
            after = challenge.with_code(self._digest(challenge, code), channel, at)
            await self._store.challenges.save(after, tx)
            sends = [*codes.recent_sends(account.code_sends, at), at]
            await self._store.accounts.note_sends(account.id, sends, tx)
            return after

        return await self._store.transact(work)

    async def try_code(self, secret: str, typed: str, caller: Caller) -> LoggedIn:
        """Third step: the right code opens a session, once.

        Raises `CodeUnreadable` (which costs no try), `WrongCode`, `NoTryLeft` or `AttemptOver`.
        """
        code = codes.read_code(typed)
        if code is None:
            raise CodeUnreadable(codes.digits_in(typed))
        at, handle, browser = self._clock(), new_handle(), new_handle()

        async def work(tx: Tx) -> tuple[Challenge, Outcome, Session | None, str | None]:
            challenge, account = await self._open_attempt(secret, at, tx)
            after, outcome = challenge.tried(self._digest(challenge, code), at)
            await self._store.challenges.save(after, tx)
            session = None
            if outcome is Outcome.RIGHT:
                session = await self._start(account, (handle, browser), device_of(caller.agent), at, tx)
                await self._email_works(challenge, account, at, tx)
            _audit(tx, account.id, caller, challenge.id, right=session is not None)
            return after, outcome, session, account.language if account.language_chosen else None

        challenge, outcome, session, language = await self._store.transact(work)
        if outcome is Outcome.NO_TRY_LEFT:
            raise NoTryLeft
        if session is None:
            raise WrongCode(challenge.tries_left)
        token = self._signer.token(session, at)
        return LoggedIn(
            session=session,
            handle=handle,
            browser=browser,
            token=token,
            destination=challenge.destination,
            language=language,
        )

    async def _knows(self, account: Account | None, caller: Caller) -> bool:
        if account is None or caller.browser is None:
            return False
        return await self._store.browsers.knows(digest_of(caller.browser), account.id)

    async def _note_refusal(self, account: Account | None, tried: str, caller: Caller) -> None:
        at = self._clock()

        async def work(tx: Tx) -> None:
            await self._pacing.note_failure(IDENTIFIER, tried, caller, at, tx)
            _audit(tx, account.id if account else None, caller, None, right=False)

        await self._store.transact(work)

    async def _open(self, account: Account, destination: str) -> Handle:
        at, handle = self._clock(), new_handle()
        challenge = Challenge(
            id=new_id(),
            patient_id=account.id,
            destination=destination,
            started_at=at,
            ends_at=at + ATTEMPT_LIFE,
        )

        async def work(tx: Tx) -> None:
            await self._store.challenges.add(challenge, handle.digest, tx)

        await self._store.transact(work)
        return handle

    async def _open_attempt(self, secret: str, at: datetime, tx: Tx) -> tuple[Challenge, Account]:
        challenge = await self._store.challenges.of_browser(digest_of(secret), tx)
        account = await self._store.accounts.get(challenge.patient_id, tx) if challenge else None
        if challenge is None or account is None or not challenge.is_open(at):
            raise AttemptOver
        return challenge, account

    async def _start(
        self, account: Account, handles: tuple[Handle, Handle], device: str, at: datetime, tx: Tx
    ) -> Session:
        handle, browser = handles
        session = Session(id=new_id(), patient_id=account.id, started_at=at, last_active_at=at, device=device)
        await self._store.sessions.add(session, handle.digest, tx)
        await self._store.browsers.add(browser.digest, account.id, at, tx)
        await self._pacing.forget(IDENTIFIER, account.identifier or "", tx)
        return session

    async def _email_works(self, challenge: Challenge, account: Account, at: datetime, tx: Tx) -> None:
        """A code that came by e-mail mends an address that was said to be refused."""
        after = account.email_works() if challenge.channel == "email" else account
        if after != account:
            await self._store.accounts.save(after, tx)
            tx.publish(as_told(after, at), after.id)

    def _digest(self, challenge: Challenge, code: str) -> bytes:
        return codes.digest_of(self._hashes.key, challenge.id, code)


def _check_pace(challenge: Challenge, account: Account, channel: Channel, at: datetime) -> None:
    just_sent = challenge.resend_from()
    if challenge.channel == channel and just_sent is not None and at < just_sent:
        raise SentJustNow(just_sent)
    until = codes.next_send(account.code_sends, at)
    if until is not None:
        raise SentTooOften(until)


def _to_seal(
    challenge: Challenge, account: Account, channel: Channel, code: str, expires_at: datetime, *, language: str
) -> SealedCode:
    destination = account.contact(channel)
    if destination is None:
        raise NoSuchChannel
    return SealedCode(
        challenge_id=challenge.id,
        code=code,
        channel=channel,
        destination=destination,
        time_zone=account.time_zone,
        language=language,
        expires_at=expires_at,
    )


def _audit(tx: Tx, patient_id: str | None, caller: Caller, challenge_id: str | None, *, right: bool) -> None:
    tx.audit(
        action="log-in",
        actor=patient_id if right and patient_id else UNKNOWN,
        patient_id=patient_id,
        object_kind="account",
        object_id=challenge_id,
        outcome="done" if right else "refused",
        peer=caller.peer,
    )
