"""`python -m gateway_pages`: serve the pages on `PLI_HTTP_HOST:PLI_HTTP_PORT`.

`PLI_SERVICE_NAME` is whose service it is, "Mon espace santé" unless said otherwise.
"""

from __future__ import annotations

import os

import uvicorn

from gateway_pages.app import Pages


def main() -> None:
    """Serve until told to stop."""
    uvicorn.run(
        Pages(os.environ.get("PLI_SERVICE_NAME", "Mon espace santé")),
        host=os.environ["PLI_HTTP_HOST"],
        port=int(os.environ["PLI_HTTP_PORT"]),
        lifespan="off",
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
