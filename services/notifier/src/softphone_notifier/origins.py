"""Whose pages may sign in and open the socket; what is no browser names none and may."""

from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers

from softphone_common.http.problem import ProblemError

_OWN_SITE = frozenset({None, "same-origin", "none"})


class Origins:
    """This origin, and those the settings name."""

    def __init__(self, others: list[str]) -> None:
        self._others = others

    def allow(self, headers: Headers) -> bool:
        """By the page's origin, which browsers name with every socket."""
        origin = headers.get("origin")
        if origin is None or origin in self._others:
            return True
        try:
            return urlsplit(origin).netloc == headers.get("host")
        except ValueError:  # half an IPv6 address
            return False

    async def require(self, request: Request) -> None:
        """FastAPI dependency of what a cookie is enough for. Raises ProblemError 403.

        `Sec-Fetch-Site` tells apart what has the same host: another scheme is another site.
        """
        headers = request.headers
        listed = headers.get("origin") in self._others
        own = headers.get("sec-fetch-site") in _OWN_SITE and self.allow(headers)
        if not (listed or own):
            raise ProblemError("origin-refused")
