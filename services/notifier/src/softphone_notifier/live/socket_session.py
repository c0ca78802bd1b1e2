"""Serves the websocket of one browser from its hello to the close frame."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime, timedelta

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from starlette.websockets import WebSocketState

from softphone_common.contracts.websocket import CLOSE_REASONS, Alive, Hello, Token, Watch
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_notifier import metrics
from softphone_notifier.settings import NotifierSettings

TokenCheck = Callable[[str], Caller]
"""Returns the user of a token. Raises ProblemError 401 with a code of CLOSE_REASONS."""

OnWatch = Callable[["SocketSession", str | None], Awaitable[None]]
"""Is called with the device a session wants to watch, or None when it stops."""

_ALIVE = Alive().model_dump_json()
_MINUTE = timedelta(minutes=1)


class _Close(Exception):  # noqa: N818 - ends a task of the session, but is no error
    """The decision to close the socket with a reason of CLOSE_REASONS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SocketSession:
    """The socket of a user whose token was accepted.

    Frames are sent as text, so that the hub serialises a frame once for all its recipients.
    """

    def __init__(
        self, socket: WebSocket, caller: Caller, settings: NotifierSettings, clock: Clock
    ) -> None:
        self.caller = caller
        self._socket = socket
        self._frames: asyncio.Queue[str] = asyncio.Queue(settings.session_frames_max)
        self._received_at: deque[datetime] = deque(maxlen=settings.frames_per_minute)
        self._alive_seconds = settings.alive_seconds
        self._clock = clock
        self._closing: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._renewed = asyncio.Event()

    @property
    def user(self) -> str:
        """The id of the signed-in user."""
        return self.caller.user

    @property
    def is_closing(self) -> bool:
        """Whether `close_with` was called."""
        return self._closing.done()

    def send(self, frame: str) -> None:
        """Queues a frame. A browser that lets its queue fill up is closed and will resume."""
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.close_with("reader-too-slow")

    def close_with(self, reason: str) -> None:
        """Has the socket closed with this reason; the first reason counts."""
        if not self._closing.done():
            self._closing.set_result(reason)

    async def run(self, check: TokenCheck, on_watch: OnWatch) -> None:
        """Serves the socket until it is closed by either side or its token expires.

        An unexpected exception in one of the tasks is logged and closes the socket with 1011.
        """
        tasks = [
            asyncio.create_task(work)
            for work in (
                self._write(),
                self._keep_alive(),
                self._read(check, on_watch),
                self._expire(),
                self._wait_for_close(),
            )
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        reason = self._reason_of(await asyncio.gather(*tasks, return_exceptions=True))
        if reason is not None:
            await close_with(self._socket, reason)

    def _reason_of(self, outcomes: Iterable[BaseException | None]) -> str | None:
        """The reason to close with; None after the browser closed the socket itself."""
        reason = None
        for outcome in outcomes:
            if isinstance(outcome, _Close):
                reason = reason or outcome.reason
            elif isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
                log.error("socket failed", exc_info=outcome, user=self.user)
                reason = "internal-error"
        return reason

    async def _write(self) -> None:
        try:
            while True:
                await self._socket.send_text(await self._frames.get())
        except WebSocketDisconnect:
            return
        except RuntimeError:
            # Starlette and uvicorn raise it for a send after the close, which is no failure
            if self._is_connected():
                raise

    def _is_connected(self) -> bool:
        states = self._socket.client_state, self._socket.application_state
        return states == (WebSocketState.CONNECTED, WebSocketState.CONNECTED)

    async def _keep_alive(self) -> None:
        """Sends a frame in every interval. A page can't see pings, which the browser answers."""
        while True:
            await asyncio.sleep(self._alive_seconds)
            if self._frames.empty():  # frames that wait prove as much, and their queue is limited
                self.send(_ALIVE)

    async def _read(self, check: TokenCheck, on_watch: OnWatch) -> None:
        """Handles frames. An unknown type is ignored, so that newer pages work with old servers."""
        while True:
            frame = await receive(self._socket)
            self._count_frame()
            if frame.get("type") == "token":
                self._renew(check, frame)
            elif frame.get("type") == "watch":
                await on_watch(self, _watched_device(frame))

    def _count_frame(self) -> None:
        now = self._clock()
        full = len(self._received_at) == self._received_at.maxlen
        if full and now - self._received_at[0] < _MINUTE:
            raise _Close("frames-too-many")
        self._received_at.append(now)

    def _renew(self, check: TokenCheck, frame: dict[str, object]) -> None:
        try:
            caller = check(Token.model_validate(frame).token)
        except ValidationError as error:
            raise _Close("token-invalid") from error
        except ProblemError as error:
            raise _Close(error.code) from error
        if (caller.user, caller.tenant) != (self.caller.user, self.caller.tenant):
            raise _Close("token-of-other-user")
        self.caller = caller
        self._renewed.set()

    async def _expire(self) -> None:
        while (left := (self.caller.expires_at - self._clock()).total_seconds()) > 0:
            self._renewed.clear()
            with suppress(TimeoutError):
                # not wait_for: before Python 3.12 it may swallow a cancellation that comes
                # together with the result (python/cpython#86296)
                async with asyncio.timeout(left):
                    await self._renewed.wait()
        raise _Close("token-expired")

    async def _wait_for_close(self) -> None:
        raise _Close(await self._closing)


async def hello(
    socket: WebSocket, check: TokenCheck, deadline: AbstractAsyncContextManager[object]
) -> tuple[Caller, int | None] | None:
    """The user of the first frame and the last `seq` they saw.

    None after the socket was closed, by the browser or with the reason it was refused for.
    """
    try:
        async with deadline:
            frame = Hello.model_validate(await receive(socket))
        return check(frame.token), frame.seen
    except TimeoutError:
        await close_with(socket, "hello-timeout")
    except ValidationError:
        await close_with(socket, "hello-expected")
    except ProblemError as error:
        await close_with(socket, error.code)
    except UnavailableError:
        await close_with(socket, "resource-unavailable")
    except _Close as closing:
        await close_with(socket, closing.reason)
    except WebSocketDisconnect:
        pass
    return None


async def receive(socket: WebSocket) -> dict[str, object]:
    """The next frame. Raises WebSocketDisconnect, or closes with 4004 if it is no JSON object."""
    if socket.application_state is WebSocketState.DISCONNECTED:  # a send failed meanwhile
        raise WebSocketDisconnect(1006)
    try:
        frame = await socket.receive_json()
    except (ValueError, KeyError, RecursionError) as error:  # KeyError: a binary message
        raise _Close("frame-invalid") from error
    if not isinstance(frame, dict):
        raise _Close("frame-invalid")
    return frame


def _watched_device(frame: dict[str, object]) -> str | None:
    try:
        return Watch.model_validate(frame).device
    except ValidationError as error:
        raise _Close("watch-invalid") from error


async def close_with(socket: WebSocket, reason: str) -> None:
    """Closes the socket with a reason of CLOSE_REASONS and counts the close code."""
    code, _ = CLOSE_REASONS[reason]
    metrics.CUT.labels(code).inc()
    with suppress(RuntimeError, WebSocketDisconnect):  # the browser was faster
        await socket.close(code, reason)
