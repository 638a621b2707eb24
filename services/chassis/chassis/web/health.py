"""Whether the process lives, does its work, and in figures: for supervisors, not for patients."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from chassis.web.ports import Readiness

_OPEN = {"public": True}


def health_routes(readiness: Readiness) -> list[HTTPRouteHandler]:
    """`/health/live`, `/health/ready` (503 and what is wrong), `/metrics`."""

    @get("/health/live", opt=_OPEN, sync_to_thread=False, name="live")
    def live() -> dict[str, bool]:
        return {"live": True}

    @get("/health/ready", opt=_OPEN, name="ready")
    async def ready() -> Response[dict[str, bool | str]]:
        report = await readiness.report()
        failing: dict[str, bool | str] = {name: found for name, found in report.items() if found is not True}
        return Response(failing or report, status_code=503 if failing else 200)

    @get("/metrics", opt=_OPEN, sync_to_thread=False, name="metrics")
    def metrics() -> Response[bytes]:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [live, ready, metrics]
