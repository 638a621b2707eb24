"""`python -m messaging [--only smtp|web|worker]`: run one process, or all three in one."""

import argparse

import uvloop

from chassis.settings import read_settings
from messaging.app import Only, build
from messaging.settings import MessagingSettings


def main() -> None:
    """Read the settings and run until told to stop."""
    parser = argparse.ArgumentParser(prog="messaging", description=__doc__)
    parser.add_argument("--only", type=Only, choices=list(Only), help="run one of the three processes")
    only: Only | None = parser.parse_args().only
    uvloop.run(_run(only))


async def _run(only: Only | None) -> None:
    await build(read_settings(MessagingSettings), only).run()


if __name__ == "__main__":
    main()
