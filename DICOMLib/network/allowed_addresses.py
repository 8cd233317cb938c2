"""Whose calls are taken, by the address that they come from."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

# Of an address of IPv6 that stands for one of IPv4, before this.
_MAPPED_BITS = 96


class AllowedAddresses:
    """Addresses and networks ("10.0.0.0/8") that are served; empty for all."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._networks = [_network(text) for text in texts]

    def __contains__(self, address: str) -> bool:
        """Whether who calls from there is served."""
        if not self._networks:
            return True
        known = ipaddress.ip_address(address.partition("%")[0])
        # a socket for both families tells IPv4 addresses as those of IPv6
        known = getattr(known, "ipv4_mapped", None) or known
        return any(known in network for network in self._networks)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A network; one of IPv4 that is written as one of IPv6 is taken for what it is."""
    network = ipaddress.ip_network(text, strict=False)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.ip_network((mapped, network.prefixlen - _MAPPED_BITS))
