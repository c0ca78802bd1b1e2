"""Names of machines as in a Host header (RFC 9110, section 7.2) and in lists of settings."""

import ipaddress
import re

_NAME = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,251}[a-z0-9])?")


def host_name(host: str) -> str:
    """The name or address in a Host header, without its port and in lower case."""
    name, separator, port = host.rpartition(":")
    if not separator or not port.isdigit() or is_address(host):
        name = host
    return name.strip("[]").rstrip(".").lower()


def host_names(text: str) -> list[str]:
    """The names of a comma-separated list. Raises ValueError for an address of a page."""
    names = [host_name(part.strip()) for part in text.split(",") if part.strip()]
    for name in names:
        if not (_NAME.fullmatch(name) or is_address(name)):
            raise ValueError(f"{name!r} is not a host name such as connector.example.de")
    return names


def host_and_port(host: str, port: int) -> str:
    """The address as URLs have it: one of IPv6 in brackets (RFC 3986, section 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_address(name: str) -> bool:
    """Whether the text is an IP address, which nobody can register as a name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a port that listens on this host."""
    return host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)
