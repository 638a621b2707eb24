"""The process that typesets one conversation, with bounded memory and time, and ends.

    python -m messaging.paper.setting FOLDER

FOLDER holds `words.json`, a `Sheet`, and the files it attaches under their paths; `conversation.pdf` is written
there. Archivable (PDF/A-3a) and accessible (PDF/UA-1).
"""

import os
import resource
import shutil
import sys
from pathlib import Path

SOURCE = Path(__file__).parent / "conversation.typ"
MEMORY = 2 << 30
"""Bytes of address space, most of it never touched: threads and libraries reserve it."""
CPU_SECONDS = 60
MOST_WRITTEN = 200_000_000
NICE = 10


def main(arguments: list[str]) -> int:
    """Typeset what lies in the folder; 1 when it can't be done."""
    folder = Path(arguments[0])
    _limit()
    import typst  # after the limits, which it must not outlive

    shutil.copyfile(SOURCE, folder / SOURCE.name)
    try:
        typst.compile(
            folder / SOURCE.name,
            output=folder / "conversation.pdf",
            root=folder,
            ignore_system_fonts=True,
            pdf_standards=["a-3a", "ua-1"],
            format="pdf",
        )
    except typst.TypstError:
        return 1
    return 0


def _limit() -> None:
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
