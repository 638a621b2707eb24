"""Letters to postmaster@ and abuse@, fetched into a folder for who runs the house to read."""

from pathlib import Path

from chassis.telemetry import log
from messaging.disclosing import Access, put_down
from messaging.objects import OPERATORS, Objects
from messaging.store import MessagingStore

ACTION = "house-letter-fetched"


async def fetch(store: MessagingStore, objects: Objects, folder: Path, access: Access) -> list[Path]:
    """Write those that the folder doesn't have yet, each as `<intake id>.eml`; the new files, the oldest first.

    They stay in the store until they expire, 90 days after they came. Raises `OSError` or `BackingServiceAway`.
    """
    wanted = _missing(await objects.keys_under(OPERATORS), folder)
    for key, path in wanted.items():
        await access.record(store, ACTION, "letter", path.stem, None)
        await put_down(objects.chunks(key), path)
    log.info("house-letters.fetched", letters=len(wanted))
    return list(wanted.values())


def _missing(keys: list[str], folder: Path) -> dict[str, Path]:
    """The files that the folder lacks, by their keys."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {key: folder / f"{key.removeprefix(OPERATORS)}.eml" for key in keys}
    return {key: path for key, path in files.items() if not path.exists()}
