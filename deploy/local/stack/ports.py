"""Which port each process listens on, and who holds one that is taken."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping

import psutil

from stack.errors import PortTaken, StackError

HOST = "127.0.0.1"
CONNECT_BOUND_S = 0.5

BASE: Mapping[str, int] = {
    "gateway": 8080,
    "door": 2525,
    "mail-web": 1080,
    "mail-smtp": 1025,
    "scanner": 3310,
    "console": 8090,
    "metrics": 8428,
    "kafka": 9092,
    "kafka-controller": 9093,
    "kafka-jmx": 9404,
    "mongodb": 27017,
    "minio": 9000,
    "minio-page": 9001,
    "auth": 8101,
    "messaging-web": 8102,
    "documents": 8103,
    "synthesis": 8104,
    "notifier": 8105,
    "messaging-worker": 8106,
    "messaging-smtp": 8107,
    "gateway-pages": 8108,
    "gateway-admin": 8109,
}


class Ports(dict[str, int]):
    """Every port of one instance, by name."""

    @classmethod
    def at(cls, offset: int, environ: Mapping[str, str] | None = None) -> Ports:
        """The base ports moved by `offset`, each overridable by `PLI_PORT_<NAME>`."""
        settings = os.environ if environ is None else environ
        return cls({name: _port(name, base + offset, settings) for name, base in BASE.items()})

    def address(self, name: str) -> str:
        return f"{HOST}:{self[name]}"

    def url(self, name: str, path: str = "") -> str:
        return f"http://{self.address(name)}{path}"


def variable(name: str) -> str:
    """The setting that overrides one port: `messaging-web` is `PLI_PORT_MESSAGING_WEB`."""
    return "PLI_PORT_" + name.upper().replace("-", "_")


def _port(name: str, default: int, settings: Mapping[str, str]) -> int:
    given = settings.get(variable(name), str(default))
    if given.isdigit() and 0 < int(given) < 65536:
        return int(given)
    raise StackError(
        f"port {given!r} for {name} is not a number between 1 and 65535",
        f"choose another --port-offset, or set {variable(name)}",
    )


def check_free(ports: Ports, names: Iterable[str]) -> None:
    """Raise `PortTaken`, naming the holder, if a port that we need has a listener."""
    for name in names:
        if not _is_free(ports[name]):
            raise PortTaken(
                f"port {ports[name]} ({name}) is taken by {holder(ports[name])}",
                f"stop that program, or move ours: {variable(name)}={ports[name] + 1} make up"
                " (or another PLI_PORT_OFFSET)",
            )


def _is_free(port: int) -> bool:
    """Nobody listens. A client that happens to leave by this port goes away by itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(CONNECT_BOUND_S)
        return probe.connect_ex((HOST, port)) != 0


def holder(port: int) -> str:
    """The pid and command that listen on a port, as far as this user may see them."""
    for connection in psutil.net_connections(kind="tcp"):
        listens = connection.status == psutil.CONN_LISTEN
        if listens and connection.laddr.port == port and connection.pid:
            return f"pid {connection.pid} ({_command(connection.pid)})"
    return "a program of another user"


def _command(pid: int) -> str:
    try:
        return " ".join(psutil.Process(pid).cmdline())[:120]
    except psutil.Error:
        return "its command can't be read"
