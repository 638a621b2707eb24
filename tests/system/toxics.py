"""Toxiproxy between Pli and what it talks to: connections that are cut, slow or narrow."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from stack.servers import TOXIPROXY
from tests.children import ending_with_us, free_port

START_BOUND_S = 15.0


@dataclass(frozen=True)
class Way:
    """One way through the proxy: `port` on the loopback leads to what it was opened for."""

    name: str
    port: int
    _api: httpx.Client

    def cut(self) -> None:
        """Cut all connections and take no new ones, until `mend`."""
        self._api.post(f"/proxies/{self.name}", json={"enabled": False}).raise_for_status()

    def mend(self) -> None:
        """As before: connections are taken, and nothing slows them."""
        for toxic in self._api.get(f"/proxies/{self.name}/toxics").raise_for_status().json():
            self._api.delete(f"/proxies/{self.name}/toxics/{toxic['name']}").raise_for_status()
        self._api.post(f"/proxies/{self.name}", json={"enabled": True}).raise_for_status()

    def slow(self, latency_ms: int, jitter_ms: int = 0) -> None:
        """Each way takes that long, more or less."""
        for stream in ("upstream", "downstream"):
            self._add("latency", stream, {"latency": latency_ms, "jitter": jitter_ms})

    def narrow(self, kbit: float) -> None:
        """So many kbit/s each way."""
        for stream in ("upstream", "downstream"):
            self._add("bandwidth", stream, {"rate": max(1, round(kbit / 8))})

    def _add(self, kind: str, stream: str, attributes: Mapping[str, Any]) -> None:
        toxic = {"name": f"{kind}-{stream}", "type": kind, "stream": stream, "attributes": attributes}
        self._api.post(f"/proxies/{self.name}/toxics", json=toxic).raise_for_status()


class Toxics:
    """A running Toxiproxy."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api

    def way_to(self, name: str, port: int) -> Way:
        """A way to a port of this machine."""
        mine = free_port()
        proxy = {"name": name, "listen": f"127.0.0.1:{mine}", "upstream": f"127.0.0.1:{port}", "enabled": True}
        self._api.post("/proxies", json=proxy).raise_for_status()
        return Way(name, mine, self._api)


@contextmanager
def toxics(seed: int = 1) -> Iterator[Toxics]:
    """Run a Toxiproxy of one's own."""
    port = free_port()
    command = [str(TOXIPROXY.folder / "toxiproxy"), "-host", "127.0.0.1", "-port", str(port), "-seed", str(seed)]
    process = subprocess.Popen(ending_with_us(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10.0) as api:
            _wait_for(api, process)
            yield Toxics(api)
    finally:
        process.terminate()
        process.wait()


def _wait_for(api: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_BOUND_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            api.get("/version").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("Toxiproxy did not start")
