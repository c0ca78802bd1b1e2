"""Decides which hosts may be called: only those that the operator has listed.

Administrators of tenants type the addresses of their sources. Without a list they could have
matcher call whatever it reaches, such as the databases next to it (OWASP, server-side request
forgery).
"""

import re

PORTS = {"https": 443, "http": 80, "ldaps": 636, "ldap": 389}
LOOPBACK = frozenset({"localhost", "127.0.0.1"})
"""The hosts that may be called without TLS: nobody can listen between a machine and itself."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_PATTERN = re.compile(
    rf"(?P<any>\*\.)?(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[0-9]{{1,5}}))?"
)


def source_hosts(text: str) -> tuple[re.Match[str], ...]:
    """The hosts in a comma-separated list.

    Raises ValueError for a pattern that is none, and for a star in front of a single name: nobody
    owns all hosts below `com`.
    """
    patterns = [part.strip().casefold() for part in text.split(",") if part.strip()]
    matches = [_PATTERN.fullmatch(pattern) for pattern in patterns]
    for pattern, match in zip(patterns, matches, strict=True):
        if match is None or (match["any"] and "." not in match["host"]):
            raise ValueError(
                f"has {pattern}, which is not like crm.example.com or *.example.com:8443"
            )
    return tuple(match for match in matches if match)


class PermittedHosts:
    """The hosts of SOFTPHONE_SOURCE_HOSTS."""

    def __init__(self, text: str) -> None:
        self._patterns = source_hosts(text)

    def permit(self, scheme: str, host: str, port: int | None) -> bool:
        """Whether an address with these parts may be called.

        The host is compared as it is written, whatever it resolves to: another spelling of an
        address, such as `127.1`, is not permitted. A pattern without a port permits the port of
        its scheme. Only this machine is called without TLS.
        """
        if scheme not in PORTS or (scheme == "http" and host not in LOOPBACK):
            return False
        number = PORTS[scheme] if port is None else port
        return any(_fits(each, host, number, PORTS[scheme]) for each in self._patterns)


def _fits(pattern: re.Match[str], host: str, port: int, default: int) -> bool:
    name = host.removesuffix(f".{pattern['host']}") if pattern["any"] else ""
    is_host = bool(name) and name != host if pattern["any"] else host == pattern["host"]
    return is_host and port == int(pattern["port"] or default)
