"""The addresses that dial links may open, so that a click does nothing but dial."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from softphone_common.http.problem import ProblemError

_SCHEMES = frozenset({"tel", "sip", "sips", "callto"})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
"""A softphone that listens on the user's own machine."""
_AUTHORITY = re.compile(r"https?://[^/?#\\@{}]+(?:[/?#]|$)", re.I)
"""Anything else between the slashes may be another host for browsers than for us: they take a
backslash for a slash (WHATWG URL standard, special authority slashes state)."""


class DialTargets:
    """Schemes that dial, those of softphones with a preset, and web addresses of allowed hosts."""

    def __init__(self, hosts: str, links: Iterable[str]) -> None:
        named = (host.strip().lower() for host in hosts.split(","))
        self._hosts = _LOCAL | {host for host in named if host}
        schemes = {link.partition(":")[0].lower() for link in links}
        self.schemes = _SCHEMES | (schemes - {"http", "https"})

    def require(self, link: str, field: str | None = None) -> None:
        """Raises ProblemError `dial-link-refused` if the link may open something else."""
        scheme = link.partition(":")[0].lower()
        if scheme in self.schemes:
            return
        if scheme not in {"http", "https"}:
            raise ProblemError("dial-link-refused", field=field, target=f"{scheme}:")
        if _AUTHORITY.match(link) is None or urlsplit(link).hostname not in self._hosts:
            raise ProblemError("dial-link-refused", field=field, target=link[:60])
