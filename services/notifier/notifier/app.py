"""The composition root: the notifier, built from one `Settings`."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from chassis.clock import now
from chassis.effects import LeasedQueue, Perform
from chassis.identity.guard import Guard
from chassis.part import Check
from chassis.process import Process
from chassis.service import assemble
from chassis.store.gathering import Gathering
from chassis.web import WebPages
from notifier.events import NotifierEvents
from notifier.keys import KeyRing, SealingKey
from notifier.mail import address_of
from notifier.rendering import Renderer
from notifier.sending import Sending
from notifier.settings import NotifierSettings
from notifier.sms import CatcherSms
from notifier.smtp import SmtpMailer, over_smtp
from notifier.store import CODES, NOTICES, NotifierStore
from notifier.web.views import NoticeViews, ViewableNotices

HERE = Path(__file__).parent
PAGES = WebPages(prefix="/notifications", templates=HERE / "web" / "templates", locale=HERE / "locale")
LEASE = timedelta(seconds=60)


class KeyPublishing:
    """Publishes our sealing key as soon as the store is there, once in the key's life."""

    name = "sealing-key"

    def __init__(self, store: NotifierStore, key: SealingKey) -> None:
        self._store = store
        self._key = key

    async def start(self) -> None:
        """Put it into the outbox, unless it was published before. Raises `BackingServiceAway`."""
        await self._store.publish_key(self._key.published(now()))

    async def stop(self) -> None:
        """Nothing to let go."""

    def checks(self) -> Mapping[str, Check]:
        """Ready once started."""
        return {}


class MailConnections:
    """The kept connections to the mail relay, closed when the process stops."""

    name = "mail-relay"

    def __init__(self, mailer: SmtpMailer) -> None:
        self._mailer = mailer

    async def start(self) -> None:
        """Nothing: connections are made when a notice leaves."""

    async def stop(self) -> None:
        """Hang up."""
        await self._mailer.close()

    def checks(self) -> Mapping[str, Check]:
        """Not part of readiness: while the relay is away, notices wait in the store."""
        return {}


def build(settings: NotifierSettings) -> Process:
    """The process of the notifier. Call it on the running event loop."""
    store, guard, mailer = NotifierStore(settings), Guard(settings), over_smtp(settings)
    keys, renderer = KeyRing(*settings.sealing_keys()), renderer_of(settings)
    events = NotifierEvents(store, keys, guard, domain=settings.notice_domain)
    people = Gathering(store.patients_among)
    sending = Sending(
        people.one,
        keys,
        renderer,
        mailer,
        CatcherSms(mailer, settings.service_name),
        sender=address_of(settings.service_name, f"ne-pas-repondre@{settings.notice_domain}"),
        unread=store.unread,
    )
    store.queues = queues_of(store, sending.perform, settings.notice_connections)
    return assemble(
        settings,
        store,
        subscriptions=events.subscriptions(),
        controllers=[NoticeViews],
        pages=PAGES,
        guard=guard,
        parts=[KeyPublishing(store, keys.current), *store.queues.values(), MailConnections(mailer)],
        dependencies={"store": ViewableNotices(store, renderer, rate=settings.view_rate)},
    )


def queues_of(store: NotifierStore, perform: Perform, connections: int) -> dict[str, LeasedQueue]:
    """What sends, by its collection.

    Codes have places of their own: nobody waits to log in behind a relay that takes minutes over other notices.
    """
    return {
        name: LeasedQueue(store, name, perform, concurrency=connections, lease=LEASE, in_floods=name == NOTICES)
        for name in (CODES, NOTICES)
    }


def renderer_of(settings: NotifierSettings) -> Renderer:
    """The words of notices for this deployment."""
    return Renderer(
        service_name=settings.service_name,
        public_origin=settings.public_origin,
        public_host=settings.public_host,
        data_controllers=settings.data_controllers,
    )
