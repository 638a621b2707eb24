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
from messaging.misdirected import COLUMNS, columns_of, settle, waiting
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
    parser.add_argument(
        "--misdirected",
        action="store_true",
        help="list the letters that patients said are not theirs and nobody has looked into, the longest first",
    )
    parser.add_argument("--settle", metavar="MESSAGE", help="take a letter off that list: it was looked into")
    parser.add_argument("--to", type=Path, metavar="FILE", help="where --evidence writes; nothing is written over")
    parser.add_argument("--by", metavar="WHO", help="who asks: your name, kept in the audit")
    parser.add_argument("--reason", metavar="WHY", help="why: the reference of the request, kept in the audit")
    asked = parser.parse_args()
    settings = read_settings(MessagingSettings)
    if asked.dkim_record:
        print(dkim_record(settings))
    elif asked.house_letters or asked.evidence or asked.misdirected or asked.settle:
        _about_letters(parser, settings, asked)
    else:
        uvloop.run(_run(settings, asked.only))


def _about_letters(
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
    elif asked.misdirected:
        print(*asyncio.run(list_misdirected(settings, access)), sep="\n")
    elif asked.settle:
        asyncio.run(settle_misdirected(settings, asked.settle, access))
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


async def list_misdirected(settings: MessagingSettings, access: Access) -> list[str]:
    """What waits for an operator, a line a letter under one with the columns' names."""
    async with _letters(settings) as (store, _):
        letters = await waiting(store, access)
    print(f"{len(letters)} letters wait; the access is recorded", file=sys.stderr)
    return ["\t".join(COLUMNS), *("\t".join(columns_of(letter)) for letter in letters)] if letters else []


async def settle_misdirected(settings: MessagingSettings, message_id: str, access: Access) -> None:
    """Note that a misdirected letter was looked into."""
    async with _letters(settings) as (store, _):
        try:
            await settle(store, message_id, access)
        except NotFound:
            raise SystemExit(f"messaging: no letter {message_id} waits; --misdirected tells which do") from None
    print(f"{message_id} is settled; that is recorded", file=sys.stderr)


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
