"""TLS on the road. Required means verified, or nothing is said; opportunistic means whatever there is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.effects import Again, Done
from tests.messaging.mail.peer import CUT, SILENT, Peer, certificate, listening
from tests.messaging.mail.road_house import SERVER, House

BROKEN = {
    "refused": {"STARTTLS": "454 4.7.0 TLS not available"},
    "unknown after all": {"STARTTLS": "502 5.5.1 What is that"},
    "closed at the command": {"STARTTLS": CUT},
    "cut in the handshake": {"TLS": CUT},
    "silent in the handshake": {"TLS": SILENT},
    "no handshake": {"TLS": "500 5.5.1 What is that"},
}
"""How STARTTLS can fail, and a server's answers."""


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    async with listening(Peer(tmp_path / "peer")) as serving:
        yield serving


async def test_required_tls_with_the_right_certificate_carries_the_reply(peer: Peer, tmp_path: Path) -> None:
    peer.tls, authority = certificate(tmp_path / "tls", SERVER)
    house = House(peer, road_tls="required", road_ca=authority)
    assert isinstance(await house.attempt(), Done)
    assert [line for line in peer.said if line.startswith(("EHLO", "STARTTLS", "MAIL"))][:4] == [
        "EHLO pli.test", "STARTTLS", "EHLO pli.test", peer.said[3],
    ]  # fmt: skip


async def test_required_tls_says_nothing_to_a_server_without_it(peer: Peer, tmp_path: Path) -> None:
    _, authority = certificate(tmp_path / "tls", SERVER)
    house = House(peer, road_tls="required", road_ca=authority)
    assert isinstance(await house.attempt(), Again)
    assert not any(line.startswith("MAIL") for line in peer.said)


@pytest.mark.parametrize("name", ["other.example", SERVER])
async def test_required_tls_says_nothing_to_a_server_that_cannot_prove_who_it_is(
    peer: Peer, tmp_path: Path, name: str
) -> None:
    peer.tls, authority = certificate(tmp_path / "theirs", name)
    if name == SERVER:
        _, authority = certificate(tmp_path / "ours", SERVER)
    house = House(peer, road_tls="required", road_ca=authority)
    assert isinstance(await house.attempt(), Again)
    assert not any(line.startswith("MAIL") for line in peer.said)


async def test_opportunistic_tls_takes_any_certificate(peer: Peer, tmp_path: Path) -> None:
    peer.tls, _ = certificate(tmp_path / "tls", "other.example")
    assert isinstance(await House(peer).attempt(), Done)
    assert "STARTTLS" in peer.said


@pytest.mark.parametrize("how", BROKEN)
async def test_opportunistic_tls_that_cannot_be_had_is_done_without_on_one_new_connection(
    peer: Peer, tmp_path: Path, how: str
) -> None:
    peer.tls, _ = certificate(tmp_path / "tls", SERVER)
    peer.answers = BROKEN[how]
    assert isinstance(await House(peer, road_patience=0.5).attempt(), Done)
    assert (len(peer.taken), peer.connections) == (1, 2)
    assert peer.said.count("STARTTLS") == 1


@pytest.mark.parametrize("how", BROKEN)
async def test_required_tls_that_cannot_be_had_says_nothing_and_tries_again_later(
    peer: Peer, tmp_path: Path, how: str
) -> None:
    peer.tls, authority = certificate(tmp_path / "tls", SERVER)
    peer.answers = BROKEN[how]
    house = House(peer, road_tls="required", road_ca=authority, road_patience=0.5)
    assert isinstance(await house.attempt(), Again)
    assert peer.connections == 1
    assert not any(line.startswith("MAIL") for line in peer.said)
