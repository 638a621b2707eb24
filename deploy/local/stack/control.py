"""A running stack as tests and tools hold it: who runs under which pid, kill, stop, start, wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack import kafka, mongodb, servers
from stack.configuration import write_all
from stack.environment import Environment, Settings
from stack.errors import NotReady, NotRunning, StackError
from stack.instance import Instance
from stack.ports import Ports, check_free
from stack.processes import Kind, Process, ports_of, processes
from stack.supervisor import State, Supervisor, end_all, leftovers

UP_BOUND_S = 90.0
FREEZE_BOUND_S = 10.0
POLL_S = 0.2


@dataclass(frozen=True)
class Status:
    """One process as a person or a test sees it. `ready`: it answers what its users would ask."""

    name: str
    pid: int | None
    port: int | None
    ready: bool
    status: str
    restarts: int


class Stack:
    """One instance of the stack, by name or as it was opened."""

    def __init__(self, instance: str | Instance | None = None) -> None:
        self.instance = instance if isinstance(instance, Instance) else Instance.open(instance)
        self._supervisor = Supervisor(self.instance)

    @property
    def ports(self) -> Ports:
        """Every port by name (`gateway`, `door`, `mail-web`, `kafka`, …)."""
        return self.instance.ports

    def env(self, process: str) -> Settings:
        """The settings and secrets of one process."""
        return Environment(self.instance).of(process)

    def is_running(self) -> bool:
        return self._supervisor.is_running()

    def up(self, *, servers_only: bool = False, timeout: float = UP_BOUND_S) -> None:
        """Start everything and wait until it answers; on a running stack, only wait."""
        if not self.is_running():
            self._start(processes(self.instance, servers_only=servers_only))
        self.wait_ready(timeout=timeout)

    def _start(self, chosen: tuple[Process, ...]) -> None:
        _check_built()
        end_all(leftovers(self.instance))
        check_free(self.ports, ports_of(chosen))
        self.instance.remember()
        write_all(self.instance, chosen)
        self._first_time()
        self._supervisor.start()

    def _first_time(self) -> None:
        """What a store needs before its first start; both at once, they take a second or two each."""
        places = self.instance.places
        secrets = self.env("provision")
        with ThreadPoolExecutor() as pool:
            jobs = [
                pool.submit(
                    kafka.format_once, servers.KAFKA.folder, places.config / "server.properties",
                    places.data / "kafka", secrets["PLI_KAFKA_PASSWORD"],
                ),
                pool.submit(
                    mongodb.first_user, servers.SECANTUSDB.folder, places.data / "mongodb",
                    self.ports["mongodb"], secrets["PLI_MONGO_PASSWORD"], places.logs / "mongodb-first.log",
                ),
            ]  # fmt: skip
        for job in jobs:
            job.result()

    def down(self) -> None:
        """Stop everything, in order, and leave no process behind."""
        self._supervisor.shut_down()

    def processes(self) -> dict[str, Status]:
        """Every process with its pid, port and whether it answers; all probes run at once."""
        states = self._supervisor.states()
        known = [process for process in processes(self.instance) if process.name in states]
        with ThreadPoolExecutor(max_workers=len(known) or 1) as pool:
            ready = list(pool.map(lambda process: _is_ready(process, states[process.name]), known))
        return {
            process.name: self._status(process, states[process.name], answers)
            for process, answers in zip(known, ready, strict=True)
        }

    def _status(self, process: Process, state: State, answers: bool) -> Status:
        port = self.ports[process.port] if process.port else None
        return Status(process.name, state.pid, port, answers, state.status, state.restarts)

    def pid(self, name: str) -> int:
        """The pid of one running process; raises `NotRunning` if it has none now."""
        state = self._state(name)
        if state.pid is None:
            raise NotRunning(f"{name} is not running ({state.status})", "make status")
        return state.pid

    def _state(self, name: str) -> State:
        states = self._supervisor.states()
        if name not in states:
            raise StackError(f"there is no process {name!r}", f"one of: {', '.join(states)}")
        return states[name]

    def kill(self, name: str, sig: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to one process and give its pid; the supervisor brings it back."""
        pid = self.pid(name)
        os.kill(pid, sig)
        return pid

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Inside, one process holds its connections and says nothing on any of them (SIGSTOP)."""
        pid = self.kill(name, signal.SIGSTOP)
        try:
            self._until(lambda: _is_stopped(pid), FREEZE_BOUND_S, f"{name} did not freeze")
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def stop(self, name: str, *, timeout: float = 30.0) -> None:
        """Take one process away until `start`; returns once it is gone."""
        self._supervisor.stop(name)
        self._until(lambda: self._state(name).pid is None, timeout, f"{name} did not stop")

    def start(self, name: str) -> None:
        """Bring back a process that was stopped; `wait_ready(name)` waits until it answers."""
        self._supervisor.start_process(name)

    def restart(self, *names: str) -> None:
        """Restart these processes, all at once, and wait until they answer."""
        with ThreadPoolExecutor(max_workers=len(names) or 1) as pool:
            list(pool.map(self._supervisor.restart, names))
        self.wait_ready(names)

    def wait_ready(self, name: str | Iterable[str] | None = None, *, timeout: float = UP_BOUND_S) -> None:
        """Wait until these processes (all of them by default) answer, or raise `NotReady`."""
        states = self._supervisor.states()
        wanted = {name} if isinstance(name, str) else set(states if name is None else name)
        waiting = [process for process in processes(self.instance) if process.name in wanted & states.keys()]

        def all_answer() -> bool:
            waiting[:] = self._not_ready(waiting)
            return not waiting

        self._until(all_answer, timeout, lambda: self._silent([process.name for process in waiting], timeout))

    def _not_ready(self, waiting: list[Process]) -> list[Process]:
        states = self._supervisor.states()
        with ThreadPoolExecutor(max_workers=len(waiting) or 1) as pool:
            answers = list(pool.map(lambda process: _is_ready(process, states[process.name]), waiting))
        return [process for process, ready in zip(waiting, answers, strict=True) if not ready]

    def _silent(self, names: list[str], timeout: float) -> str:
        """Who doesn't answer, each with the last line of its log: mostly that is the whole story."""
        lines = [f"not ready after {timeout:.0f} s:"]
        for name in names:
            log = self.instance.places.logs / f"{name}.log"
            said = [line for line in log.read_text(errors="replace").splitlines() if line] if log.exists() else []
            lines.append(f"    {name}: {said[-1][:300] if said else 'nothing in its log'}")
        return "\n".join(lines)

    def _until(self, condition: Callable[[], bool], timeout: float, failure: str | Callable[[], str]) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                what = failure if isinstance(failure, str) else failure()
                raise NotReady(what, f"make logs   # or read {self.instance.places.logs}/<process>.log")
            time.sleep(POLL_S)

    def as_process(self, process: str, command: list[str]) -> int:
        """Run an operator's command with the settings and rights of one process; its exit code."""
        settings = self.env(process)
        if not settings:
            known = ", ".join(sorted(path.stem for path in self.instance.places.env.glob("*.env")))
            raise StackError(
                f"there are no settings of a process {process!r} here",
                f"name one of: {known}" if known else "make up",
            )
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(command, env={**os.environ, **settings, "PATH": programs}, check=False).returncode

    def run(self, command: list[str], *, servers_only: bool = False) -> int:
        """Up, run a command with `PLI_INSTANCE` set, and always down; its exit code."""
        try:
            self.up(servers_only=servers_only)
            environ = {**os.environ, "PLI_INSTANCE": self.instance.name}
            environ["PLI_PORT_OFFSET"] = str(self.instance.offset)
            return subprocess.run(command, env=environ, check=False).returncode
        finally:
            _ignore_interrupts()
            self.down()


def _ignore_interrupts() -> None:
    """An impatient second Ctrl-C must not leave half a stack behind."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)


def _is_stopped(pid: int) -> bool:
    """Whether each thread stands still: the signal returns before they do."""
    states = [path.read_text().rpartition(")")[2].split()[0] for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return set(states) == {"T"}


def _is_ready(process: Process, state: State) -> bool:
    if process.kind is Kind.JOB:
        return state.status == "Completed" and state.exit_code == 0
    return state.pid is not None and process.ready()


def _check_built() -> None:
    missing = [server.name for server in servers.SERVERS_IN_ORDER if not server.folder.is_dir()]
    if missing:
        raise StackError(f"not built yet: {', '.join(missing)}", "make setup")
