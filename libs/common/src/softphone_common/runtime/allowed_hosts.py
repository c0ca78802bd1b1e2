"""Refuses requests under names that are not those of this installation (DNS rebinding).

A page of another site can have its own name point to this machine. The browser then takes our
answers for those of that site, and only the Host header still shows the name.
"""

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from softphone_common.http.problem import problem
from softphone_common.http.response_headers import ResponseHeaders
from softphone_common.process.host_names import host_name, is_address

_POLICY_VIOLATION = 1008
_SHOWN_MAX = 100
"""Characters of a refused name in the answer."""


class AllowedHosts:
    """ASGI middleware for requests and handshakes of websockets.

    Addresses and `localhost` are always allowed: nobody can make a name of theirs out of them.
    Without any names every Host header is allowed. A request without a Host header is one of an old
    phone, since browsers always send it.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = None if scope["type"] == "lifespan" else self._refused(scope)
        if refused is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            answer = problem("host-not-allowed", host=refused[:_SHOWN_MAX])
            await ResponseHeaders(answer)(scope, receive, send)

    def _refused(self, scope: Scope) -> str | None:
        """The first name of the request that is not allowed."""
        if not self._names:
            return None
        hosts = (v.decode("latin-1") for name, v in scope["headers"] if name == b"host")
        return next((host for host in hosts if not self._allows(host_name(host))), None)

    def _allows(self, name: str) -> bool:
        return name in self._names or name in {"", "localhost"} or is_address(name)
