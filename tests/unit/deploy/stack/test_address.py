import os
import socket

import pytest

from deploy.stack.address import Address, free_ports
from ingestion.errors import ShopstreamError


@pytest.mark.parametrize("text", ["127.0.0.1:19092", "http://127.0.0.1:19092", "http://127.0.0.1:19092/"])
def test_reads_host_and_port(text: str) -> None:
    assert Address.parse(text, "SHOPSTREAM_X") == ("127.0.0.1", 19092, "SHOPSTREAM_X")


def test_the_whole_loopback_network_and_localhost_are_loopback() -> None:
    assert Address.parse("localhost:1", "V").host == "localhost"
    assert Address.parse("127.8.9.10:65535", "V").port == 65535


@pytest.mark.parametrize("text", ["19092", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:0", "127.0.0.1:65536"])
def test_refuses_what_is_no_address(text: str) -> None:
    with pytest.raises(ShopstreamError, match=r"SHOPSTREAM_X=.* is not an address: write it as 127\.0\.0\.1:PORT"):
        Address.parse(text, "SHOPSTREAM_X")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "kafka.example.com", "[::1]"])  # noqa: S104 - refused here
def test_refuses_to_listen_beyond_loopback(host: str) -> None:
    with pytest.raises(ShopstreamError, match="SHOPSTREAM_REDIS=.* is not on loopback"):
        Address.parse(f"{host}:6379", "SHOPSTREAM_REDIS")


@pytest.mark.parametrize("bound", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - a foreign server that does so
def test_names_who_holds_a_taken_port(bound: str) -> None:
    with socket.create_server((bound, 0)) as server:
        address = Address("127.0.0.1", server.getsockname()[1], "SHOPSTREAM_X")
        assert not address.is_free()
        sentence = address.taken_sentence("kafka")
    assert sentence.startswith(f"port {address.port} (kafka, SHOPSTREAM_X) is taken by pid {os.getpid()} (")
    assert address.is_free()


def test_free_ports_differ_and_are_free() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()
