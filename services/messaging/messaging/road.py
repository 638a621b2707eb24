"""The SMTP road: each recipient's delivery leaves with its reply's own Message-ID, however often it is tried."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import aiosmtplib

from chassis.clock import Clock
from chassis.effects import Again, Done, GiveUp, LeasedQueue, Outcome
from chassis.errors import BackingServiceAway, Kind, NotFound, PliError
from chassis.part import Check
from chassis.store import Row, Tx
from chassis.telemetry import log
from contracts.messaging import DeliveryState, ReplyStateChanged
from messaging.composing import Sender, compose
from messaging.domain.delivery import GIVE_UP_AFTER, may_follow, pause_after
from messaging.domain.model import Attachment, Delivery, Message
from messaging.domain.reasons import DeliveryReason
from messaging.objects import Objects, sent_key
from messaging.settings import MessagingSettings
from messaging.store import MessagingStore
from messaging.store.rows import struct_of

LARGEST_REPLY = 20_000_000
PATIENCE = 30.0
"""Seconds for a relay to answer one command; a large reply may take twice that."""
Refusals = (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused)


class Relay:
    """Connections to the relay, kept open between replies and made anew when they broke."""

    def __init__(self, settings: MessagingSettings) -> None:
        self._settings = settings
        self._idle: list[aiosmtplib.SMTP] = []

    async def send(self, sender: str, recipient: str, content: bytes) -> None:
        """One SMTP transaction. Raises what aiosmtplib does, `OSError`, or `TimeoutError`."""
        async with asyncio.timeout(PATIENCE * 3):
            client = await self._connection()
            try:
                await client.sendmail(sender, [recipient], content)
            except BaseException:
                client.close()
                raise
            self._idle.append(client)

    async def _connection(self) -> aiosmtplib.SMTP:
        while self._idle:
            client = self._idle.pop()
            if client.is_connected and await _answers(client):
                return client
            client.close()
        client = aiosmtplib.SMTP(
            hostname=self._settings.road_smtp_host,
            port=self._settings.road_smtp_port,
            local_hostname=self._settings.door_hostname,
            start_tls=None if self._settings.road_starttls else False,
            timeout=PATIENCE,
        )
        await client.connect()
        return client

    async def close(self) -> None:
        """Take leave of the relay."""
        for client in self._idle:
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await asyncio.wait_for(client.quit(), 1.0)
        self._idle.clear()


async def _answers(client: aiosmtplib.SMTP) -> bool:
    """Whether a connection that lay idle still works, and is free for a new transaction."""
    try:
        await client.rset(timeout=2.0)
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        return False
    return True


class Road:
    """Sends replies: a part of the worker."""

    name = "road"

    def __init__(self, settings: MessagingSettings, store: MessagingStore, objects: Objects, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._objects = objects
        self._clock = clock
        self._relay = Relay(settings)
        self._queue = LeasedQueue(
            store,
            "deliveries",
            self.perform,
            concurrency=settings.road_connections,
            lease=timedelta(seconds=PATIENCE * 4),
            clock=clock,
        )

    async def start(self) -> None:
        """Begin to send."""
        await self._queue.start()

    async def stop(self) -> None:
        """Finish what is under way."""
        await self._queue.stop()
        await self._relay.close()

    def checks(self) -> Mapping[str, Check]:
        """Those of the queue: a relay that is away is waited for, and no reason not to be ready."""
        return self._queue.checks()

    async def perform(self, row: Row) -> Outcome:
        """Try one delivery once."""
        delivery = struct_of(Delivery, row)
        if not may_follow(delivery.reply_state, "accepted") and delivery.reply_state != "queued":
            return Done(state="sent")
        delivery = await self._begun(delivery)
        try:
            message = await self._store.message(delivery.patient_id, delivery.message_id)
            content = await self._composed(message)
            await self._relay.send(message.sender.address, delivery.recipient.address, content)
        except BackingServiceAway:
            raise
        except Exception as error:
            return self._not_sent(delivery, error)
        log.info("reply.accepted", delivery_id=delivery.id, size=len(content), attempts=delivery.attempts)
        moved = delivery.moved_to("accepted", self._clock())
        return Done(fields=_fields(moved), events=[(_told(moved), moved.patient_id)])

    async def _begun(self, delivery: Delivery) -> Delivery:
        """The first attempt is told: `queued` becomes `sending`."""

        async def work(tx: Tx) -> Delivery:
            found = await self._store.delivery(delivery.id, tx)
            if found is None or found.reply_state != "queued":
                return found or delivery
            at = self._clock()
            begun = found.moved_to("sending", at)
            await self._store.save_reply_state(tx, begun)
            tx.publish(_told(begun), key=begun.patient_id)
            return begun

        if delivery.reply_state != "queued":
            return delivery
        return await self._store.transact(work)

    async def _composed(self, message: Message) -> bytes:
        """The reply as it leaves, composed once and kept."""
        key = sent_key(message.patient_id, message.id)
        try:
            return await self._objects.read(key, LARGEST_REPLY)
        except NotFound:
            patient = await self._store.patient(message.patient_id)
        sender = Sender(patient.given_name, patient.family_name, message.sender.address)
        blocks = compose(message, sender, self._settings.product, self._bytes_of)
        await self._objects.put(key, blocks, "message/rfc822")
        return await self._objects.read(key, LARGEST_REPLY)

    async def _bytes_of(self, attachment: Attachment) -> AsyncIterator[bytes]:
        async with self._objects.open(attachment.object_key) as stream:
            async for chunk in stream.chunks():
                yield chunk

    def _not_sent(self, delivery: Delivery, error: Exception) -> Outcome:
        """5xx fails at once, and so does a reply whose files are gone; anything else is tried for 48 hours.

        Also what nobody foresaw ends in a state that the patient is told.
        """
        permanent = _is_permanent(error)
        log.warning(
            "reply.not-accepted",
            delivery_id=delivery.id,
            attempts=delivery.attempts,
            permanent=permanent,
            status=_status(error),
        )
        if isinstance(error, PliError) and error.kind is Kind.PERMANENT:
            return self._given_up(delivery, "failed", DeliveryReason.DAMAGED)
        if permanent:
            return self._given_up(delivery, "failed", DeliveryReason.REFUSED)
        at = self._clock()
        if at - delivery.queued_at >= GIVE_UP_AFTER:
            return self._given_up(delivery, "given-up", DeliveryReason.TOO_LATE)
        return Again(due_at=_next_try(at, delivery))

    def _given_up(self, delivery: Delivery, state: DeliveryState, reason: str) -> Outcome:
        moved = delivery.moved_to(state, self._clock(), reason)
        return GiveUp(fields=_fields(moved), events=[(_told(moved), moved.patient_id)])


def _fields(delivery: Delivery) -> Mapping[str, object]:
    """What the patient reads of a delivery, written with the queue's own outcome."""
    return {
        "reply_state": delivery.reply_state,
        "revision": delivery.revision,
        "changed_at": delivery.changed_at,
        "reason": delivery.reason,
    }


def _next_try(at: datetime, delivery: Delivery) -> datetime:
    pause = pause_after(delivery.attempts) * random.uniform(0.75, 1.25)
    return min(at + pause, delivery.queued_at + GIVE_UP_AFTER + timedelta(minutes=1))


def _status(error: Exception) -> int | None:
    """The SMTP status of a refusal, None when there was no answer."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return next((refused.code for refused in error.recipients), None)
    return error.code if isinstance(error, aiosmtplib.SMTPResponseException) else None


def _is_permanent(error: Exception) -> bool:
    """A 5xx to the transaction; a relay that doesn't even greet us properly may mend."""
    if isinstance(error, aiosmtplib.SMTPConnectResponseError | aiosmtplib.SMTPHeloError):
        return False
    if isinstance(error, UnicodeError):
        return True  # an address in letters that the relay cannot be given
    status = _status(error)
    return status is not None and 500 <= status < 600


def _told(delivery: Delivery) -> ReplyStateChanged:
    return ReplyStateChanged(
        patient_id=delivery.patient_id,
        conversation_id=delivery.conversation_id,
        message_id=delivery.message_id,
        delivery_id=delivery.id,
        revision=delivery.revision,
        state=delivery.reply_state,
        reason=delivery.reason,
        changed_at=delivery.changed_at,
    )
