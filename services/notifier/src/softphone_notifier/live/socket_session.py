"""One browser's socket: hello, frames out, renewals and wishes in; the first end ends it all."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from softphone_common.contracts.websocket import CloseCode, Hello, Token, Watch
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_common.process import metrics
from softphone_common.process.clock import Clock
from softphone_notifier.settings import NotifierSettings

Check = Callable[[str], Caller]
Watcher = Callable[["SocketSession", str | None], Awaitable[None]]
"""Is told which device a session wants to watch, or that it no longer does."""


_MINUTE = timedelta(minutes=1)


class _End(Exception):  # noqa: N818 - a reason, not an error
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class SocketSession:
    """A signed-in socket. Frames are text, made once for all who get them."""

    def __init__(
        self, socket: WebSocket, caller: Caller, settings: NotifierSettings, clock: Clock
    ) -> None:
        self.caller = caller
        self._socket = socket
        self._frames: asyncio.Queue[str] = asyncio.Queue(settings.session_frames_max)
        self._heard: deque[datetime] = deque(maxlen=settings.frames_per_minute)
        self._clock = clock
        self._end: asyncio.Future[_End] = asyncio.get_running_loop().create_future()
        self._renewed = asyncio.Event()

    @property
    def user(self) -> str:
        """Whose it is."""
        return self.caller.user

    @property
    def is_cut(self) -> bool:
        """Whether its end is decided."""
        return self._end.done()

    def send(self, frame: str) -> None:
        """Puts a frame in line; a browser too slow to empty its line is cut and will resume."""
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.cut(CloseCode.SLOW, "too slow")

    def cut(self, code: int, reason: str) -> None:
        """Has the socket closed with this code."""
        if not self._end.done():
            self._end.set_result(_End(code, reason))

    async def run(self, check: Check, watcher: Watcher) -> None:
        """Serves the socket until it is cut, expired or left by the browser."""
        tasks = [
            asyncio.create_task(work)
            for work in (
                self._write(),
                self._read(check, watcher),
                self._expire(),
                self._wait_for_cut(),
            )
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, _End):
                await close(self._socket, outcome.code, outcome.reason)
                return

    async def _write(self) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._socket.send_text(await self._frames.get())

    async def _read(self, check: Check, watcher: Watcher) -> None:
        """Takes frames in; those of unknown types are ignored, what is no frame is an error."""
        while True:
            frame = await receive(self._socket)
            self._count()
            if frame.get("type") == "token":
                self._renew(check, frame)
            elif frame.get("type") == "watch":
                await watcher(self, _watched(frame))

    def _count(self) -> None:
        now = self._clock()
        if len(self._heard) == self._heard.maxlen and now - self._heard[0] < _MINUTE:
            raise _End(CloseCode.FLOOD, "too many frames")
        self._heard.append(now)

    def _renew(self, check: Check, frame: dict[str, object]) -> None:
        try:
            caller = check(Token.model_validate(frame).token)
        except (ProblemError, ValidationError) as error:
            raise _End(CloseCode.UNAUTHORIZED, "the token is not valid") from error
        if (caller.user, caller.tenant) != (self.caller.user, self.caller.tenant):
            raise _End(CloseCode.UNAUTHORIZED, "the token is somebody else's")
        self.caller = caller
        self._renewed.set()

    async def _expire(self) -> None:
        while (left := _seconds(self._clock(), self.caller.expires_at)) > 0:
            self._renewed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left):  # wait_for may swallow the end of it all
                    await self._renewed.wait()
        raise _End(CloseCode.EXPIRED, "the token has expired")

    async def _wait_for_cut(self) -> None:
        raise await self._end


async def hello(
    socket: WebSocket, check: Check, seconds: float
) -> tuple[Caller, int | None] | None:
    """Who is there and what was last seen; None after closing the socket with the reason."""
    try:
        async with asyncio.timeout(seconds):
            first = Hello.model_validate(await receive(socket))
        return check(first.token), first.seen
    except TimeoutError:
        await close(socket, CloseCode.UNAUTHORIZED, "no hello in time")
    except ValidationError:
        await close(socket, CloseCode.PROTOCOL, "the first frame must be a hello with a token")
    except ProblemError as error:
        expired = error.code == "token-expired"
        code = CloseCode.EXPIRED if expired else CloseCode.UNAUTHORIZED
        await close(socket, code, error.detail)
    except _End as end:
        await close(socket, end.code, end.reason)
    except WebSocketDisconnect:
        pass
    return None


async def receive(socket: WebSocket) -> dict[str, object]:
    """The next frame. Raises WebSocketDisconnect, or an end with 4004 for what is no object."""
    try:
        frame = await socket.receive_json()
    except (ValueError, KeyError, RecursionError) as error:
        raise _End(CloseCode.PROTOCOL, "frames must be JSON objects in text") from error
    if not isinstance(frame, dict):
        raise _End(CloseCode.PROTOCOL, "frames must be JSON objects in text")
    return frame


def _watched(frame: dict[str, object]) -> str | None:
    try:
        return Watch.model_validate(frame).device
    except ValidationError as error:
        raise _End(CloseCode.PROTOCOL, "a watch must name a device, or null") from error


async def close(socket: WebSocket, code: int, reason: str) -> None:
    """Closes the socket and counts why."""
    metrics.CUT.labels(code).inc()
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code, reason)


def _seconds(now: datetime, then: datetime) -> float:
    return (then - now).total_seconds()
