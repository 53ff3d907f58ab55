import pytest

from serving.client_address import ClientAddress

NOBODY = ClientAddress([])
PROXIES = ClientAddress(["10.0.0.0/8", "::1"])


@pytest.mark.parametrize("forwarded", [None, "", "1.2.3.4", "1.2.3.4, 10.0.0.1"])
def test_without_a_trusted_proxy_the_header_counts_for_nothing(forwarded: str | None):
    assert NOBODY.of("10.0.0.1", forwarded) == "10.0.0.1"
    assert PROXIES.of("9.9.9.9", forwarded) == "9.9.9.9"


@pytest.mark.parametrize(
    "peer,forwarded,client",
    [
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("::1", " 1.2.3.4 ", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4, unknown", "10.0.0.1"),
        ("10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2"),
    ],
)
def test_behind_trusted_proxies_it_is_the_first_untrusted_address(peer: str, forwarded: str | None, client: str):
    assert PROXIES.of(peer, forwarded) == client


def test_a_peer_without_an_address_has_none():
    assert PROXIES.of(None, "1.2.3.4") is None
    assert PROXIES.of("testclient", "1.2.3.4") is None
