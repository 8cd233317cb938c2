"""Whose calls are taken, by the address that they come from."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


class AllowedAddresses:
    """Addresses and networks ("10.0.0.0/8") that are served; empty for all."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._networks = [ipaddress.ip_network(text, strict=False) for text in texts]

    def __contains__(self, address: str) -> bool:
        """Whether who calls from there is served."""
        if not self._networks:
            return True
        known = ipaddress.ip_address(address.partition("%")[0])
        # a socket for both families tells IPv4 addresses as those of IPv6
        known = getattr(known, "ipv4_mapped", None) or known
        return any(known in network for network in self._networks)
