"""Ports: moved together, overridable one by one, and a taken one names its holder."""

import os
import socket
from collections.abc import Iterator

import pytest
import pytest_socket

from stack.errors import PortTaken, StackError
from stack.instance import OFFSET_OF_OTHERS, OFFSETS
from stack.ports import Ports, check_free


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    pytest_socket.enable_socket()  # a listener on the loopback is what is tried here
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken


def test_every_port_moves_by_the_offset() -> None:
    assert Ports.at(10_000, {})["gateway"] == 18080
    assert Ports.at(10_000, {})["kafka"] == 19092


def test_one_port_can_be_set_alone() -> None:
    ports = Ports.at(0, {"PLI_PORT_MESSAGING_WEB": "9999"})
    assert ports["messaging-web"] == 9999
    assert ports["auth"] == 8101


@pytest.mark.parametrize("nonsense", ["", "http", "0", "70000", "-1"])
def test_a_port_that_is_no_port_is_refused_by_its_setting(nonsense: str) -> None:
    with pytest.raises(StackError, match="PLI_PORT_GATEWAY"):
        Ports.at(0, {"PLI_PORT_GATEWAY": nonsense})


def test_a_taken_port_names_its_holder_and_the_way_out(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(PortTaken) as refused:
        check_free(Ports(gateway=port), ["gateway"])
    assert f"port {port} (gateway) is taken by pid {os.getpid()}" in str(refused.value)
    assert "PLI_PORT_GATEWAY" in refused.value.mend


def test_a_free_port_is_accepted(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    check_free(Ports(gateway=port), ["gateway"])


def test_no_port_of_the_usual_instances_lies_among_those_of_outgoing_connections_or_of_each_other() -> None:
    usual = [Ports.at(offset, {}) for offset in (*OFFSETS.values(), OFFSET_OF_OTHERS)]
    every = [number for ports in usual for number in ports.values()]
    assert max(every) < 32_768
    assert len(every) == len(set(every))
