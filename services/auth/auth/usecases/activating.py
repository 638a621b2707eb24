"""The patient activates their space: proves the invitation, then chooses identifier and password."""

from datetime import date, datetime

from auth.domain import activation, credentials
from auth.domain.accounts import Account, as_told
from auth.domain.activation import HOLD, Invitation
from auth.domain.credentials import IdentifierFault, PasswordFault
from auth.errors import AuthError, InvitationNotHeld, InvitationRefused
from auth.handles import Handle, KeyedHash, digest_of, new_handle
from auth.passwords import Passwords
from auth.store import AuthStore
from auth.usecases.caller import UNKNOWN, Caller
from auth.usecases.pacing import Pacing
from chassis.clock import Clock, now
from chassis.i18n import mark as _
from chassis.store import Tx

ACTIVATION = "activation"


class ChoiceRefused(AuthError):
    """The chosen identifier or password can't be taken; the faults say why."""

    code = "choice-refused"
    status = 422
    sentence = _("Cet identifiant ou ce mot de passe ne peut pas être choisi.")

    def __init__(self, identifier: IdentifierFault | None, password: PasswordFault | None) -> None:
        super().__init__(f"identifier: {identifier}, password: {password}")
        self.identifier_fault = identifier
        self.password_fault = password


class Activating:
    """The two steps of an activation."""

    def __init__(
        self, *, store: AuthStore, passwords: Passwords, hashes: KeyedHash, pacing: Pacing, clock: Clock = now
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._hashes = hashes
        self._pacing = pacing
        self._clock = clock

    async def prove(self, birth_name: str, birth_date: date, typed_code: str, caller: Caller) -> Handle:
        """Let this browser go on if it brings an open invitation's code, name and date.

        Raises `InvitationRefused`, the same whatever is wrong, or `TriedTooOften`.
        """
        at, handle = self._clock(), new_handle()
        code = activation.read_code(typed_code) or ""
        await self._pacing.check(ACTIVATION, code, caller, False, at)

        async def work(tx: Tx) -> bool:
            found = await self._store.invitations.by_code(self._hashes.of(ACTIVATION, code), tx)
            if found and found.is_open(at) and found.is_for(birth_name, birth_date):
                await self._store.invitations.hold(found.id, handle.digest, at + HOLD, tx)
                return True
            await self._refuse(found, code, caller, at, tx)
            return False

        if not await self._store.transact(work):
            raise InvitationRefused
        return handle

    async def held(self, secret: str) -> Account:
        """The account this browser may activate. Raises `InvitationNotHeld`."""
        invitation = await self._store.invitations.held_by(digest_of(secret))
        account = await self._store.accounts.get(invitation.patient_id) if invitation else None
        if invitation is None or account is None or not invitation.is_held(self._clock()):
            raise InvitationNotHeld
        return account

    async def activate(self, secret: str, identifier: str, password: str, caller: Caller) -> None:
        """Open the space: the account is active, and the other services are told in the same commit.

        Raises `InvitationNotHeld`, `ChoiceRefused` or `IdentifierTaken`.
        """
        account = await self.held(secret)
        chosen = credentials.identifier(identifier)
        await self._judge(account, chosen, password)
        active = account.activated(chosen, await self._passwords.hash(password))
        at = self._clock()

        async def work(tx: Tx) -> None:
            await self._use(digest_of(secret), at, tx)
            await self._store.accounts.save(active, tx)
            tx.publish(as_told(active, at), active.id)
            tx.audit(
                action="activate",
                actor=active.id,
                patient_id=active.id,
                object_kind="account",
                peer=caller.peer,
            )

        await self._store.transact(work)

    async def _judge(self, account: Account, identifier: str, password: str) -> None:
        wrong_identifier = credentials.identifier_fault(identifier)
        wrong_password = credentials.length_fault(password)
        words = (*account.words(), identifier)
        if wrong_password is None and await self._passwords.is_common(password, words):
            wrong_password = PasswordFault.COMMON
        if wrong_identifier or wrong_password:
            raise ChoiceRefused(wrong_identifier, wrong_password)

    async def _use(self, holder: bytes, at: datetime, tx: Tx) -> None:
        """Use the invitation up, in the transaction that activates."""
        invitation = await self._store.invitations.held_by(holder, tx)
        if invitation is None or not invitation.is_held(at):
            raise InvitationNotHeld
        if not await self._store.invitations.use(invitation.id, at, tx):
            raise InvitationNotHeld

    async def _refuse(self, found: Invitation | None, code: str, caller: Caller, at: datetime, tx: Tx) -> None:
        await self._pacing.note_failure(ACTIVATION, code, caller, at, tx)
        tx.audit(
            action="activate",
            actor=UNKNOWN,
            patient_id=found.patient_id if found else None,
            object_kind="account",
            outcome="refused",
            peer=caller.peer,
        )
