"""A browser that does not read is cut and told so; it never holds up anybody else."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from starlette.types import Message
from starlette.websockets import WebSocket

from softphone_common.contracts.websocket import CloseCode
from softphone_common.http.auth import Caller
from softphone_notifier.live.socket_session import SocketSession
from softphone_notifier.settings import NotifierSettings

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA = Caller(
    user="anna",
    tenant="acme",
    login="anna",
    role="user",
    extensions=("21",),
    expires_at=NOW + timedelta(hours=1),
)
NOWHERE = SecretStr("")
SETTINGS = NotifierSettings(
    amqp_url=NOWHERE,
    mongo_url=NOWHERE,
    redis_url=NOWHERE,
    auth_secret=SecretStr("s" * 32),
    session_frames_max=2,
    frames_per_minute=3,
)


class Chatty:
    """The server's side of a connection whose other end says something again and again."""

    def __init__(self, every: float) -> None:
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
        return {"type": "websocket.receive", "text": '{"type": "of no interest"}'}

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


async def test_a_browser_that_falls_behind_is_cut() -> None:
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
    assert [message["code"] for message in line.closed] == [CloseCode.SLOW]


@pytest.mark.parametrize(("every", "codes"), [(1.0, [CloseCode.FLOOD]), (30.0, [])])
async def test_a_browser_that_says_too_much_is_cut(every: float, codes: list[CloseCode]) -> None:
    line = Chatty(every)
    socket = WebSocket({"type": "websocket"}, line.receive, line.send)
    await socket.accept()
    session = SocketSession(socket, ANNA, SETTINGS, line.now)
    async with asyncio.timeout(60):
        await session.run(unchecked, unwatched)
    assert [message["code"] for message in line.closed] == codes
