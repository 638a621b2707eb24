"""Static files, named by their content: read once at start, served from memory, kept for ever by browsers."""

import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from chassis.errors import NotFound

_SERVED = frozenset({".css", ".js", ".svg", ".woff2", ".png", ".jpg", ".webp", ".ico"})
_PACKED = frozenset({".css", ".js", ".svg"})
_URL = re.compile(rb'url\("([\w.-]+)"\)')
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}
_HEADERS = {"cache-control": "public, max-age=31536000, immutable", "vary": "Accept-Encoding"}


@dataclass(frozen=True)
class StaticFile:
    """One file as it is served; `name` holds the hash of its content."""

    name: str
    content: bytes
    packed: bytes | None
    media_type: str


class StaticFiles:
    """The files of the shell and of one service, under that service's own path."""

    def __init__(self, prefix: str, folders: Iterable[Path]) -> None:
        self._base = f"{prefix.rstrip('/')}/_static"
        self._by_plain_name: dict[str, StaticFile] = {}
        for path in _last_first(folders):
            self._by_plain_name[path.name] = _read(path, self._by_plain_name)
        self._by_name = {file.name: file for file in self._by_plain_name.values()}

    def address(self, plain_name: str) -> str:
        """`pli.css` → `/messagerie/_static/pli.4f2a….css`. Raises KeyError for a file that isn't there."""
        return f"{self._base}/{self._by_plain_name[plain_name].name}"

    def route(self) -> HTTPRouteHandler:
        """The handler that serves them, open to all."""

        @get(f"{self._base}/{{name:str}}", opt={"public": True}, sync_to_thread=False, name="static files")
        def serve(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
            return self._answer(name, "gzip" in request.headers.get("accept-encoding", ""))

        return serve

    def _answer(self, name: str, packed: bool) -> Response[bytes]:
        file = self._by_name.get(name)
        if file is None:
            raise NotFound
        if packed and file.packed is not None:
            headers = {**_HEADERS, "content-encoding": "gzip"}
            return Response(file.packed, media_type=file.media_type, headers=headers)
        return Response(file.content, media_type=file.media_type, headers=_HEADERS)


def _last_first(folders: Iterable[Path]) -> list[Path]:
    """Style sheets come last: they name other files, whose hashes they take."""
    found = [path for folder in folders for path in sorted(folder.iterdir()) if path.suffix in _SERVED]
    return sorted(found, key=lambda path: path.suffix == ".css")


def _read(path: Path, known: dict[str, StaticFile]) -> StaticFile:
    content = path.read_bytes()
    if path.suffix == ".css":
        content = _URL.sub(lambda named: f'url("{known[named[1].decode()].name}")'.encode(), content)
    digest = sha256(content).hexdigest()[:16]
    return StaticFile(
        name=f"{path.stem}.{digest}{path.suffix}",
        content=content,
        packed=gzip.compress(content, mtime=0) if path.suffix in _PACKED else None,
        media_type=_TYPES.get(path.suffix) or guess_type(path.name)[0] or "application/octet-stream",
    )
