"""`python -m notifier`: the service, until told to stop."""

import uvloop

from chassis.settings import read_settings
from notifier.app import build
from notifier.settings import NotifierSettings


async def serve() -> None:
    """Run the process on this event loop."""
    await build(read_settings(NotifierSettings)).run()


if __name__ == "__main__":
    uvloop.run(serve())
