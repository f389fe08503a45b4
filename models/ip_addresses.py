"""IP addresses: one spelling each, and the block that one connection or office usually stays in."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

_BLOCK_BITS = {4: 24, 6: 48}
_ADDRESS_BITS = {4: 32, 6: 128}

_OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_CANONICAL_V4 = re.compile(rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}")

_HIDDEN_NETWORKS = {
    4: (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    ),
    6: ("::/127", "fc00::/7", "fe80::/10", "ff00::/8"),
}
"""From IANA's special-purpose registries: private, shared, loopback, link-local, multicast and reserved. The networks
for documentation are left out: no proxy leaves those behind, and examples should behave like any address."""

_HIDDEN_RANGES = {
    version: tuple((int(network[0]), int(network[-1])) for network in map(ip_network, networks))
    for version, networks in _HIDDEN_NETWORKS.items()
}


class IpFacts(NamedTuple):
    """An address in its canonical spelling."""

    address: str
    block: str
    """The /24 (IPv4) or /48 (IPv6)."""
    version: int
    private: bool
    """Not an address of the public Internet: a proxy hides the real one."""


@lru_cache(maxsize=4_096)
def read_ip(raw: str) -> IpFacts | None:
    """The address; IPv4 mapped into IPv6 is IPv4, a zone index is left out. None when it is no address."""
    plain = _CANONICAL_V4.fullmatch(raw)
    if plain is not None:  # nearly all of them, without two objects of `ipaddress`
        value = int.from_bytes(bytes(map(int, plain.groups())), "big")
        return IpFacts(raw, f"{raw.rpartition('.')[0]}.0/24", 4, _is_hidden(4, value))
    address = _parse(raw.strip().partition("%")[0])
    if address is None:
        return None
    version, value = address.version, int(address)
    other_bits = _ADDRESS_BITS[version] - _BLOCK_BITS[version]
    first_of_block = type(address)(value >> other_bits << other_bits)
    return IpFacts(
        address=str(address),
        block=f"{first_of_block}/{_BLOCK_BITS[version]}",
        version=version,
        private=_is_hidden(version, value),
    )


def normalise_ip(raw: str) -> str | None:
    """Canonical spelling of an address, or None when it is none."""
    facts = read_ip(raw)
    return None if facts is None else facts.address


def _is_hidden(version: int, value: int) -> bool:
    return any(first <= value <= last for first, last in _HIDDEN_RANGES[version])


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
