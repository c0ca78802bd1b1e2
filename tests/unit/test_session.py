"""A browser that does not read is cut and told so; it never holds up anybody else."""

import asyncio
from datetime import UTC, datetime, timedelta

from starlette.types import Message
from starlette.websockets import WebSocket

from softphone_common.http.auth import Caller
from softphone_notifier.session import SLOW, Session

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA = Caller(
    user="anna",
    tenant="acme",
    login="anna",
    role="user",
    extensions=("21",),
    expires_at=NOW + timedelta(hours=1),
)


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


async def unwatched(session: Session, device: str | None) -> None:
    raise AssertionError("no device was named")


async def test_a_browser_that_falls_behind_is_cut() -> None:
    line = Stalled()
    socket = WebSocket({"type": "websocket"}, line.receive, line.send)
    await socket.accept()
    line.stuck.set()
    session = Session(socket, ANNA, frames_max=2, clock=lambda: NOW)
    running = asyncio.create_task(session.run(unchecked, unwatched))
    for frame in ("one", "two", "three", "four"):
        session.send(frame)
    async with asyncio.timeout(5):
        await running
    assert [message["code"] for message in line.closed] == [SLOW]
