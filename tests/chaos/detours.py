"""Every connection between Pli and what it stands on leads through Toxiproxy, where it can be cut and slowed."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from stack.control import Stack
from stack.environment import Environment, write
from tests.system.toxics import Toxics, Way

SERVICES = (
    "auth",
    "messaging-smtp",
    "messaging-web",
    "messaging-worker",
    "documents",
    "synthesis",
    "notifier",
)
STORES = ("kafka", "mongodb", "minio")
WAYS = {**{name: name for name in STORES}, "mail": "mail-smtp"}
"""The ways by the name of what they lead to, with its port's name."""


@contextmanager
def detoured(stack: Stack, proxy: Toxics) -> Iterator[Mapping[str, Way]]:
    """Inside, all services reach Kafka, MongoDB, MinIO and the mail relay through these ways."""
    ways = {name: proxy.way_to(name, stack.ports[port]) for name, port in WAYS.items()}
    environment = Environment(stack.instance)
    kept = {name: environment.of(name) for name in SERVICES}
    properties = stack.instance.places.config / "server.properties"
    as_it_was = properties.read_text()
    try:
        _advertise(properties, ways["kafka"].port)
        for name, settings in kept.items():
            write(environment.path(name), {key: _led(value, stack, ways) for key, value in settings.items()})
        stack.restart("kafka")
        stack.restart(*SERVICES)
        yield ways
    finally:
        properties.write_text(as_it_was)
        for name, settings in kept.items():
            write(environment.path(name), settings)
        stack.restart("kafka")
        stack.restart(*SERVICES)


def _advertise(properties: Path, port: int) -> None:
    """Clients are told to come by the detour; the broker still listens where it did."""
    text = properties.read_text()
    properties.write_text(re.sub(r"(?m)^(advertised\.listeners=CLIENT://127\.0\.0\.1:)\d+", rf"\g<1>{port}", text))


def _led(value: str, stack: Stack, ways: Mapping[str, Way]) -> str:
    """A setting with the ports of what is troubled replaced by those of the detours."""
    for name, port in WAYS.items():
        value = re.sub(rf"(?<![0-9]){stack.ports[port]}(?![0-9])", str(ways[name].port), value)
    return value
