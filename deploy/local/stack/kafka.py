"""Kafka from its jars: its command line, its configuration, its first format, its class archive."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from string import Template

from stack.errors import BuildFailed
from stack.places import SERVERS
from stack.probes import kafka_answers

FOLDER = SERVERS / "kafka"
CLUSTER_ID = "UGxpLW9uLW9uZS1ob3N0MQ"
"""Any 16 bytes in base64url: the data folder of one instance never meets another cluster."""

HEAP = (
    "-Xms192m", "-Xmx384m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
    "-XX:MaxMetaspaceSize=128m", "-XX:+ExitOnOutOfMemoryError",
)  # fmt: skip
QUIET = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true")
AGENT = "jmx_prometheus_javaagent-"
ARCHIVE_BOUND_S = 60.0


def class_path(built: Path) -> str:
    """Every jar by name and sorted: a class archive is refused for another class path."""
    jars = sorted((built / "libs").glob("*.jar"))
    return ":".join(str(jar) for jar in jars if not jar.name.startswith(AGENT))


def archive_of(built: Path) -> Path:
    return built / "classes.jsa"


def broker_command(built: Path, properties: Path, jmx_port: int) -> list[str]:
    """The broker's command line, with its metrics agent and, where there is one, its class archive."""
    agent = next((built / "libs").glob(f"{AGENT}*.jar"))
    metrics = f"-javaagent:{agent}=127.0.0.1:{jmx_port}:{FOLDER / 'jmx.yaml'}"
    return ["java", *HEAP, *_shared(built), *QUIET, metrics, *_main(built, properties)]


def _main(built: Path, properties: Path) -> list[str]:
    return ["-cp", class_path(built), "kafka.Kafka", str(properties)]


def _shared(built: Path) -> list[str]:
    """Start from the class archive. It was made without the agent, and serves beside it."""
    archive = archive_of(built)
    return [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto"] if archive.exists() else []


def properties(values: Mapping[str, str | int]) -> str:
    """`server.properties` with this instance's ports, folders and passwords."""
    return Template((FOLDER / "server.properties").read_text()).substitute(values)


def format_once(built: Path, server_properties: Path, data: Path, admin_password: str) -> None:
    """Give an empty data folder its cluster and its first user; a formatted one is left alone."""
    if (data / "meta.properties").exists():
        return
    data.mkdir(parents=True, exist_ok=True)
    command = [
        "java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *_shared(built), *QUIET,
        "-cp", class_path(built), "kafka.tools.StorageTool", "format", "--standalone", "--ignore-formatted",
        "-t", CLUSTER_ID, "-c", str(server_properties),
        "--add-scram", f"SCRAM-SHA-512=[name=admin,password={admin_password}]",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"Kafka's data folder could not be formatted: {done.stderr[-600:]}", "make reset")


def archive_classes(built: Path, client: int, controller: int) -> None:
    """Run a throw-away broker once and keep its loaded classes: later starts take half the time."""
    scratch = Path(tempfile.mkdtemp(prefix="pli-kafka-"))
    try:
        _run_and_archive(built, scratch, client, controller)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _run_and_archive(built: Path, scratch: Path, client: int, controller: int) -> None:
    config = scratch / "server.properties"
    places: dict[str, str | int] = {
        "client_port": client,
        "controller_port": controller,
        "data": str(scratch / "data"),
    }
    config.write_text(properties(places | {"admin_password": "scratch", "controller_password": "scratch"}))
    format_once(built, config, scratch / "data", "scratch")
    written = scratch / "classes.jsa"
    command = ["java", *HEAP, f"-XX:ArchiveClassesAtExit={written}", *QUIET, *_main(built, config)]
    log = (scratch / "log").open("w")
    broker = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_until_it_answers(f"127.0.0.1:{client}", broker)
    finally:
        broker.send_signal(signal.SIGTERM)
        broker.wait(ARCHIVE_BOUND_S)
    shutil.move(written, archive_of(built))


def _wait_until_it_answers(bootstrap: str, broker: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + ARCHIVE_BOUND_S
    while time.monotonic() < deadline and broker.poll() is None:
        if kafka_answers(bootstrap, "admin", "scratch"):
            return
        time.sleep(0.2)
    raise BuildFailed("a first run of Kafka did not answer", "make setup   # to try again")
