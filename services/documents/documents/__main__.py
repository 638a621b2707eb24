"""`python -m documents`: the service, until told to stop."""

import uvloop

from documents.app import build
from documents.settings import DocumentsSettings


async def serve() -> None:
    """Run the process on this event loop."""
    settings = DocumentsSettings()  # type: ignore[call-arg]  # all of it comes from the environment
    await build(settings).run()


if __name__ == "__main__":
    uvloop.run(serve())
