"""`python -m synthesis`: the service, until told to stop."""

import uvloop

from synthesis.app import build
from synthesis.settings import SynthesisSettings


async def serve() -> None:
    """Run the process on this event loop."""
    settings = SynthesisSettings()  # type: ignore[call-arg]  # all of it comes from the environment
    await build(settings).run()


if __name__ == "__main__":
    uvloop.run(serve())
