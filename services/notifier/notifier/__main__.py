"""`python -m notifier`: the service, until told to stop."""

import uvloop

from notifier.app import build
from notifier.settings import NotifierSettings


async def serve() -> None:
    """Run the process on this event loop."""
    await build(NotifierSettings.model_validate({})).run()


if __name__ == "__main__":
    uvloop.run(serve())
