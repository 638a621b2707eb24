"""An operator invites a patient: the account waits, and a letter carries the activation code."""

import secrets
from datetime import date, datetime

from msgspec import Struct

from auth.domain import activation
from auth.domain.accounts import Account, Status
from auth.domain.activation import INVITATION_LIFE, Invitation
from auth.errors import AuthError
from auth.handles import KeyedHash
from auth.store import AuthStore
from chassis.clock import Clock, now
from chassis.i18n import mark as _
from chassis.ids import new_id
from chassis.store import Tx
from contracts import ins

OPERATOR = "operator"


class BadIns(AuthError):
    """The INS has the wrong shape or key."""

    code = "bad-ins"
    sentence = _("Ce numéro INS n'est pas valable : sa forme ou sa clé est fausse.")


class NoContact(AuthError):
    """Neither e-mail nor telephone: no code could ever be sent."""

    code = "no-contact"
    sentence = _("Indiquez une adresse e-mail ou un numéro de téléphone : les codes d'accès y seront envoyés.")


class Invitee(Struct, frozen=True, kw_only=True):
    """The person an operator invites. Contacts are verified: e-mail in its usual form, phone as E.164."""

    given_name: str
    family_name: str
    birth_name: str
    birth_date: date
    ins: str
    email: str | None = None
    phone: str | None = None
    language: str = "fr"


async def invite(store: AuthStore, hashes: KeyedHash, invitee: Invitee, domain: str, clock: Clock = now) -> str:
    """Prepare the account and return the activation code, which nobody can read again.

    Raises `BadIns`, `NoContact` or `AlreadyInvited`.
    """
    account, code, at = _account(invitee, domain), activation.new_code(secrets.choice), clock()

    async def work(tx: Tx) -> None:
        await store.accounts.add(account, tx)
        await store.invitations.add(_invitation(account, at), hashes.of("activation", code), tx)
        tx.audit(action="invite", actor=OPERATOR, patient_id=account.id, object_kind="account")

    await store.transact(work)
    return code


def _account(invitee: Invitee, domain: str) -> Account:
    number = ins.normalised(invitee.ins)
    if not ins.is_valid(number):
        raise BadIns
    if not (invitee.email or invitee.phone):
        raise NoContact
    return Account(
        id=new_id(),
        status=Status.INVITED,
        revision=0,
        ins=number,
        mailbox_address=f"{number}@{domain}",
        given_name=invitee.given_name,
        family_name=invitee.family_name,
        birth_name=invitee.birth_name,
        birth_date=invitee.birth_date,
        email=invitee.email,
        phone=invitee.phone,
        language=invitee.language,
    )


def _invitation(account: Account, at: datetime) -> Invitation:
    return Invitation(
        id=new_id(),
        patient_id=account.id,
        birth_name=account.birth_name,
        birth_date=account.birth_date,
        expires_at=at + INVITATION_LIFE,
    )
