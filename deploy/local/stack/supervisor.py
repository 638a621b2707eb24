"""process-compose for one instance: start it, ask it, and end whatever it leaves behind."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psutil

from stack import servers
from stack.configuration import STACK_MARK, STOP_WITHIN_S, supervisor_environment
from stack.errors import NotRunning, StackError
from stack.instance import Instance

START_BOUND_S = 10.0
ASK_BOUND_S = 15.0


@dataclass(frozen=True)
class State:
    """What the supervisor knows of one process."""

    name: str
    pid: int | None
    status: str
    restarts: int
    exit_code: int


class Supervisor:
    """The supervisor of one instance, spoken to over its Unix socket."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def is_running(self) -> bool:
        """Whether the supervisor answers."""
        try:
            self._ask("GET", "/live")
        except NotRunning:
            return False
        return True

    def start(self) -> None:
        """Start the supervisor in a session of its own, and with it every process."""
        places = self._instance.places
        places.socket.unlink(missing_ok=True)
        command = [
            str(servers.PROCESS_COMPOSE.folder / "process-compose"), "up",
            "--config", str(places.config / "process-compose.yaml"), "--tui=false", "--keep-project",
            "--ordered-shutdown", "--disable-dotenv", "--use-uds", "--unix-socket", str(places.socket),
            "--log-file", str(places.logs / "supervisor.log"),
        ]  # fmt: skip
        subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            start_new_session=True, cwd=places.root, env=supervisor_environment(self._instance), umask=0o077,
        )  # fmt: skip
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_BOUND_S
        while not self.is_running():
            if time.monotonic() > deadline:
                log = self._instance.places.logs / "supervisor.log"
                raise StackError(f"the supervisor did not start; {log} says why", "make down && make up")
            time.sleep(0.05)

    def states(self) -> dict[str, State]:
        """Every process as the supervisor sees it."""
        answer = self._ask("GET", "/processes")
        return {each["name"]: _state(each) for each in answer["data"]}

    def stop(self, name: str) -> None:
        """Stop one process gracefully; it stays stopped until `start`."""
        self._ask("PATCH", f"/process/stop/{name}")

    def start_process(self, name: str) -> None:
        """Start one process that was stopped."""
        self._ask("POST", f"/process/start/{name}")

    def restart(self, name: str) -> None:
        """Stop one process and start it again."""
        self._ask("POST", f"/process/restart/{name}")

    def shut_down(self) -> None:
        """Stop every process in order, then the supervisor; then end what is left, if anything."""
        if self.is_running():
            self._end_supervisor()
        end_all(leftovers(self._instance))
        self._instance.places.socket.unlink(missing_ok=True)

    def _end_supervisor(self) -> None:
        """SIGTERM makes it stop its processes in order; each has ten seconds of its own."""
        for process in leftovers(self._instance):
            if _is_supervisor(process):
                process.terminate()
                psutil.wait_procs([process], timeout=3 * STOP_WITHIN_S)

    def _ask(self, method: str, path: str) -> Any:
        connection = _OverSocket(str(self._instance.places.socket))
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            said = answer.read().decode()
        except (OSError, http.client.HTTPException):
            raise NotRunning(f"the stack {self._instance.name!r} is not running", "make up") from None
        finally:
            connection.close()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise StackError(f"the supervisor refused {method} {path}: {said}", "make status")
        return json.loads(said)


class _OverSocket(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("supervisor", timeout=ASK_BOUND_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _state(answer: Mapping[str, Any]) -> State:
    running = bool(answer["is_running"])
    pid = int(answer["pid"]) if running and answer["pid"] else None
    return State(answer["name"], pid, answer["status"], answer["restarts"], answer["exit_code"])


def leftovers(instance: Instance) -> list[psutil.Process]:
    """Every live process that carries the instance's mark, whoever started it."""
    root = str(instance.places.root)
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and _mark(process) == root]


def _mark(process: psutil.Process) -> str | None:
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else process.environ().get(STACK_MARK)
    except (psutil.Error, OSError):
        return None


def _is_supervisor(process: psutil.Process) -> bool:
    try:
        return str(process.name()) == "process-compose"
    except psutil.Error:
        return False


def end_all(processes: list[psutil.Process]) -> None:
    """The supervisor first, so that it starts nothing again; then all gracefully, then by force."""
    for process in sorted(processes, key=_is_supervisor, reverse=True):
        _send(process, kill=_is_supervisor(process))
    _, alive = psutil.wait_procs(processes, timeout=STOP_WITHIN_S)
    for process in alive:
        _send(process, kill=True)
    psutil.wait_procs(alive, timeout=STOP_WITHIN_S)


def _send(process: psutil.Process, *, kill: bool) -> None:
    try:
        process.kill() if kill else process.terminate()
    except psutil.NoSuchProcess:
        return
