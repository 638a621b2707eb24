"""What the console answers over HTTP."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response, get
from litestar.datastructures import State
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

_HERE = Path(__file__).parent
_STYLE = (_HERE / "static" / "console.css").read_text(encoding="utf-8")
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, enable_async=False
)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@get("/", media_type=MediaType.HTML)
async def overview(state: State) -> Response[str]:
    """Topics, lag and dead letters at a glance; without fresh figures the page says so, with 503."""
    fresh = state.gathering.fresh
    page = _TEMPLATES.get_template("overview.html").render(
        snapshot=fresh or state.gathering.latest, fresh=fresh is not None, every=state.gather_every
    )
    return Response(page, status_code=200 if fresh else 503)


@get("/console.css", media_type="text/css")
async def style() -> str:
    """The page's style."""
    return _STYLE


@get("/metrics")
async def metrics(state: State) -> Response[bytes]:
    """The last figures for a scrape."""
    return Response(generate_latest(state.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


@get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@get("/health/ready")
async def ready(state: State) -> Response[dict[str, Any]]:
    """Ready means that the last look at the bus succeeded within 15 s."""
    seen = state.gathering.fresh is not None
    return Response({"ready": seen, "bus": seen}, status_code=200 if seen else 503)


ROUTES = [overview, style, metrics, live, ready]
