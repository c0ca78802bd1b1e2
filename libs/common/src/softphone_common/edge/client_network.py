"""The networks a client address is counted by, so that nobody gets round a limit with addresses.

A customer of a provider usually has a whole IPv6 /64, and up to a /48 (RFC 6177): each would give a
new address for every attempt.
"""

import ipaddress

WIDE_FACTOR = 4
"""How many /64 networks' shares of a limit a whole /48 has."""


def network(address: str) -> str:
    """An IPv4 address as it is, or the /64 network of an IPv6 address."""
    return _networks(address)[0]


def wide_network(address: str) -> str:
    """The /48 network of an IPv6 address; empty for any other address."""
    return _networks(address)[1]


def _networks(address: str) -> tuple[str, str]:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:64], ""
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip), ""
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped), ""
    narrow, wide = (ipaddress.ip_network((ip, bits), strict=False) for bits in (64, 48))
    return str(narrow.network_address), str(wide)
