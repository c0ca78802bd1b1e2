"""Names the browser of a request for the list of sessions: roughly, and never as an identifier."""

import ipaddress
import re
from dataclasses import dataclass

from fastapi import Request

_BROWSERS = (
    # the more specific first: Edge and Opera also call themselves Chrome, and Chrome Safari
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_PROGRAM = re.compile(r"[A-Za-z0-9 ._-]{1,40}")


@dataclass(frozen=True, slots=True)
class Browser:
    """The address and the `User-Agent` of a request."""

    address: str
    user_agent: str

    @classmethod
    def of(cls, request: Request) -> "Browser":
        """The browser or program that sent the request."""
        address = request.client.host if request.client else ""
        return cls(address, request.headers.get("user-agent", ""))

    @property
    def facts(self) -> dict[str, str]:
        """The fields of a session that describe where it is used."""
        return {"network": self.network, "browser": self.name}

    @property
    def network(self) -> str:
        """The /24 of an IPv4 address or the /48 of an IPv6 address; empty if it has neither."""
        try:
            ip = ipaddress.ip_address(self.address)
        except ValueError:
            return ""
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        bits = 24 if isinstance(ip, ipaddress.IPv4Address) else 48
        return str(ipaddress.ip_network((ip, bits), strict=False))

    @property
    def name(self) -> str:
        """Browser and system, such as `Firefox, Windows`, or the first word of another program."""
        names = (_first(_BROWSERS, self.user_agent), _first(_SYSTEMS, self.user_agent))
        if all(names):
            return ", ".join(names)
        program = _PROGRAM.match(self.user_agent)
        return program.group().strip() if program else ""


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in names if mark in text), "")
