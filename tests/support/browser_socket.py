"""A browser's side of the websocket in tests: says hello, keeps every frame, knows its end."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from softphone_testing.until import until

Json = dict[str, Any]


class BrowserSocket:
    """An open socket and all it has heard."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.frames: list[Json] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in self._socket:
                self.frames.append(json.loads(text))

    async def say(self, frame: Json | str | bytes) -> None:
        """Sends a frame, or a text or bytes as they are."""
        await self._socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def close(self) -> None:
        """Leaves."""
        await self._socket.close()
        await self._reading

    def of(self, kind: str) -> list[Json]:
        """The frames of this type so far."""
        return [frame for frame in self.frames if frame["type"] == kind]

    def calls(self) -> list[Json]:
        """The calls told of so far, the latest state last."""
        return [frame["call"] for frame in self.of("call")]

    @property
    def ended(self) -> bool:
        """Whether it was closed."""
        return self._reading.done()

    @property
    def extensions(self) -> list[str]:
        """What the server agreed to do with frames."""
        return [extension.name for extension in self._socket.protocol.extensions]

    @property
    def seen(self) -> int:
        """The last sequence number."""
        last: int = max(frame["seq"] for frame in self.frames if "seq" in frame)
        return last

    async def hears(self, kind: str, count: int = 1) -> list[Json]:
        """So many frames of this type, as soon as they are there."""
        return await until(
            lambda: self.of(kind) if len(self.of(kind)) >= count else None, what=f"{kind} frames"
        )

    async def hears_of(self, call: str) -> Json:
        """The last state of this call, as soon as there is one."""
        return await until(
            lambda: next((c for c in reversed(self.calls()) if c["id"] == call), None),
            what=f"a frame about {call}",
        )

    async def end(self, within: float = 60) -> int:
        """The code the server closes it with."""
        async with asyncio.timeout(within):
            await self._reading
            await self._socket.wait_closed()
        code = self._socket.close_code
        assert code is not None
        return code


@asynccontextmanager
async def opened(
    url: str, more: dict[str, str] | None = None, *, origin: str | None = None
) -> AsyncIterator[BrowserSocket]:
    """A socket to this installation on which nothing was said yet, opened with more headers."""
    headers = (more or {}) | ({} if origin is None else {"Origin": origin})
    async with connect(
        f"{url.replace('http', 'ws', 1)}/ws", additional_headers=headers, proxy=None
    ) as socket:
        browser = BrowserSocket(socket)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def signed_in(
    url: str, token: str, seen: int | None = None, *, origin: str | None = None
) -> AsyncIterator[BrowserSocket]:
    """A socket that was welcomed."""
    async with opened(url, origin=origin) as browser:
        await browser.say({"type": "hello", "token": token, "seen": seen})
        await browser.hears("welcome")
        yield browser
