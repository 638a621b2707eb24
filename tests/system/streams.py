"""An open page's event stream, followed beside the test."""

import threading
import time
from types import TracebackType
from typing import Self

import httpx

from demo.visitor import Visitor

ADDRESS = "/messagerie/flux"


class EventStream:
    """The mailbox list's stream of one browser, read until it ends."""

    def __init__(self, visitor: Visitor) -> None:
        self.lines: list[str] = []
        self.status = 0
        self.ended_at: float | None = None
        self._url = f"{visitor.origin}{ADDRESS}"
        self._headers = {"Cookie": visitor.cookies.for_path(ADDRESS), "Accept": "text/event-stream"}
        self._client = httpx.Client(timeout=httpx.Timeout(10.0, read=120.0))
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.join(timeout=60.0)
        self._client.close()

    def _follow(self) -> None:
        try:
            with self._client.stream("GET", self._url, headers=self._headers) as answer:
                self.status = answer.status_code
                for line in answer.iter_lines():
                    self.lines.append(line)
        except httpx.HTTPError as error:
            self.lines.append(f"broken: {error!r}")
        finally:
            self.ended_at = time.monotonic()

    @property
    def open(self) -> bool:
        """Whether it has begun, and not ended yet."""
        return bool(self.lines) and self.ended_at is None

    @property
    def events(self) -> int:
        """How many events came."""
        return sum(line.startswith("event:") for line in self.lines)
