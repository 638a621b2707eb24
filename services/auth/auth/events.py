"""What auth consumes: notices that did not reach a patient speak against the patient's address."""

from collections.abc import Sequence

from auth.domain.accounts import as_told
from auth.store import AuthStore
from chassis.bus import Handling, Subscription
from chassis.store import Tx
from contracts.notifier import ADDRESS_REFUSED, NoticeFailed


def subscriptions(store: AuthStore) -> Sequence[Subscription]:
    """All that auth consumes."""
    contacts = Contacts(store)
    return (Subscription(topic="notifier.events", on=[Handling(NoticeFailed, contacts.mark_refused)]),)


class Contacts:
    """What is learnt of patients' contacts."""

    def __init__(self, store: AuthStore) -> None:
        self._store = store

    async def mark_refused(self, tx: Tx, event: NoticeFailed, prepared: None) -> None:
        """The e-mail address takes no messages; other failures say nothing about it."""
        if event.reason != ADDRESS_REFUSED or event.channel != "email" or event.patient_id is None:
            return
        account = await self._store.accounts.get(event.patient_id, tx)
        after = account.email_refused(event.failed_at) if account else None
        if after is None or after == account:
            return
        await self._store.accounts.save(after, tx)
        tx.publish(as_told(after, event.failed_at), after.id)
