"""The address of the client, also behind proxies."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


class ClientAddress:
    """Reads ``X-Forwarded-For`` as far as trusted proxies have written it, and not at all without any."""

    def __init__(self, trusted_proxies: Iterable[str]) -> None:
        """Take addresses and networks, such as ``10.0.0.0/8``. Raises ValueError for anything else."""
        self._trusted = tuple(ip_network(network) for network in trusted_proxies)

    def of(self, peer: str | None, forwarded_for: str | None) -> str | None:
        """Return the nearest address that is no trusted proxy: ``peer``, or one of ``X-Forwarded-For``.

        Every proxy adds its own peer at the end, so what lies before the first untrusted one may be made up.
        """
        client = _address(peer)
        if client is None:
            return None
        for hop in reversed((forwarded_for or "").split(",")):
            if not any(client in network for network in self._trusted):
                break
            before = _address(hop.strip())
            if before is None:
                break
            client = before
        return str(client)


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text or "")
    except ValueError:
        return None
