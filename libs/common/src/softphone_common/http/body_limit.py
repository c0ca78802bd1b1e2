"""Refuses request bodies over the limit with 413, before any route sees them."""

from collections.abc import Collection

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from softphone_common.http.problem import ProblemError, problem

DISCARD_MAX = 1 << 20
"""Bytes read and discarded after a refusal; a client that sends more may lose the answer."""


class _TooLargeError(Exception):
    """The body is over the limit. `more`: some of it was not received yet.

    After the last part `receive` returns only once the client disconnects, so it must not be
    called to discard a rest that does not exist.
    """

    def __init__(self, *, more: bool) -> None:
        super().__init__()
        self.more = more


class BodyLimit:
    """ASGI middleware that reads each body completely.

    A body is counted while it is read, because Content-Length may be wrong or, with chunked
    transfer coding, missing. A request whose client disconnects before its end reaches no route:
    half a hit must not become a call. The routes in `uploads`, such as `PUT /api/x`, read larger
    bodies themselves, once they know who sends them.
    """

    def __init__(self, app: ASGIApp, body_max: int, uploads: Collection[str] = ()) -> None:
        self._app = app
        self._body_max = body_max
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or f"{scope['method']} {scope['path']}" in self._uploads:
            await self._app(scope, receive, send)
            return
        try:
            body = await self._read(Request(scope), receive)
        except ClientDisconnect:
            return
        except _TooLargeError as error:
            await self._refuse(scope, receive, send, more=error.more)
            return
        await self._app(scope, _receive_body(body, receive), send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, *, more: bool) -> None:
        """Answers 413 and then discards the rest of the body before the connection is closed.

        Closing a socket with unread data makes TCP send a reset, which can destroy the answer
        before the client, or the gateway in between, has read it (RFC 9112, section 9.6).
        """

        async def send_unfinished(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "more_body": True}
            await send(message)

        await problem("body-too-large", limit=self._body_max)(scope, receive, send_unfinished)
        discarded = 0
        while more and discarded < DISCARD_MAX:
            message = await receive()
            discarded += len(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _read(self, request: Request, receive: Receive) -> bytes:
        """The body. Raises ClientDisconnect, or _TooLargeError if it is over the limit."""
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._body_max:
            raise _TooLargeError(more=True)
        chunks, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(chunk)
            if size > self._body_max:
                raise _TooLargeError(more=more)
            chunks.append(chunk)
            if not more:
                return b"".join(chunks)


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
