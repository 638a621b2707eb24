"""`python -m demo`: plays a whole exchange on the running stack, and says what to open then."""

import json
import secrets
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from demo.patient import INAYA, Patient, activate, invite
from demo.story import Scene, play
from demo.visitor import Visitor
from stack.control import Stack


def main() -> int:
    """Play the story; 0 if every step came out as promised."""
    console = Console(highlight=False)
    stack = Stack()
    inaya = replace(INAYA, password=_password(_kept(stack)))
    console.rule("Pli: one letter in, one answer out")
    _activate_once(stack, inaya, console)
    try:
        play(Scene.on(stack, inaya, console.print))
    except AssertionError as error:
        console.print(f"[red]This step did not come out as promised:[/red] {error}", markup=True)
        console.print("Look at the logs: make logs. Start afresh: make reset demo.")
        return 1
    _say_where(stack, inaya, console)
    return 0


def _kept(stack: Stack) -> Path:
    return stack.instance.places.root / "demo.json"


def _password(kept: Path) -> str:
    """Inaya's password: made once for this stack, kept beside its secrets."""
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(json.dumps({"password": f"Pli-{secrets.token_urlsafe(9)}", "active": False}))
    return str(json.loads(kept.read_text())["password"])


def _activate_once(stack: Stack, inaya: Patient, console: Console) -> None:
    kept = _kept(stack)
    if json.loads(kept.read_text())["active"]:
        return
    code = invite(inaya, stack.env("auth"))
    console.print(f"An operator invites {inaya.name}: activation code {code}")
    with Visitor(f"http://localhost:{stack.ports['gateway']}") as visitor:
        activate(visitor, inaya, code)
    kept.write_text(json.dumps({"password": inaya.password, "active": True}))
    console.print("She activates her space: identifier and password chosen")


def _say_where(stack: Stack, inaya: Patient, console: Console) -> None:
    ports = stack.ports
    console.rule("Yours to visit")
    for address, what in (
        (f"http://localhost:{ports['gateway']}", "the patients' site"),
        (f"http://localhost:{ports['mail-web']}", "the mail catcher: Inaya's codes, the professionals, the phone"),
        (f"http://localhost:{ports['console']}", "the operators' console"),
        (f"http://localhost:{ports['metrics']}/vmui/#/dashboards", "metrics and dashboards"),
        (f"localhost:{ports['door']}", "the professionals' SMTP door"),
    ):
        console.print(f"  {address:<44} {what}")
    console.print(f"\n  Log in as  [bold]{inaya.identifier}[/bold]  password  [bold]{inaya.password}[/bold]")
    console.print("  The code comes to the mail catcher. `make down` stops everything, `make reset` forgets it.")


if __name__ == "__main__":
    sys.exit(main())
