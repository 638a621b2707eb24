"""A request does not wait for a store that is silent; what needs no store is answered as ever."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from litestar import Litestar, get, post
from litestar.response import Stream
from litestar.testing import TestClient

from chassis.errors import Unanswered
from chassis.watch import Watch, heeding
from tests.chassis.web.conftest import BROWSER, ORIGIN, OURS, shown

AWAY = "Le service est momentanément indisponible."
SOON = 0.01


async def never() -> bool:
    await asyncio.Event().wait()
    return True


@pytest.fixture
def watch() -> Watch:
    return Watch("store", never, lambda: None)


@pytest.fixture
def client(build: Callable[..., Litestar], watch: Watch) -> Iterator[TestClient[Litestar]]:
    """A client of pages that ask the store, which falls silent meanwhile."""

    def fall_silent() -> None:
        asyncio.get_running_loop().call_later(SOON, lambda: watch.found(answers=False))

    @get("/m/mailbox", opt={"public": True})
    async def mailbox() -> str:
        fall_silent()
        with heeding("store"):
            await asyncio.Event().wait()
        return "never"

    @get("/m/download", opt={"public": True})
    async def download() -> Stream:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"first"
            fall_silent()
            with heeding("store"):
                await asyncio.sleep(5 * SOON)
            yield b" and last"

        return Stream(chunks())

    @post("/m/send", opt={"public": True})
    async def send() -> str:
        raise Unanswered("store")

    handlers = [mailbox, download, send, shown]
    app = build(controllers=handlers, watches=[watch])
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as client:
        yield client


def test_a_page_that_waits_says_what_is_missing_and_so_does_the_next_at_once(
    client: TestClient[Litestar],
) -> None:
    for _ in range(2):
        answer = client.get("/m/mailbox", headers=BROWSER)
        assert answer.status_code == 503
        assert AWAY in answer.text
        assert answer.headers["retry-after"]


def test_a_page_that_needs_no_store_is_there(client: TestClient[Litestar], watch: Watch) -> None:
    watch.found(answers=False)
    assert client.get("/m/page", headers=BROWSER).status_code == 200


def test_a_download_that_has_begun_is_not_cut(client: TestClient[Litestar], watch: Watch) -> None:
    assert client.get("/m/download").content == b"first and last"
    assert watch.silent


def test_an_act_of_unknown_end_is_not_offered_again(client: TestClient[Litestar]) -> None:
    before = {"referer": f"{ORIGIN}/m/page"}
    page = client.post("/m/send", headers={**BROWSER, **OURS, **before}).text.replace("&#39;", "'")
    assert "votre demande a peut-être été prise en compte" in page
    assert "Vérifiez-le avant de recommencer." in page
    assert "Revenir à la page précédente" in page
    assert "Réessayer" not in page
