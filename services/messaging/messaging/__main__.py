"""`python -m messaging [--only smtp|web|worker]`: run one process, or all three in one; or one of the commands."""

import argparse
import asyncio
import sys
from contextlib import nullcontext
from pathlib import Path

import uvloop

from chassis.errors import BackingServiceAway, NotFound
from chassis.settings import read_settings
from messaging.app import Only, build
from messaging.evidence import disclose
from messaging.house_letters import fetch
from messaging.objects import Objects
from messaging.settings import MessagingSettings
from messaging.signing import Seal
from messaging.store import MessagingStore


def main() -> None:
    """Read the settings and run until told to stop."""
    parser = argparse.ArgumentParser(prog="messaging", description=__doc__)
    parser.add_argument("--only", type=Only, choices=list(Only), help="run one of the three processes")
    parser.add_argument("--dkim-record", action="store_true", help="print the DNS record of the signing key")
    parser.add_argument(
        "--house-letters", type=Path, metavar="FOLDER", help="write the letters to postmaster@ and abuse@ there"
    )
    parser.add_argument(
        "--evidence",
        metavar="MESSAGE",
        help="write the letter of this id as it was received, untouched; the access is audited",
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="where --evidence writes, else standard output")
    asked = parser.parse_args()
    settings = read_settings(MessagingSettings)
    if asked.dkim_record:
        print(dkim_record(settings))
    elif asked.house_letters:
        print(*asyncio.run(house_letters(settings, asked.house_letters)), sep="\n")
    elif asked.evidence:
        asyncio.run(evidence(settings, asked.evidence, asked.to))
    else:
        uvloop.run(_run(settings, asked.only))


async def _run(settings: MessagingSettings, only: Only | None) -> None:
    await build(settings, only).run()


async def house_letters(settings: MessagingSettings, folder: Path) -> list[Path]:
    """Fetch what was written to who runs the house; the new files."""
    objects = Objects(settings)
    try:
        return await fetch(objects, folder)
    finally:
        objects.close()


async def evidence(settings: MessagingSettings, message_id: str, to: Path | None) -> None:
    """Disclose a letter into a new file, or the standard output. Exits with 1 and a sentence where it can't be."""
    store, objects = MessagingStore(settings), Objects(settings)
    try:
        with to.open("xb") if to else nullcontext(sys.stdout.buffer) as out:
            size = await disclose(store, objects, message_id, out)
        print(f"{size} bytes; the access is recorded", file=sys.stderr)
    except NotFound:
        raise SystemExit(f"messaging: there is no letter {message_id} with an original") from None
    except FileExistsError:
        raise SystemExit(f"messaging: {to} is there already, and is not written over") from None
    except BackingServiceAway as error:
        raise SystemExit(f"messaging: {error} is away; try again when it is back") from None
    finally:
        store.close()
        objects.close()


def dkim_record(settings: MessagingSettings) -> str:
    """What DNS must say for our signatures to be verified."""
    if settings.road_dkim_key is None:
        return "PLI_ROAD_DKIM_KEY is not set: nothing is signed."
    seal = Seal.read(settings.road_dkim_key, settings.road_dkim_selector, settings.patient_domain.lower())
    name, record = seal.record
    pieces = " ".join(f'"{record[start : start + 250]}"' for start in range(0, len(record), 250))
    return f"{name}. IN TXT ({pieces})"


if __name__ == "__main__":
    main()
