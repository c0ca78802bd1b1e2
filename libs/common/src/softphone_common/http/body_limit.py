"""Refuses request bodies over the limit with 413, before any route sees them."""

import math
from collections.abc import Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from softphone_common.http.problem import ProblemError, problem

DISCARD_MAX = 1 << 20
"""Bytes of a body over its limit that are discarded; who sends more may lose the answer."""


class _TooLargeError(Exception):
    """The body is over the limit."""


class BodyLimit:
    """ASGI middleware that reads each body completely.

    A body is counted while it is read, because Content-Length may be wrong or, with chunked
    transfer coding, missing. A request whose client disconnects before its end reaches no route:
    half a hit must not become a call. The routes in `uploads`, such as `PUT /api/x`, read larger
    bodies up to the given size themselves, once they know who sends them.
    """

    def __init__(self, app: ASGIApp, body_max: int, uploads: Mapping[str, int]) -> None:
        self._app = app
        self._body_max = body_max
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload_max = self._uploads.get(f"{scope['method']} {scope['path']}")
        request = Request(scope)
        read_max = (upload_max or self._body_max) + DISCARD_MAX
        if _length(request) > read_max:
            read_max = 0  # the rest of such a body is never reached: its sender is answered at once
        exchange = _Exchange(receive, send, read_max)
        if upload_max is not None:
            await self._app(scope, exchange.receive, exchange.send)
            return
        try:
            body = await self._read(request, exchange.receive)
        except ClientDisconnect:
            return
        except _TooLargeError:
            refusal = problem("body-too-large", limit=self._body_max)
            await refusal(scope, exchange.receive, exchange.send)
            return
        await self._app(scope, _receive_body(body, receive), send)

    async def _read(self, request: Request, receive: Receive) -> bytes:
        """The body. Raises ClientDisconnect, or _TooLargeError if it is over the limit."""
        if _length(request) > self._body_max:
            raise _TooLargeError
        chunks, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._body_max:
                raise _TooLargeError
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks)


def _length(request: Request) -> float:
    """The bytes of the body by its Content-Length, 0 without one."""
    length = request.headers.get("content-length", "0")
    return int(length) if length.isdigit() else math.inf


class _Exchange:
    """A request and its answer, which waits until the rest of the body is read and discarded.

    nginx, if the answer comes first, discards the rest of the body and with it the next request
    of the connection. And closing a socket with unread data makes TCP send a reset, which can
    destroy the answer before the client has read it (RFC 9112, section 9.6).
    """

    def __init__(self, receive: Receive, send: Send, read_max: int) -> None:
        self._receive = receive
        self._send = send
        self._left = read_max
        self._more = True

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        # after the last part `receive` returns only once the client disconnects
        self._more = message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        while self._more and self._left > 0:
            await self.receive()
        await self._send(message)


def _receive_body(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once and then waits for the disconnect."""
    delivered = False

    async def receive_again() -> Message:
        nonlocal delivered
        if delivered:
            return await receive()
        delivered = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def read_upload(request: Request, limit: int) -> bytearray:
    """The body of a route among `uploads`, once its caller is known. Raises ProblemError 413."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise ProblemError("body-too-large", limit=limit)
    return body
