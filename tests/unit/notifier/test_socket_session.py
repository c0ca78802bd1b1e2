"""Closes sockets with a code and a reason: slow readers, talkers, failures, tokens."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from starlette.types import Message
from starlette.websockets import WebSocket
from structlog.testing import capture_logs

from softphone_common.contracts.websocket import CLOSE_REASONS, CloseCode
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_notifier.live.socket_session import SocketSession, hello
from support.stack.memory_hub import notifier_settings

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA = Caller(
    user="anna",
    tenant="acme",
    login="anna",
    role="user",
    extensions=("21",),
    expires_at=NOW + timedelta(hours=1),
)
HELLO = '{"type": "hello", "token": "t"}'
SETTINGS = notifier_settings(session_frames_max=2, frames_per_minute=3)


class Chatty:
    """The server's side of a connection whose other end says something again and again."""

    def __init__(self, every: float, text: str = '{"type": "of no interest"}') -> None:
        self.text = text
        self.closed: list[Message] = []
        self.clock = NOW
        self.every = timedelta(seconds=every)
        self.left = 10
        self.begun = False

    def now(self) -> datetime:
        return self.clock

    async def receive(self) -> Message:
        if not self.begun:
            self.begun = True
            return {"type": "websocket.connect"}
        if self.left == 0:
            return {"type": "websocket.disconnect", "code": 1000}
        self.left -= 1
        self.clock += self.every
        return {"type": "websocket.receive", "text": self.text}

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.close":
            self.closed.append(message)


class Stalled:
    """The server's side of a connection whose other end takes nothing more."""

    def __init__(self) -> None:
        self.closed: list[Message] = []
        self.stuck = asyncio.Event()

    async def receive(self) -> Message:
        if not self.stuck.is_set():
            return {"type": "websocket.connect"}
        return await asyncio.Future()

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            self.stuck.set()
            await asyncio.Future()
        if message["type"] == "websocket.close":
            self.closed.append(message)


def unchecked(token: str) -> Caller:
    raise AssertionError("no token was sent")


async def unwatched(session: SocketSession, device: str | None) -> None:
    raise AssertionError("no device was named")


async def test_slow_browser_is_closed() -> None:
    line = Stalled()
    socket = WebSocket({"type": "websocket"}, line.receive, line.send)
    await socket.accept()
    line.stuck.set()
    session = SocketSession(socket, ANNA, SETTINGS, lambda: NOW)
    running = asyncio.create_task(session.run(unchecked, unwatched))
    for frame in ("one", "two", "three", "four"):
        session.send(frame)
    async with asyncio.timeout(60):
        await running
    (closed,) = line.closed
    assert (closed["code"], closed["reason"]) == (CloseCode.SLOW, "reader-too-slow")


@pytest.mark.parametrize(("every", "codes"), [(1.0, [CloseCode.FLOOD]), (30.0, [])])
async def test_browser_with_too_many_frames_is_closed(every: float, codes: list[CloseCode]) -> None:
    line = Chatty(every)
    socket = WebSocket({"type": "websocket"}, line.receive, line.send)
    await socket.accept()
    session = SocketSession(socket, ANNA, SETTINGS, line.now)
    async with asyncio.timeout(60):
        await session.run(unchecked, unwatched)
    assert [message["code"] for message in line.closed] == codes


class Idle:
    """The server's side of a connection whose other end only listens, until it has enough."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        self.enough = asyncio.Event()
        self.begun = False

    async def receive(self) -> Message:
        if not self.begun:
            self.begun = True
            return {"type": "websocket.connect"}
        await self.enough.wait()
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            self.frames.append(message["text"])
        if len(self.frames) == 3:
            self.enough.set()


async def test_idle_socket_gets_a_frame_in_every_interval() -> None:
    line = Idle()
    socket = WebSocket({"type": "websocket"}, line.receive, line.send)
    await socket.accept()
    settings = SETTINGS.model_copy(update={"alive_seconds": 0.01})
    async with asyncio.timeout(60):
        await SocketSession(socket, ANNA, settings, lambda: NOW).run(unchecked, unwatched)
    assert line.frames[:3] == ['{"type":"alive"}'] * 3


async def test_stalled_page_is_not_filled_up_with_alive_frames() -> None:
    line = Stalled()
    socket = WebSocket({"type": "websocket"}, line.receive, line.send)
    await socket.accept()
    line.stuck.set()
    settings = SETTINGS.model_copy(update={"alive_seconds": 0.001})
    session = SocketSession(socket, ANNA, settings, lambda: NOW)
    running = asyncio.create_task(session.run(unchecked, unwatched))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await asyncio.shield(running)
    assert not line.closed
    session.close_with("login-revoked")
    await running


async def test_failing_task_is_logged_and_closes_with_1011() -> None:
    async def failing(session: SocketSession, device: str | None) -> None:
        raise LookupError(f"a bug while watching {device}")

    line = Chatty(30.0, '{"type": "watch", "device": "d1"}')
    socket = WebSocket({"type": "websocket"}, line.receive, line.send)
    await socket.accept()
    session = SocketSession(socket, ANNA, SETTINGS, line.now)
    counted = closed_with(1011)
    with capture_logs() as logged:
        async with asyncio.timeout(60):
            await session.run(unchecked, failing)
    (closed,) = line.closed
    assert (closed["code"], closed["reason"]) == (1011, "internal-error")
    (entry,) = [entry for entry in logged if entry["log_level"] == "error"]
    assert str(entry["exc_info"]) == "a bug while watching d1"
    assert closed_with(1011) == counted + 1


class Failing(Stalled):
    """The server's side of a connection on which sending fails though it is open."""

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            raise RuntimeError("a bug while sending")
        await super().send(message)


async def test_failing_send_is_logged_and_closes_with_1011() -> None:
    line = Failing()
    socket = WebSocket({"type": "websocket"}, line.receive, line.send)
    await socket.accept()
    line.stuck.set()
    session = SocketSession(socket, ANNA, SETTINGS, lambda: NOW)
    session.send("one")
    with capture_logs() as logged:
        async with asyncio.timeout(60):
            await session.run(unchecked, unwatched)
    (closed,) = line.closed
    assert (closed["code"], closed["reason"]) == (1011, "internal-error")
    (entry,) = [entry for entry in logged if entry["log_level"] == "error"]
    assert str(entry["exc_info"]) == "a bug while sending"


def closed_with(code: int) -> float:
    """How many sockets the metric says were closed with this code."""
    return REGISTRY.get_sample_value("softphone_sockets_cut_total", {"code": str(code)}) or 0.0


async def test_cancelled_session_leaves_no_task_behind() -> None:
    line = Stalled()
    socket = WebSocket({"type": "websocket"}, line.receive, line.send)
    await socket.accept()
    line.stuck.set()
    before = asyncio.all_tasks()
    running = asyncio.create_task(
        SocketSession(socket, ANNA, SETTINGS, lambda: NOW).run(unchecked, unwatched)
    )
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


def refuse(code: str) -> Callable[[str], Caller]:
    def check(token: str) -> Caller:
        raise ProblemError(code)

    return check


@pytest.mark.parametrize(
    ("text", "check", "code", "reason"),
    [
        ("[]", unchecked, CloseCode.PROTOCOL, "frame-invalid"),
        ("no JSON", unchecked, CloseCode.PROTOCOL, "frame-invalid"),
        ('{"type": "token"}', unchecked, CloseCode.PROTOCOL, "hello-expected"),
        (HELLO, refuse("token-invalid"), CloseCode.UNAUTHORIZED, "token-invalid"),
        (HELLO, refuse("token-outdated"), CloseCode.UNAUTHORIZED, "token-outdated"),
        (HELLO, refuse("token-expired"), CloseCode.EXPIRED, "token-expired"),
    ],
)
async def test_refused_hello_closes_with_a_reason_code(
    text: str, check: Callable[[str], Caller], code: CloseCode, reason: str
) -> None:
    line = Chatty(1.0, text)
    socket = WebSocket({"type": "websocket"}, line.receive, line.send)
    await socket.accept()
    assert await hello(socket, check, asyncio.timeout(60)) is None
    (closed,) = line.closed
    assert (closed["code"], closed["reason"]) == (code, reason)


def test_reason_fits_into_a_close_frame() -> None:
    assert all(len(reason.encode()) <= 123 for reason in CLOSE_REASONS)
