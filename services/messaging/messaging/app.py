"""Composition root: three processes out of one `MessagingSettings`, or all in one."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chassis.bus import Subscription
from chassis.clock import now
from chassis.part import Part
from chassis.process import Process
from chassis.service import assemble
from messaging.domain.addresses import Domains
from messaging.domain.letter import Service
from messaging.objects import Objects
from messaging.operators import OperatorsFile
from messaging.settings import MessagingSettings
from messaging.store import MessagingStore

if TYPE_CHECKING:
    from messaging.door.scanning import Scanner


class Only(StrEnum):
    """Which of the three processes this is."""

    SMTP = "smtp"
    WEB = "web"
    WORKER = "worker"


def build(settings: MessagingSettings, only: Only | None = None) -> Process:
    """The process. Each imports only what its part needs. Call it on the running event loop."""
    store, objects = MessagingStore(settings), Objects(settings)
    operators = OperatorsFile(settings.mail_operators)
    domains = operators.domains(settings.patient_domain)
    parts: list[Part] = []
    doors: list[Part] = []
    if only in (None, Only.SMTP):
        intake, door = _door(settings, store, objects, operators)
        parts.append(intake)
        doors.append(door)
    if only in (None, Only.WORKER):
        parts += _worker(settings, store, objects)
    pages: Mapping[str, Any] = {}
    if only in (None, Only.WEB):
        follower, pages = _web(settings, store, objects, domains)
        parts.append(follower)
    works = only in (None, Only.WORKER)
    return assemble(
        settings,
        store,
        name=f"messaging-{only}" if only else "messaging",
        subscriptions=_subscriptions(store, objects, _service(settings, domains)) if works else (),
        parts=parts,
        fronts=doors,
        relay=works,
        **pages,
    )


def _door(
    settings: MessagingSettings, store: MessagingStore, objects: Objects, operators: OperatorsFile
) -> tuple[Part, Part]:
    """The log it writes to, and the door itself."""
    from messaging.door import Door
    from messaging.door.recipients import Recipients
    from messaging.door.taking import Taking
    from messaging.intake import Intake

    intake = Intake(settings)
    recipients = Recipients(store, settings.patient_domain, now)
    scanner = _scanner(settings)
    taking = Taking(objects, intake, scanner, now)
    door = Door(
        settings, operators=operators, recipients=recipients, taking=taking, scanner=scanner, objects=objects
    )
    return intake, door


def _scanner(settings: MessagingSettings) -> "Scanner":
    from messaging.door.scanning import Clamd, NoScanner, over_tcp

    if settings.door_scanner == "off":
        return NoScanner()
    return Clamd(over_tcp(settings.scanner_host, settings.scanner_port), answer_within=settings.scanner_within)


def _worker(settings: MessagingSettings, store: MessagingStore, objects: Objects) -> Sequence[Part]:
    from messaging.freshness import Freshness
    from messaging.misdirected import Counting
    from messaging.road import Road
    from messaging.tidying import Tidying

    tidying = Tidying(store, objects, now)
    return [Road(settings, store, objects, now), Freshness(settings, store, now), tidying, Counting(store)]


def _service(settings: MessagingSettings, domains: Domains) -> Service:
    return Service(settings.service_name, domains, settings.road_relay_domain)


def _subscriptions(store: MessagingStore, objects: Objects, service: Service) -> Sequence[Subscription]:
    from messaging.events import subscriptions

    return subscriptions(store, objects, service)


def _web(
    settings: MessagingSettings, store: MessagingStore, objects: Objects, domains: Domains
) -> tuple[Part, Mapping[str, Any]]:
    """The follower that feeds open pages, and what `assemble` needs for the pages."""
    from chassis.bus import Follower
    from chassis.identity.guard import Guard
    from chassis.objects import watch_objects
    from chassis.previews.previewer import Previewer
    from contracts.topics import BY_NAME
    from messaging.originals import Originals
    from messaging.paper.press import Press
    from messaging.pictures.darkroom import Darkroom
    from messaging.structured import DocumentReader
    from messaging.web import PAGES, MailboxNews, controllers

    news = MailboxNews()
    told = BY_NAME["messaging.events"]
    follower = Follower(settings, told.name, told.events, news.tell, from_beginning=False)
    dependencies = {
        "store": store,
        "objects": objects,
        "originals": Originals(objects, settings.patient_domain),
        "domains": domains,
        "allowances": settings.allowances,
        "news": news,
        "reader": DocumentReader(objects, settings.patient_domain),
        "darkroom": Darkroom(),
        "press": Press(),
        "previewer": Previewer(),
    }
    guard = Guard(settings)
    return follower, {
        "controllers": controllers,
        "pages": PAGES,
        "guard": guard,
        "dependencies": dependencies,
        "watches": [watch_objects(settings)],
    }
