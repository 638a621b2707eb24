"""Bytes from others, streamed to a browser so that it can do no harm with them; ranges by RFC 9110 §14."""

import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.response import Stream

Chunks = Callable[[int, int], AsyncIterator[bytes]]
"""`chunks(offset, length)`: that part of the object, both in bytes."""

SHOWN_INLINE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "text/plain"})
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]")


class Unsatisfiable(Exception):
    """The range lies outside the object."""


async def byte_stream(
    request: "Request[Any, Any, Any]",
    chunks: Chunks,
    *,
    size: int,
    filename: str,
    media_type: str,
    inline: bool = False,
    etag: str | None = None,
) -> Response[Any]:
    """An object of `size` bytes, or the range of it that was asked for (206, or 416).

    `media_type` is the one decided by content, never the sender's. `inline` is followed for pictures and
    plain text alone. The first bytes are fetched before answering, so that an error is still an answer.
    """
    headers = _headers(filename, media_type, inline, etag)
    try:
        asked = _asked_range(request, size, etag)
    except Unsatisfiable:
        return Response(b"", status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    offset, length = asked or (0, size)
    headers["content-length"] = str(length)
    if asked:
        headers["content-range"] = f"bytes {offset}-{offset + length - 1}/{size}"
    body = await _begun(chunks(offset, length)) if length else _nothing()
    return Stream(body, status_code=206 if asked else 200, media_type=media_type, headers=headers)


def content_disposition(filename: str, *, inline: bool = False) -> str:
    """The header that names a file, also for those who only read ASCII (RFC 6266, RFC 8187)."""
    name = _UNPRINTABLE.sub("_", filename).strip() or "document"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r'["%\\;]', "_", plain) or "document"
    how = "inline" if inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _headers(filename: str, media_type: str, inline: bool, etag: str | None) -> dict[str, str]:
    shown = inline and media_type.partition(";")[0].strip().lower() in SHOWN_INLINE
    framed = "'self'" if shown else "'none'"
    headers = {
        "content-disposition": content_disposition(filename, inline=shown),
        "content-security-policy": f"sandbox; default-src 'none'; frame-ancestors {framed}",
        "accept-ranges": "bytes",
    }
    return headers | ({"etag": f'"{etag}"'} if etag else {})


def _asked_range(request: "Request[Any, Any, Any]", size: int, etag: str | None) -> tuple[int, int] | None:
    """Offset and length, or None for the whole; several ranges and other units are answered by the whole."""
    condition = request.headers.get("if-range")
    if condition is not None and condition != f'"{etag}"':
        return None
    asked = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if asked is None or asked.groups() == ("", ""):
        return None
    return _within(asked[1], asked[2], size)


def _within(first: str, last: str, size: int) -> tuple[int, int] | None:
    if not first:
        start, end = max(size - int(last), 0), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None
    if start >= size:
        raise Unsatisfiable
    return start, end - start + 1


async def _begun(source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    first = await anext(source, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in source:
            yield chunk

    return whole()


async def _nothing() -> AsyncIterator[bytes]:
    yield b""
