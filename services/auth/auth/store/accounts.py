"""The collection `accounts`, one row a patient."""

from collections.abc import Sequence
from datetime import datetime

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo.errors import DuplicateKeyError

from auth.domain.accounts import Account
from auth.errors import AuthError
from auth.store.rows import from_row, session_of, to_row
from chassis.i18n import mark as _
from chassis.store import Row, Tx, away


class AlreadyInvited(AuthError):
    """There is an account for this INS already."""

    code = "already-invited"
    status = 409
    sentence = _("Cette personne a déjà été invitée.")


class IdentifierTaken(AuthError):
    """Another account has this identifier."""

    code = "identifier-taken"
    status = 409
    sentence = _("Cet identifiant est déjà utilisé. Choisissez-en un autre.")


class Accounts:
    """Accounts by patient id, or by the identifier people log in with."""

    def __init__(self, rows: AsyncIOMotorCollection[Row]) -> None:
        self._rows = rows

    async def add(self, account: Account, tx: Tx) -> None:
        """A new account. Raises `AlreadyInvited`."""
        try:
            await self._rows.insert_one(_row(account), session=tx.session)
        except DuplicateKeyError:
            raise AlreadyInvited from None

    async def get(self, patient_id: str, tx: Tx | None = None) -> Account | None:
        """The account of a patient."""
        return await self._one({"_id": patient_id}, tx)

    async def by_identifier(self, identifier: str) -> Account | None:
        """The account that logs in with this identifier (normalised)."""
        return await self._one({"identifier": identifier}, None)

    async def save(self, account: Account, tx: Tx) -> None:
        """Replace the account by its next state. Raises `IdentifierTaken`."""
        try:
            await self._rows.replace_one({"_id": account.id}, _row(account), session=tx.session)
        except DuplicateKeyError:
            raise IdentifierTaken from None

    async def note_sends(self, patient_id: str, sends: Sequence[datetime], tx: Tx) -> None:
        """Remember when codes were sent."""
        update = {"$set": {"code_sends": list(sends)}}
        await self._rows.update_one({"_id": patient_id}, update, session=tx.session)

    async def _one(self, where: Row, tx: Tx | None) -> Account | None:
        with away():
            row = await self._rows.find_one(where, session=session_of(tx))
        return from_row(row, Account) if row else None


def _row(account: Account) -> Row:
    """Without an identifier until there is one: the unique index looks only at those that are."""
    row = to_row(account)
    return row if account.identifier else {name: row[name] for name in row if name != "identifier"}
