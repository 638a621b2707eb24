"""Every process of an instance: how it starts, what it listens on, and when it is ready."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from stack import kafka, mongodb, servers
from stack.environment import Environment
from stack.instance import Instance
from stack.places import CHECKOUT, VENV_PYTHON
from stack.ports import HOST
from stack.probes import Probe, http_answers, kafka_answers, mongodb_answers, scanner_answers, smtp_greets


class Kind(StrEnum):
    """What a process is to the stack."""

    SERVER = "server"
    JOB = "job"
    SERVICE = "service"


@dataclass(frozen=True)
class Process:
    """One process under the supervisor. `port` is a name in `ports`; a job listens on none."""

    name: str
    kind: Kind
    command: tuple[str, ...]
    ready: Probe
    port: str | None = None
    needs: tuple[str, ...] = ()

    @property
    def waits_for_provision(self) -> bool:
        return self.kind is Kind.SERVICE


SERVICE_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "auth": ("auth",),
    "messaging-web": ("messaging", "--only", "web"),
    "messaging-worker": ("messaging", "--only", "worker"),
    "messaging-smtp": ("messaging", "--only", "smtp"),
    "documents": ("documents",),
    "synthesis": ("synthesis",),
    "notifier": ("notifier",),
    "console": ("console", "serve"),
}
SCANNER = shutil.which("clamd") or "/usr/sbin/clamd"
STORES = ("kafka", "mongodb", "minio")


def processes(instance: Instance, *, servers_only: bool = False) -> tuple[Process, ...]:
    """Every process of the instance, servers first."""
    below = _Below(instance)
    services = () if servers_only else SERVICE_COMMANDS.items()
    return (
        below.kafka(), below.mongodb(), below.minio(), below.mail(), below.scanner(), below.metrics(),
        below.provision(),
        *(below.service(name, module) for name, module in services),
        below.gateway_pages(), below.gateway(),
    )  # fmt: skip


class _Below:
    """Builds each process of one instance."""

    def __init__(self, instance: Instance) -> None:
        self._places = instance.places
        self._ports = instance.ports
        self._environment = Environment(instance)

    def kafka(self) -> Process:
        properties = self._places.config / "server.properties"
        line = kafka.broker_command(servers.KAFKA.folder, properties, self._ports["kafka-jmx"])
        return Process("kafka", Kind.SERVER, tuple(line), self._kafka_ready, "kafka")

    def _kafka_ready(self) -> bool:
        admin = self._environment.of("provision")
        return kafka_answers(
            self._ports.address("kafka"), admin["PLI_KAFKA_USERNAME"], admin["PLI_KAFKA_PASSWORD"]
        )

    def mongodb(self) -> Process:
        line = mongodb.command(servers.SECANTUSDB.folder, self._places.data / "mongodb", self._ports["mongodb"])
        return Process("mongodb", Kind.SERVER, tuple(line), self._mongodb_ready, "mongodb")

    def _mongodb_ready(self) -> bool:
        admin = self._environment.of("provision")
        return mongodb_answers(admin["PLI_MONGO_URI"], admin["PLI_MONGO_USERNAME"], admin["PLI_MONGO_PASSWORD"])

    def minio(self) -> Process:
        line = (
            str(servers.MINIO.folder / "minio"), "server", "--quiet", "--address", self._ports.address("minio"),
            "--console-address", self._ports.address("minio-page"), str(self._places.data / "minio"),
        )  # fmt: skip
        return Process("minio", Kind.SERVER, line, self._http("minio", "/minio/health/ready"), "minio")

    def mail(self) -> Process:
        catcher = servers.MAILDEV.folder / "node_modules" / "maildev" / "bin" / "maildev"
        line = (
            "node", str(catcher), "--ip", HOST, "--smtp", str(self._ports["mail-smtp"]),
            "--web", str(self._ports["mail-web"]), "--mail-directory", str(self._places.data / "mail"), "--silent",
        )  # fmt: skip
        return Process("mail", Kind.SERVER, line, self._mail_ready, "mail-web")

    def _mail_ready(self) -> bool:
        return smtp_greets((HOST, self._ports["mail-smtp"])) and http_answers(
            self._ports.url("mail-web", "/healthz")
        )

    def scanner(self) -> Process:
        line = (SCANNER, f"--config-file={self._places.config / 'clamd.conf'}")
        address = (HOST, self._ports["scanner"])
        return Process("scanner", Kind.SERVER, line, lambda: scanner_answers(address), "scanner")

    def metrics(self) -> Process:
        line = (
            str(servers.VICTORIAMETRICS.folder / "victoriametrics"),
            f"-httpListenAddr={self._ports.address('metrics')}",
            f"-storageDataPath={self._places.data / 'metrics'}",
            f"-promscrape.config={self._places.config / 'scrape.yaml'}",
            f"-vmui.customDashboardsPath={CHECKOUT / 'deploy' / 'dashboards'}",
            "-retentionPeriod=14d", "-memory.allowedPercent=5", "-loggerLevel=WARN", "-selfScrapeInterval=0s",
        )  # fmt: skip
        return Process("metrics", Kind.SERVER, line, self._http("metrics", "/health"), "metrics")

    def provision(self) -> Process:
        marker = self._places.data / "provisioned"
        line = (str(VENV_PYTHON), "-m", "provision", "all", "--wait", "60", "--unless-unchanged", str(marker))
        return Process("provision", Kind.JOB, line, marker.exists, needs=STORES)

    def service(self, name: str, module: tuple[str, ...]) -> Process:
        line = (str(VENV_PYTHON), "-m", *module)
        return Process(name, Kind.SERVICE, line, self._http(name, "/health/ready"), name, needs=STORES)

    def gateway_pages(self) -> Process:
        line = (str(VENV_PYTHON), "-m", "gateway_pages")
        ready = self._http("gateway-pages", "/health/ready")
        return Process("gateway-pages", Kind.SERVER, line, ready, "gateway-pages")

    def gateway(self) -> Process:
        config = self._places.config / "traefik.yaml"
        line = (str(servers.TRAEFIK.folder / "bin" / "traefik"), f"--configfile={config}")
        return Process("gateway", Kind.SERVER, line, self._http("gateway-admin", "/ping"), "gateway")

    def _http(self, port: str, path: str) -> Callable[[], bool]:
        url = self._ports.url(port, path)
        return lambda: http_answers(url)


def ports_of(chosen: tuple[Process, ...]) -> list[str]:
    """The names of the ports that these processes will listen on."""
    besides = {
        "kafka": ["kafka-controller", "kafka-jmx"], "minio": ["minio-page"], "mail": ["mail-smtp"],
        "messaging-smtp": ["door"], "gateway": ["gateway-admin"],
    }  # fmt: skip
    return [port for each in chosen for port in [each.port, *besides.get(each.name, [])] if port]
