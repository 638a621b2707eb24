"""The person chooses how the service speaks to them."""

from collections.abc import Callable

from auth.domain.accounts import Account, as_told
from auth.store import AuthStore
from auth.usecases.caller import Caller
from chassis.clock import Clock, now
from chassis.errors import NotFound
from chassis.store import Tx
from contracts.auth import NoticeChoice


class Preferring:
    """Preferences kept with the account, and told to the other services."""

    def __init__(self, store: AuthStore, clock: Clock = now) -> None:
        self._store = store
        self._clock = clock

    async def choose_language(self, patient_id: str, language: str, caller: Caller) -> None:
        """Speak and write to the patient in this language (a code) from now on. Raises `NotFound`."""
        await self._change(patient_id, lambda account: account.speaking(language), "change-language", caller)

    async def choose_notices(self, patient_id: str, notices: NoticeChoice, caller: Caller) -> None:
        """Tell the patient of letters this way from now on. Raises `NotFound`."""
        await self._change(patient_id, lambda account: account.told_by(notices), "change-notices", caller)

    async def _change(
        self, patient_id: str, change: Callable[[Account], Account], action: str, caller: Caller
    ) -> None:
        at = self._clock()

        async def work(tx: Tx) -> None:
            account = await self._account(patient_id, tx)
            after = change(account)
            if after == account:
                return
            await self._store.accounts.save(after, tx)
            tx.publish(as_told(after, at), after.id)
            tx.audit(
                action=action,
                actor=patient_id,
                patient_id=patient_id,
                object_kind="account",
                peer=caller.peer,
            )

        await self._store.transact(work)

    async def _account(self, patient_id: str, tx: Tx) -> Account:
        account = await self._store.accounts.get(patient_id, tx)
        if account is None:
            raise NotFound
        return account
