"""The page's side of the websocket: signs in, and keeps every frame it receives."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from softphone_testing.until import until
from support.product import Json
from support.tenant.call import Call


class Browser:
    """An open websocket and the frames it has received."""

    def __init__(
        self, socket: ClientConnection, on_frame: Callable[[Json], None] | None = None
    ) -> None:
        self._socket = socket
        self._on_frame = on_frame
        self.frames: list[Json] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in self._socket:
                self.frames.append(json.loads(text))
                if self._on_frame is not None:
                    self._on_frame(self.frames[-1])

    async def send(self, frame: Json | str | bytes) -> None:
        """Sends a frame as JSON; text and bytes are sent as they are."""
        await self._socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def say_hello(self, token: str, seen: int | None = None) -> None:
        """Signs in; `seen` is the number of the last frame of an earlier connection."""
        await self.send({"type": "hello", "token": token, "seen": seen})

    def freeze(self) -> None:
        """Stops reading and answering, as a browser whose process was stopped."""
        self._socket.transport.pause_reading()

    def thaw(self) -> None:
        """Reads on, with all that arrived meanwhile."""
        self._socket.transport.resume_reading()

    def abort(self) -> None:
        """Gives the connection up without a word to the server."""
        self._socket.transport.abort()

    async def close(self) -> None:
        await self._socket.close()
        await self._reading

    async def until_closed(self) -> None:
        """Returns when the server has closed the socket; raises what a frame's handler raised."""
        await self._reading

    def of_type(self, kind: str) -> list[Json]:
        return [frame for frame in self.frames if frame["type"] == kind]

    def calls(self) -> list[Json]:
        """The call of every call frame, in the order of the frames."""
        return [frame["call"] for frame in self.of_type("call")]

    def popups(self, call: Call) -> list[Json]:
        """Every state of this call that was received, in order."""
        return [state for state in self.calls() if state["id"] == call.call_id]

    @property
    def is_closed(self) -> bool:
        return self._reading.done()

    @property
    def closed_with(self) -> int | None:
        """The close code, as soon as the socket is closed."""
        return self._socket.close_code if self.is_closed else None

    @property
    def extensions(self) -> list[str]:
        """The websocket extensions that the server has agreed to."""
        return [extension.name for extension in self._socket.protocol.extensions]

    @property
    def last_seq(self) -> int:
        """The highest sequence number among the frames."""
        last: int = max(frame["seq"] for frame in self.frames if "seq" in frame)
        return last

    async def expect(self, kind: str, count: int = 1) -> list[Json]:
        """Waits for this many frames of a type, and returns all of that type."""
        return await until(
            lambda: self.of_type(kind) if len(self.of_type(kind)) >= count else None,
            what=f"{kind} frames",
        )

    async def expect_call(self, call: str) -> Json:
        """Waits for a frame about the call with this id, and returns the call's latest state."""
        return await until(
            lambda: next((c for c in reversed(self.calls()) if c["id"] == call), None),
            what=f"a frame about {call}",
        )

    async def pops_up(self, call: Call, matches: Sequence[str] = ()) -> None:
        """Waits until a frame shows the call with exactly these records."""

        def is_shown() -> bool:
            return any([m["record"] for m in c["matches"]] == [*matches] for c in self.popups(call))

        await until(is_shown, what=f"a popup with {len(matches)} matches")
        assert {popup["remote"]["raw"] for popup in self.popups(call)} == {call.number}

    async def close_code(self, within: float = 60) -> int:
        """Waits until the server closes the socket, and returns its close code."""
        async with asyncio.timeout(within):
            await self._reading
            await self._socket.wait_closed()
        code = self._socket.close_code
        assert code is not None
        return code


@asynccontextmanager
async def open_socket(
    url: str,
    headers: dict[str, str] | None = None,
    *,
    origin: str | None = None,
    on_frame: Callable[[Json], None] | None = None,
    within: float = 10,
) -> AsyncIterator[Browser]:
    """A websocket of the notifier behind this address, on which nothing was sent yet."""
    headers = (headers or {}) | ({} if origin is None else {"Origin": origin})
    async with connect(
        f"{url.replace('http', 'ws', 1)}/ws",
        additional_headers=headers,
        proxy=None,
        open_timeout=within,
    ) as socket:
        browser = Browser(socket, on_frame)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def signed_in(
    url: str, token: str, seen: int | None = None, *, origin: str | None = None
) -> AsyncIterator[Browser]:
    """A websocket whose hello was answered with a welcome, before any other frame."""
    async with open_socket(url, origin=origin) as browser:
        await browser.say_hello(token, seen)
        await until(lambda: browser.frames, what="the welcome")
        assert browser.frames[0]["type"] == "welcome"
        yield browser
