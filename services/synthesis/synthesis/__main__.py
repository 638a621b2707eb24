"""`python -m synthesis`: the service, until told to stop."""

import uvloop

from chassis.settings import read_settings
from synthesis.app import build
from synthesis.settings import SynthesisSettings


async def serve() -> None:
    """Run the process on this event loop."""
    await build(read_settings(SynthesisSettings)).run()


if __name__ == "__main__":
    uvloop.run(serve())
