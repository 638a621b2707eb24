"""`python -m stack`: the whole of Pli on this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from dataclasses import asdict
from typing import Annotated

import cyclopts
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from stack import checks, locks
from stack.control import Stack
from stack.instance import Instance
from stack.preparation import prepare
from stack.supervisor import leftovers

app = cyclopts.App(
    name="stack",
    help="Pli's whole stack on one machine: servers, services, gateway, under one supervisor.",
    version_flags=[],
)

Name = Annotated[str | None, Parameter(name="--instance", env_var="PLI_INSTANCE")]
Offset = Annotated[int | None, Parameter(name="--port-offset", env_var="PLI_PORT_OFFSET")]
ServersOnly = Annotated[bool, Parameter(name="--servers-only", negative="")]


@app.command
def setup(*, browser: Annotated[bool, Parameter(negative="--no-browser")] = True) -> None:
    """Build what the stack needs, once for this user; goes on where it stopped.

    Parameters
    ----------
    browser:
        Also have Chromium, for the browser tests.
    """
    prepare(browser=browser)


@app.command
def up(*, instance: Name = None, port_offset: Offset = None, servers_only: ServersOnly = False) -> None:
    """Start the stack and wait until every process answers.

    Parameters
    ----------
    instance:
        Which stack: each name has its own ports, data and secrets.
    port_offset:
        Added to every port; remembered for this instance.
    servers_only:
        Without our own services.
    """
    stack = Stack(Instance.open(instance, port_offset))
    began = time.monotonic()
    stack.up(servers_only=servers_only)
    print(f"{stack.instance.name} is up after {time.monotonic() - began:.1f} s: {stack.instance.public_origin}")


@app.command
def down(*, instance: Name = None) -> None:
    """Stop the stack, in order, and leave no process behind."""
    Stack(instance).down()


@app.command
def status(
    *, instance: Name = None, as_json: Annotated[bool, Parameter(name="--json", negative="")] = False
) -> None:
    """Show what runs, under which pid, and what answers.

    Parameters
    ----------
    as_json:
        For programs: {name: {pid, port, ready, status, restarts}}.
    """
    found = Stack(instance).processes()
    if as_json:
        print(json.dumps({name: asdict(each) for name, each in found.items()}))
        return
    table = Table("process", "pid", "port", "ready", "state", "restarts")
    for each in found.values():
        ready = "[green]yes[/]" if each.ready else "[red]no[/]"
        table.add_row(each.name, str(each.pid or ""), str(each.port or ""), ready, each.status, str(each.restarts))
    Console().print(table)


@app.command
def logs(*names: str, instance: Name = None) -> None:
    """Follow the logs, of all processes or of those named."""
    folder = Instance.open(instance).places.logs
    chosen = [folder / f"{name}.log" for name in names] or sorted(folder.glob("*.log"))
    try:
        subprocess.run(["tail", "-n", "20", "-F", *map(str, chosen)], check=False)
    except KeyboardInterrupt:
        return


@app.command
def reset(*, instance: Name = None) -> None:
    """Stop the stack and wipe its data, logs and secrets."""
    stack = Stack(instance)
    stack.down()
    if not leftovers(stack.instance):
        shutil.rmtree(stack.instance.places.root, ignore_errors=True)
    print(f"{stack.instance.name} is wiped")


@app.command
def stop(first: str, /, *others: str, instance: Name = None) -> None:
    """Take these processes away until they are started again."""
    stack = Stack(instance)
    for name in (first, *others):
        stack.stop(name)


@app.command
def start(first: str, /, *others: str, instance: Name = None) -> None:
    """Bring back processes that were stopped, and wait until they answer."""
    stack = Stack(instance)
    for name in (first, *others):
        stack.start(name)
    stack.wait_ready((first, *others))


@app.command
def restart(*names: str, instance: Name = None) -> None:
    """Restart these processes, say after a change to a service, and wait until they answer."""
    Stack(instance).restart(*names)


@app.command
def run(
    *command: Annotated[str, Parameter(allow_leading_hyphen=True)],
    instance: Name = None,
    port_offset: Offset = None,
    servers_only: ServersOnly = False,
) -> int:
    """Up, run a command, and always down: `stack run --instance test -- pytest tests -m stack`."""
    return Stack(Instance.open(instance, port_offset)).run(list(command), servers_only=servers_only)


@app.command(name="as")
def as_process(
    process: str,
    /,
    *command: Annotated[str, Parameter(allow_leading_hyphen=True)],
    instance: Name = None,
) -> int:
    """An operator's command with one process's settings: `stack as console python -m console topics`."""
    return Stack(instance).as_process(process, list(command))


@app.command
def check(*names: str) -> int:
    """The fast checks, or those named: lint, format, types, walls, css, texts, unit."""
    return checks.check(names)


@app.command
def verify() -> int:
    """Every check, then every test on a stack of its own (the instance `test`), which is always stopped."""
    return checks.verify()


@app.command
def texts(*, check: Annotated[bool, Parameter(name="--check", negative="")] = False) -> int:
    """Bring the catalogues of other languages to what the code says; new texts wait there for a translation.

    Parameters
    ----------
    check:
        Write nothing; name what lacks, is no longer said, or changed a placeholder.
    """
    from stack import texts as catalogues  # Babel is needed here alone

    if check:
        wrong = catalogues.complaints()
        print("\n".join(wrong) or "the catalogues are complete")
        return 1 if wrong else 0
    print(f"{catalogues.update()} texts wait for a translation")
    return 0


@app.command
def css() -> int:
    """Find what the oldest browsers we promise don't know in our style sheets."""
    from stack import css as sheets

    return sheets.lint()


@app.command
def lock(*, upgrade: bool = False) -> None:
    """Write every lock file anew from what is declared; with --upgrade also what is pinned already."""
    locks.write_all(upgrade=upgrade)
