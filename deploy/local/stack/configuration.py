"""The servers' own configuration files, filled in with one instance's ports, folders and passwords."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

import yaml

from stack import kafka
from stack.environment import Environment
from stack.instance import TESTED, Instance
from stack.places import CHECKOUT, LOCAL, SERVERS
from stack.processes import Kind, Process

GATEWAY = CHECKOUT / "deploy" / "gateway"
TERM = 15
STOP_WITHIN_S = 10
STACK_MARK = "PLI_STACK"
"""In the environment of every process of ours: so that `down` finds them even without the supervisor."""


def write_all(instance: Instance, processes: tuple[Process, ...]) -> None:
    """Write every configuration file of the instance; each is private, some hold a password."""
    config = instance.places.config
    environment = Environment(instance)
    environment.write()
    _write(config / "mail-operators.toml", (LOCAL / "mail-operators.toml").read_text())
    _write(config / "clamd.conf", _filled(SERVERS / "clamav" / "clamd.conf", _scanner(instance)))
    _write(config / "server.properties", _kafka(instance, environment))
    _write(config / "scrape.yaml", _filled(SERVERS / "victoriametrics" / "scrape.yaml", _ports(instance)))
    _write(config / "traefik.yaml", _filled(SERVERS / "traefik" / "traefik.yaml", _gateway(instance)))
    _write(config / "routes.yaml", _filled(GATEWAY / "routes.yaml", _gateway(instance)))
    _write(config / "process-compose.yaml", yaml.safe_dump(_supervised(instance, processes), sort_keys=False))


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)


def _filled(template: Path, values: Mapping[str, str | int]) -> str:
    return Template(template.read_text()).substitute(values)


def _ports(instance: Instance) -> dict[str, str | int]:
    return {name.replace("-", "_"): port for name, port in instance.ports.items()}


def _kafka(instance: Instance, environment: Environment) -> str:
    return kafka.properties(
        {
            "client_port": instance.ports["kafka"],
            "controller_port": instance.ports["kafka-controller"],
            "data": str(instance.places.data / "kafka"),
            "admin_password": environment.of("provision")["PLI_KAFKA_PASSWORD"],
            "controller_password": environment.of("kafka")["PLI_CONTROLLER_PASSWORD"],
        }
    )


def _scanner(instance: Instance) -> dict[str, str | int]:
    folder = instance.places.data / "scanner"
    folder.mkdir(parents=True, exist_ok=True)
    return {**_ports(instance), "signatures": str(SERVERS / "clamav" / "signatures"), "temporary": str(folder)}


def _gateway(instance: Instance) -> dict[str, str | int]:
    """Ports, folders, and how many log-in attempts a minute one address may make."""
    generous = instance.name in TESTED
    return {
        **_ports(instance),
        "routes": str(instance.places.config / "routes.yaml"),
        "access_log": str(instance.places.logs / "access.log"),
        "login_per_minute": os.environ.get("PLI_LOGIN_PER_MINUTE", "6000" if generous else "10"),
        "login_burst": os.environ.get("PLI_LOGIN_BURST", "1000" if generous else "20"),
    }


def _supervised(instance: Instance, processes: tuple[Process, ...]) -> dict[str, Any]:
    """process-compose's file: order, restarts, logs, and a graceful stop of ten seconds."""
    return {
        "version": "0.5",
        "is_strict": True,
        "shell": {"shell_command": "sh", "shell_argument": "-c"},
        "processes": {process.name: _one(instance, process) for process in processes},
    }


def _one(instance: Instance, process: Process) -> dict[str, Any]:
    job = process.kind is Kind.JOB
    return {
        "command": _command(instance, process),
        "working_dir": str(CHECKOUT),
        "availability": {"restart": "on_failure" if job else "always", "backoff_seconds": 1},
        "depends_on": _order(process),
        "shutdown": {"signal": TERM, "timeout_seconds": STOP_WITHIN_S},
        "log_location": str(instance.places.logs / f"{process.name}.log"),
        "log_configuration": {
            "disable_json": True,
            "no_metadata": True,
            "fields_order": ["message"],
            "no_color": True,
            "flush_each_line": True,
            "rotation": {"max_size_mb": 50, "max_backups": 2},
        },
    }


def _order(process: Process) -> dict[str, Any]:
    """Stores stop after who needs them; services start once the provisioning is done."""
    order = {name: {"condition": "process_started"} for name in process.needs}
    if process.waits_for_provision:
        order["provision"] = {"condition": "process_completed_successfully"}
    return order


def _command(instance: Instance, process: Process) -> str:
    """Read the process's own env file, then become the program: its pid is the supervisor's child."""
    line = shlex.join(process.command)
    env = Environment(instance).path(process.name)
    return f"set -a && . {shlex.quote(str(env))} && exec {line}" if env.exists() else f"exec {line}"


def supervisor_environment(instance: Instance) -> dict[str, str]:
    """What every process inherits: enough to run, and nothing of the caller's own settings."""
    kept = ("PATH", "HOME", "LANG", "JAVA_HOME", "TMPDIR", "XDG_CACHE_HOME")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        STACK_MARK: str(instance.places.root),
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
    }
