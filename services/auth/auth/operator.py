"""The operator's command: reads what was typed, prepares the account, gives the code for the letter."""

from datetime import date

import phonenumbers
from email_validator import validate_email

from auth.domain.activation import in_groups
from auth.handles import KeyedHash
from auth.settings import AuthSettings
from auth.store import AuthStore
from auth.usecases.inviting import Invitee, invite

REGION = "FR"


async def invite_patient(
    settings: AuthSettings,
    *,
    given_name: str,
    family_name: str,
    birth_name: str,
    birth_date: date,
    ins: str,
    email: str | None,
    phone: str | None,
    language: str,
) -> str:
    """The activation code in groups of four. Raises `AuthError`, or `ValueError` for a bad contact."""
    invitee = Invitee(
        given_name=given_name.strip(),
        family_name=family_name.strip(),
        birth_name=birth_name.strip(),
        birth_date=birth_date,
        ins=ins,
        email=read_email(email) if email else None,
        phone=read_phone(phone) if phone else None,
        language=language,
    )
    store = AuthStore(settings)
    try:
        await store.prepare()
        hashes = KeyedHash(settings.code_key_bytes())
        return in_groups(await invite(store, hashes, invitee, settings.patient_domain))
    finally:
        store.close()


def read_email(typed: str) -> str:
    """An address in its usual form. Raises `ValueError`; whether it receives mail isn't asked."""
    return validate_email(typed, check_deliverability=False, test_environment=True).normalized


def read_phone(typed: str) -> str:
    """A number in E.164. Raises `ValueError` for one that can't exist."""
    try:
        number = phonenumbers.parse(typed, REGION)
    except phonenumbers.NumberParseException as error:
        raise ValueError(str(error)) from None
    if not phonenumbers.is_possible_number(number):
        raise ValueError("this telephone number can't exist")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
