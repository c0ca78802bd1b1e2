"""Refuses sign-ins and websockets that pages of other sites begin (CSRF, CSWSH).

Clients that are not browsers send no Origin header and are let through: the attack needs a browser
that sends the victim's cookie by itself.
"""

from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers

from softphone_common.http.problem import ProblemError

_OWN_SITE = frozenset({None, "same-origin", "none"})


class Origins:
    """The own origin and the ones named in the settings."""

    def __init__(self, others: list[str]) -> None:
        self._others = others

    def allow(self, headers: Headers) -> bool:
        """Whether the Origin header, which browsers send with each handshake, is allowed."""
        origin = headers.get("origin")
        if origin is None or origin in self._others:
            return True
        try:
            return urlsplit(origin).netloc == headers.get("host")
        except ValueError:  # an IPv6 address without its closing bracket
            return False

    async def require(self, request: Request) -> None:
        """FastAPI dependency of routes that take a cookie. Raises ProblemError 403.

        `Sec-Fetch-Site` is read too, since an Origin with the own host may have another scheme.
        """
        headers = request.headers
        listed = headers.get("origin") in self._others
        own = headers.get("sec-fetch-site") in _OWN_SITE and self.allow(headers)
        if not (listed or own):
            raise ProblemError("origin-refused")
