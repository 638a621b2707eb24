"""`python -m documents`: the service, until told to stop."""

import uvloop

from chassis.settings import read_settings
from documents.app import build
from documents.settings import DocumentsSettings


async def serve() -> None:
    """Run the process on this event loop."""
    await build(read_settings(DocumentsSettings)).run()


if __name__ == "__main__":
    uvloop.run(serve())
