"""A body is counted while it is read, and half a body reaches no route."""

import pytest
from starlette.types import Message, Receive, Scope, Send

from softphone_common.http.body_limit import DISCARD_MAX, BodyLimit

LIMIT = 10
UPLOADS = {"POST /upload": 20}


class Exchange:
    """One request in parts, the body its route got, and the answer."""

    def __init__(
        self,
        *parts: bytes,
        length: int | None = None,
        is_whole: bool = True,
        path: str = "/",
    ) -> None:
        last = len(parts) - 1
        self._messages: list[Message] = [
            {"type": "http.request", "body": part, "more_body": n < last or not is_whole}
            for n, part in enumerate(parts)
        ]
        self._length = length
        self._path = path
        self.bodies: list[bytes] = []
        self.sent: list[Message] = []
        self.unread: int | None = None
        """Parts of the body that were not read when the answer began."""

    async def run(self) -> None:
        size = [] if self._length is None else [(b"content-length", b"%d" % self._length)]
        scope = {"type": "http", "method": "POST", "path": self._path, "headers": size}
        await BodyLimit(self._route, LIMIT, UPLOADS)(scope, self._receive, self._send)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._path == "/":
            self.bodies.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def _receive(self) -> Message:
        return self._messages.pop(0) if self._messages else {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if not self.sent:
            self.unread = len(self._messages)
        self.sent.append(message)


@pytest.mark.parametrize("parts", [[b""], [b"x" * LIMIT], [b"x" * 4, b"y" * 6]])
async def test_body_up_to_the_limit_reaches_its_route(parts: list[bytes]) -> None:
    exchange = Exchange(*parts)
    await exchange.run()
    assert exchange.bodies == [b"".join(parts)]


@pytest.mark.parametrize("parts", [[b"x" * 11], [b"x" * 6, b"y" * 6, b"z"]])
@pytest.mark.parametrize("length", [None, LIMIT])
async def test_body_that_hides_its_length_is_refused(
    parts: list[bytes], length: int | None
) -> None:
    exchange = Exchange(*parts, length=length)
    await exchange.run()
    assert (exchange.bodies, exchange.status) == ([], 413)


async def test_body_with_too_large_a_length_is_refused() -> None:
    exchange = Exchange(b"x", length=LIMIT + 1)
    await exchange.run()
    assert (exchange.bodies, exchange.status) == ([], 413)


async def test_half_a_body_reaches_no_route() -> None:
    exchange = Exchange(b"event=", is_whole=False)
    await exchange.run()
    assert (exchange.bodies, exchange.sent) == ([], [])


@pytest.mark.parametrize("path", ["/", "/upload"])
@pytest.mark.parametrize("parts", [[b"x" * 11], [b"x" * 6, b"y" * 6, b"z"]])
async def test_answer_begins_once_the_body_is_read(parts: list[bytes], path: str) -> None:
    exchange = Exchange(*parts, length=sum(map(len, parts)), path=path)
    await exchange.run()
    assert (exchange.bodies, exchange.unread) == ([], 0)


async def test_answer_does_not_wait_for_an_endless_body() -> None:
    exchange = Exchange(*[b"x" * 100_000] * 20, path="/upload")
    await exchange.run()
    assert (exchange.status, exchange.unread) == (204, 9)


async def test_body_that_is_too_long_to_discard_is_refused_at_once() -> None:
    exchange = Exchange(b"x", length=2 * DISCARD_MAX)
    await exchange.run()
    assert (exchange.status, exchange.unread) == (413, 1)
