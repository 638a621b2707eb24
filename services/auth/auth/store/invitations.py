"""The collection `invitations`: activation codes by their keyed hash, and the browser that proved one."""

from datetime import datetime

from motor.motor_asyncio import AsyncIOMotorCollection

from auth.domain.activation import Invitation
from auth.store.rows import from_row, session_of, to_row
from chassis.store import Row, Tx, away


class Invitations:
    """Invitations by code, or by the browser that holds them for a while."""

    def __init__(self, rows: AsyncIOMotorCollection[Row]) -> None:
        self._rows = rows

    async def add(self, invitation: Invitation, code_digest: bytes, tx: Tx) -> None:
        """A new invitation; its code is known by its keyed hash only."""
        row = {**to_row(invitation), "code_digest": code_digest}
        await self._rows.insert_one(row, session=tx.session)

    async def by_code(self, code_digest: bytes, tx: Tx) -> Invitation | None:
        """The invitation with this code, open or not."""
        return await self._one({"code_digest": code_digest}, tx)

    async def held_by(self, holder: bytes, tx: Tx | None = None) -> Invitation | None:
        """The invitation that this browser proved, held still or not."""
        return await self._one({"holder": holder}, tx)

    async def hold(self, invitation_id: str, holder: bytes, until: datetime, tx: Tx) -> None:
        """Let this browser, and no earlier one, choose identifier and password until then."""
        update = {"$set": {"holder": holder, "held_until": until}}
        await self._rows.update_one({"_id": invitation_id}, update, session=tx.session)

    async def use(self, invitation_id: str, at: datetime, tx: Tx) -> bool:
        """Use the invitation up; False if it was already."""
        update = {"$set": {"used_at": at, "held_until": None}, "$unset": {"holder": ""}}
        unused = {"_id": invitation_id, "used_at": None}
        return (await self._rows.update_one(unused, update, session=tx.session)).modified_count == 1

    async def _one(self, where: Row, tx: Tx | None) -> Invitation | None:
        with away():
            row = await self._rows.find_one(where, session=session_of(tx))
        return from_row(row, Invitation) if row else None
