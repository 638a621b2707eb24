"""Every topic of Pli, declared once: creation, access rights and the catalogue are derived from here.

A topic that is read by nobody but people says `for_operators`. Partition counts never change in place.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from contracts import auth, documents, messaging, notifier, synthesis
from contracts.audit import AccessRecorded
from contracts.base import Event

SERVICES = ("auth", "messaging", "documents", "synthesis", "notifier")

EVENT_DAYS = timedelta(days=30)
COMMAND_DAYS = timedelta(days=14)
LOCAL_PARTITIONS = 12
LARGEST_DEAD_LETTER = 2_097_152
"""Bytes: any record that the other topics take, with the headers that say why it was given up."""


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """A service that processes a topic in a group, each record once for the whole service."""

    service: str
    group: str


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One topic. `followers` read it from the beginning or from now on, without a group, in every replica."""

    name: str
    says: str
    key: str
    events: tuple[type[Event], ...] = ()
    producers: tuple[str, ...]
    consumers: tuple[Consumer, ...] = ()
    followers: tuple[str, ...] = ()
    retention: timedelta | None
    partitions: int = LOCAL_PARTITIONS
    for_operators: bool = False
    extra_config: dict[str, str] = field(default_factory=dict)

    @property
    def compacted(self) -> bool:
        """Whether the last record of each key is kept for ever."""
        return self.retention is None

    @property
    def config(self) -> dict[str, str]:
        """The topic's configuration in Kafka's words."""
        return (_compaction() if self.retention is None else _deletion(self.retention)) | self.extra_config

    def group_of(self, service: str) -> str:
        """The fixed group name of a consumer. Raises `LookupError` if the service is not declared as one."""
        for consumer in self.consumers:
            if consumer.service == service:
                return consumer.group
        raise LookupError(f"{service} is not a declared consumer of {self.name}")


def _compaction() -> dict[str, str]:
    hour = str(int(timedelta(hours=1) / timedelta(milliseconds=1)))
    return {"cleanup.policy": "compact", "max.compaction.lag.ms": hour, "segment.ms": hour}


def _deletion(retention: timedelta) -> dict[str, str]:
    kept_ms = int(retention / timedelta(milliseconds=1))
    day_ms = int(timedelta(days=1) / timedelta(milliseconds=1))
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(kept_ms),
        "segment.ms": str(min(kept_ms // 4, day_ms)),
    }


def _by(topic: str, *services: str) -> tuple[Consumer, ...]:
    return tuple(Consumer(service=service, group=f"{service}-on-{topic}") for service in services)


def _audit(service: str) -> Topic:
    return Topic(
        name=f"{service}.audit",
        says=f"who did what to whose data in {service}, ids only",
        key="patient",
        events=(AccessRecorded,),
        producers=(service,),
        retention=timedelta(days=3 * 365),
        for_operators=True,
    )


def _dead_letters(service: str) -> Topic:
    return Topic(
        name=f"{service}.dead-letters",
        says=f"what {service} could not process, as it came, with the reason",
        key="as the origin",
        producers=(service,),
        retention=EVENT_DAYS,
        extra_config={"max.message.bytes": str(LARGEST_DEAD_LETTER)},
        for_operators=True,
    )


TOPICS: tuple[Topic, ...] = (
    Topic(
        name="auth.patients",
        says="the patient as the others need them, a full state with a revision",
        key="patient",
        events=(auth.PatientChanged,),
        producers=("auth",),
        consumers=_by("auth.patients", "messaging", "documents", "synthesis", "notifier"),
        retention=None,
    ),
    Topic(
        name="auth.codes",
        says="a one-time code to send, sealed to the notifier",
        key="challenge",
        events=(auth.CodeIssued,),
        producers=("auth",),
        consumers=_by("auth.codes", "notifier"),
        retention=timedelta(minutes=15),
    ),
    Topic(
        name="auth.sessions",
        says="a session was ended",
        key="session",
        events=(auth.SessionEnded,),
        producers=("auth",),
        followers=SERVICES,
        retention=timedelta(days=1),
    ),
    Topic(
        name="auth.keys",
        says="public keys that verify tokens and codes",
        key="key id",
        events=(auth.SigningKeyPublished,),
        producers=("auth",),
        followers=SERVICES,
        retention=None,
        partitions=1,
    ),
    Topic(
        name="notifier.keys",
        says="public keys to which codes are sealed",
        key="key id",
        events=(notifier.SealingKeyPublished,),
        producers=("notifier",),
        followers=("auth",),
        retention=None,
        partitions=1,
    ),
    Topic(
        name="messaging.intake",
        says="a letter was taken at the door, one record a recipient",
        key="patient",
        events=(messaging.LetterTaken, messaging.NoticeReturnTaken),
        producers=("messaging",),
        consumers=_by("messaging.intake", "messaging"),
        retention=EVENT_DAYS,
    ),
    Topic(
        name="messaging.events",
        says="what happens in mailboxes",
        key="patient",
        events=(
            messaging.MailboxOpened,
            messaging.MessageReceived,
            messaging.MessageRead,
            messaging.ReplyStateChanged,
            messaging.ExchangeEnded,
            messaging.NoticeReturned,
            messaging.ConversationDeleted,
            messaging.DocumentsSent,
        ),
        producers=("messaging",),
        consumers=_by("messaging.events", "notifier", "documents"),
        followers=("messaging",),
        retention=EVENT_DAYS,
    ),
    Topic(
        name="documents.commands",
        says="keep this attachment, hand over these documents",
        key="patient",
        events=(documents.AttachmentKeepRequested, documents.HandoverRequested),
        producers=("messaging",),
        consumers=_by("documents.commands", "documents"),
        retention=COMMAND_DAYS,
    ),
    Topic(
        name="documents.events",
        says="documents added, refused, handed over",
        key="patient",
        events=(
            documents.DocumentAdded,
            documents.KeepRefused,
            documents.DocumentHandedOver,
            documents.HandoverRefused,
        ),
        producers=("documents",),
        consumers=_by("documents.events", "messaging"),
        retention=EVENT_DAYS,
    ),
    Topic(
        name="synthesis.commands",
        says="render the medical profile for that draft row",
        key="patient",
        events=(synthesis.SynthesisRequested,),
        producers=("messaging",),
        consumers=_by("synthesis.commands", "synthesis"),
        retention=COMMAND_DAYS,
    ),
    Topic(
        name="synthesis.events",
        says="the medical profile's PDF was made, or why not",
        key="patient",
        events=(synthesis.SynthesisRendered, synthesis.SynthesisFailed),
        producers=("synthesis",),
        consumers=_by("synthesis.events", "messaging"),
        retention=EVENT_DAYS,
    ),
    Topic(
        name="notifier.events",
        says="notices that left or could not",
        key="patient",
        events=(notifier.NoticeSent, notifier.NoticeFailed),
        producers=("notifier",),
        consumers=_by("notifier.events", "auth"),
        retention=EVENT_DAYS,
    ),
    *(_audit(service) for service in SERVICES),
    *(_dead_letters(service) for service in SERVICES),
)

BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}


def topic_of(event: type[Event], service: str) -> Topic:
    """The topic on which `service` publishes this event. Raises `LookupError` if none is declared."""
    for topic in TOPICS:
        if event in topic.events and service in topic.producers:
            return topic
    raise LookupError(f"{service} declares no topic for {event.__name__}")
