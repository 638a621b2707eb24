"""The composition root of `python -m console serve`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from litestar import Litestar
from litestar.datastructures import State

from chassis.telemetry import set_up_logs
from console.gathering import Gathering
from console.metrics import registry_of
from console.settings import ConsoleSettings
from console.web.pages import HEADERS, ROUTES


def web_app(gathering: Gathering, gather_every: float = 3.0) -> Litestar:
    """The page, the metrics and the health of a console that looks through `gathering`."""

    @asynccontextmanager
    async def looking(_: Litestar) -> AsyncIterator[None]:
        await gathering.start()
        try:
            yield
        finally:
            await gathering.stop()

    state = State({"gathering": gathering, "registry": registry_of(gathering), "gather_every": gather_every})
    return Litestar(
        route_handlers=ROUTES,
        lifespan=[looking],
        state=state,
        response_headers=HEADERS,
        openapi_config=None,
        logging_config=None,
        request_max_body_size=0,
    )


def run(settings: ConsoleSettings) -> None:
    """Answer until told to stop."""
    set_up_logs("console", settings.log_level)
    uvicorn.run(
        web_app(Gathering(settings), settings.gather_every),
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
