"""`python -m auth` serves; `python -m auth invite …` prepares a patient's account."""

import asyncio
import sys
from datetime import date
from typing import Annotated

import uvloop
from cyclopts import App, Parameter

from auth.settings import AuthSettings
from chassis.errors import PliError
from chassis.settings import read_settings

cli = App(name="auth", help="Accounts, log-in and sessions. Without a command: serve.")


@cli.default
def serve() -> None:
    """Serve until SIGTERM."""
    from auth.app import build

    async def run() -> None:
        process = await build(read_settings(AuthSettings))
        await process.run()

    uvloop.run(run())


@cli.command
def invite(
    *,
    given_name: str,
    family_name: str,
    birth_name: str,
    birth_date: Annotated[date, Parameter(help="as 1988-05-12")],
    ins: Annotated[str, Parameter(help="15 characters, key included")],
    email: str | None = None,
    phone: Annotated[str | None, Parameter(help="as +33 6 …, or as dialled in France")] = None,
    language: str = "fr",
) -> None:
    """Prepare a patient's account and print the activation code for their letter.

    You vouch for the contacts: they count as verified. The code holds for six weeks and works once; it is
    kept as a hash, so it can't be shown again. The invitation is audited.
    """
    from auth.operator import invite_patient

    try:
        code = asyncio.run(
            invite_patient(
                read_settings(AuthSettings),
                given_name=given_name,
                family_name=family_name,
                birth_name=birth_name,
                birth_date=birth_date,
                ins=ins,
                email=email,
                phone=phone,
                language=language,
            )
        )
    except (PliError, ValueError) as error:
        said = getattr(error, "sentence", None) or str(error)
        print(f"auth invite: {said}", file=sys.stderr)
        raise SystemExit(1) from None
    print(code)


if __name__ == "__main__":
    cli()
