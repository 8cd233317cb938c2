"""Whose calls are taken, by their addresses."""

from __future__ import annotations

import pytest

from DICOMLib.network.allowed_addresses import AllowedAddresses


@pytest.mark.parametrize(
    ("networks", "address", "is_allowed"),
    [
        ([], "192.0.2.1", True),
        (["10.0.0.0/8"], "10.255.0.1", True),
        (["10.0.0.0/8"], "11.0.0.1", False),
        (["10.0.0.0/8"], "::ffff:10.0.0.1", True),
        (["10.0.0.7/8", "192.0.2.1"], "192.0.2.1", True),
        (["10.0.0.0/8"], "::1", False),
        (["::ffff:10.0.0.0/104"], "10.255.0.1", True),
        (["::ffff:10.0.0.0/104"], "::ffff:11.0.0.1", False),
        (["::/0"], "2001:db8::1", True),
        (["fe80::/10"], "fe80::1%eth0", True),
    ],
)
def test_networks_and_addresses(networks: list[str], address: str, is_allowed: bool) -> None:
    assert (address in AllowedAddresses(networks)) is is_allowed
