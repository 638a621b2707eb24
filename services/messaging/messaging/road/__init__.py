"""The SMTP road: each consignment leaves under its message's own Message-ID, however often it is tried."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from chassis.clock import Clock
from chassis.effects import Again, Done, GiveUp, Judged, LeasedQueue, Outcome, Shares
from chassis.errors import BackingServiceAway, Kind, PliError
from chassis.part import Check
from chassis.store import Row
from chassis.telemetry import log
from messaging.composing import Letterhead
from messaging.domain.consignment import (
    NOT_NOW,
    Cargo,
    Consignment,
    Verdict,
    after_attempt,
    changed,
    next_try,
    refused,
)
from messaging.domain.reasons import DeliveryReason
from messaging.objects import Objects
from messaging.road.content import Carried, Contents
from messaging.road.peers import NotSafe, PeerErrors, Peers
from messaging.road.routes import FixedRelay, MailExchangers, NoRoute, NoRouteNow, Routes
from messaging.road.transaction import Answers, Envelope, Transaction
from messaging.settings import MessagingSettings
from messaging.signing import Seal
from messaging.store import MessagingStore
from messaging.store.consignments import CONSIGNMENTS, road_fields
from messaging.store.rows import struct_of
from messaging.telling import state_told

LEASE = timedelta(seconds=45)
"""How soon what a killed worker had under way is taken up by another."""
Verdicts = Mapping[str, Verdict]
IsOurs = Callable[[], bool]
"""Whether the lease still runs: another worker may have sent the message since it ran out."""


class Road:
    """Sends replies and receipts: a part of the worker."""

    name = "road"

    def __init__(
        self,
        settings: MessagingSettings,
        store: MessagingStore,
        objects: Objects,
        clock: Clock,
        peers: Peers | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._contents = Contents(letterhead_of(settings), store, objects)
        self._peers = peers or Peers(settings, settings.door_hostname, routes_of(settings))
        self._queue = LeasedQueue(
            store,
            CONSIGNMENTS,
            self.perform,
            concurrency=settings.road_connections,
            lease=LEASE,
            shares=Shares("domain", settings.road_connections_per_domain),
            clock=clock,
        )

    async def start(self) -> None:
        """Begin to send."""
        await self._queue.start()

    async def stop(self) -> None:
        """Finish what is under way."""
        await self._queue.stop()
        await self._peers.close()

    def checks(self) -> Mapping[str, Check]:
        """Those of the queue: a peer that is away is waited for, and no reason not to be ready."""
        return self._queue.checks()

    async def perform(self, row: Row) -> Outcome:
        """Try one consignment once, for all recipients that have no answer yet."""
        consignment = struct_of(Consignment, row)
        if not consignment.open:
            return Done()
        verdicts = await self._tried(consignment, partial(self._queue.holds, row))
        at = self._clock()
        return Judged(lambda found: outcome_of(struct_of(Consignment, found), verdicts, at))

    async def _tried(self, consignment: Consignment, is_ours: IsOurs) -> Verdicts:
        """An answer for each open delivery. What nobody foresaw is tried again, until its 48 hours are over."""
        ids = [one.id for one in consignment.open]
        try:
            carried = await self._contents.of(consignment)
            verdicts = await self._transmitted(consignment, carried, is_ours)
        except BackingServiceAway:
            raise
        except NoRoute:
            verdicts = dict.fromkeys(ids, refused(DeliveryReason.NO_SUCH_ADDRESS))
        except Exception as error:
            damaged = isinstance(error, PliError) and error.kind is Kind.PERMANENT
            verdicts = dict.fromkeys(ids, refused(DeliveryReason.DAMAGED) if damaged else NOT_NOW)
            log.warning("consignment.not-sent", consignment_id=consignment.id, damaged=damaged, exc_info=error)
        log.info(
            "consignment.tried",
            consignment_id=consignment.id,
            attempts=consignment.attempts,
            verdicts=sorted({verdict.reason or verdict.fact for verdict in verdicts.values()}),
        )
        return verdicts

    async def _transmitted(self, consignment: Consignment, carried: Carried, is_ours: IsOurs) -> Verdicts:
        envelope = Envelope(
            sender=carried.sender,
            recipients={one.id: one.recipient.address for one in consignment.open},
            envelope_id=consignment.envelope_id,
        )
        carrying = partial(self._once, consignment.domain, envelope, carried, is_ours)
        answers = await carrying(fresh=False) or await carrying(fresh=True)
        return answers.verdicts if answers else dict.fromkeys(envelope.recipients, NOT_NOW)

    async def _once(
        self, domain: str, envelope: Envelope, carried: Carried, is_ours: IsOurs, *, fresh: bool
    ) -> Answers | None:
        """The answers over one connection; None when a kept one turned out to be broken before it was used."""
        try:
            connection = await self._peers.connect(domain, fresh=fresh)
        except (*PeerErrors, NotSafe, NoRouteNow) as error:
            log.info("road.no-connection", domain=domain, why=type(error).__name__)
            return Answers(envelope)
        transaction = Transaction(connection.client, self._settings, envelope, carried.content, is_ours=is_ours)
        try:
            await transaction.run()
        except PeerErrors as error:
            connection.client.close()
            log.info("road.cut", domain=domain, why=type(error).__name__)
            stale = connection.used and not transaction.answers.begun
            return None if stale else transaction.answers
        except BaseException:
            connection.client.close()
            raise
        self._peers.keep(connection)
        return transaction.answers


def letterhead_of(settings: MessagingSettings) -> Letterhead:
    """What all that leaves has in common. Raises `OSError` or `ValueError` when the key can't be used."""
    seal = None
    if settings.road_dkim_key:
        seal = Seal.read(settings.road_dkim_key, settings.road_dkim_selector, settings.patient_domain.lower())
    return Letterhead(product=settings.product, seal=seal, asks_for_receipts=settings.road_asks_for_receipts)


def routes_of(settings: MessagingSettings) -> Routes:
    """By relay or by DNS, as the settings say."""
    if settings.road_smtp_host:
        return FixedRelay(settings.road_smtp_host, settings.road_smtp_port)
    return MailExchangers(settings.road_smtp_port)


def outcome_of(found: Consignment, verdicts: Verdicts, at: datetime) -> Done | GiveUp | Again:
    """What an attempt makes of a consignment as it is at the commit: others may have heard of it meanwhile."""
    after = after_attempt(found, verdicts, at)
    told = changed(found, after) if after.cargo is Cargo.REPLY else ()
    events = [(state_told(after, delivery), after.patient_id) for delivery in told]
    if after.open:
        return Again(due_at=next_try(after, verdicts, at), fields=road_fields(after), events=events)
    if all(one.reply_state in ("failed", "given-up") for one in after.deliveries):
        return GiveUp(fields=road_fields(after), events=events)
    return Done(fields=road_fields(after), events=events)
