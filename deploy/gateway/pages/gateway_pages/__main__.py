"""`python -m gateway_pages`: serve the pages on `PLI_HTTP_HOST:PLI_HTTP_PORT`."""

from __future__ import annotations

import os

import uvicorn


def main() -> None:
    """Serve until told to stop."""
    uvicorn.run(
        "gateway_pages.app:app",
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
