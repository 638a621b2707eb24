"""`python -m messaging [--only smtp|web|worker]`: run one process, or all three in one; or one of the commands."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from chassis.errors import BackingServiceAway, NotFound
from chassis.settings import read_settings
from messaging.app import Only, build
from messaging.disclosing import Access
from messaging.evidence import OriginalLost, disclose
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
        "--evidence", metavar="MESSAGE", help="write the letter of this id as it was received, untouched"
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="where --evidence writes; nothing is written over")
    parser.add_argument("--by", metavar="WHO", help="who fetches letters: your name, kept in the audit")
    parser.add_argument("--reason", metavar="WHY", help="why: the reference of the request, kept in the audit")
    asked = parser.parse_args()
    settings = read_settings(MessagingSettings)
    if asked.dkim_record:
        print(dkim_record(settings))
    elif asked.house_letters or asked.evidence:
        _fetch_letters(parser, settings, asked)
    else:
        uvloop.run(_run(settings, asked.only))


def _fetch_letters(
    parser: argparse.ArgumentParser, settings: MessagingSettings, asked: argparse.Namespace
) -> None:
    """Exits with 2 where who, why or where to is missing, with 1 and a sentence where it can't be done."""
    if asked.evidence and not asked.to:
        parser.error("--evidence wants --to FILE")
    try:
        access = Access(by=asked.by or "", reason=asked.reason or "")
    except ValueError as error:
        parser.error(str(error))
    if asked.evidence:
        asyncio.run(evidence(settings, asked.evidence, asked.to, access))
    else:
        print(*asyncio.run(house_letters(settings, asked.house_letters, access)), sep="\n")


async def _run(settings: MessagingSettings, only: Only | None) -> None:
    await build(settings, only).run()


async def house_letters(settings: MessagingSettings, folder: Path, access: Access) -> list[Path]:
    """Fetch what was written to who runs the house; the new files."""
    async with _letters(settings) as (store, objects):
        return await fetch(store, objects, folder, access)


async def evidence(settings: MessagingSettings, message_id: str, to: Path, access: Access) -> None:
    """Disclose a letter into a new file."""
    async with _letters(settings) as (store, objects):
        try:
            size = await disclose(store, objects, message_id, to, access)
        except NotFound:
            raise SystemExit(f"messaging: there is no letter {message_id} with an original") from None
        except FileExistsError:
            raise SystemExit(f"messaging: {to} is there already, and is not written over") from None
    print(f"{size} bytes in {to}; the access is recorded", file=sys.stderr)


@asynccontextmanager
async def _letters(settings: MessagingSettings) -> AsyncIterator[tuple[MessagingStore, Objects]]:
    """The store and the objects for one command. What may happen to any of them ends it with a sentence."""
    store, objects = MessagingStore(settings), Objects(settings)
    try:
        yield store, objects
    except BackingServiceAway as error:
        raise SystemExit(f"messaging: {error}; try again when it is back") from None
    except OriginalLost as error:
        raise SystemExit(f"messaging: {error}; look for it in the object store's backup") from None
    except OSError as error:
        raise SystemExit(f"messaging: {error}; choose another place to write to") from None
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
