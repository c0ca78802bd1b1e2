"""A socket ends in time: without a hello, with a full queue, and past its token."""

import asyncio
from datetime import timedelta

import pytest
from starlette.types import Message
from starlette.websockets import WebSocket

from softphone_common.http.auth import Caller
from softphone_notifier.live.handshake_limit import Handshake
from softphone_notifier.live.socket_session import SocketSession, TokenCheck
from support.observations import at
from support.stack.memory_hub import notifier_settings

SETTINGS = notifier_settings(session_frames_max=2)
ANNA = Caller(
    user="anna", tenant="acme", login="anna", role="user", extensions=(), expires_at=at(3600)
)


class Browser:
    """The server's side of a socket whose browser is silent."""

    def __init__(self, seconds: float = 0) -> None:
        self.closed: list[Message] = []
        self._begun = False
        self.socket = WebSocket({"type": "websocket"}, self._receive, self._send)
        self.session = SocketSession(self.socket, ANNA, SETTINGS, lambda: at(seconds))

    async def _receive(self) -> Message:
        if self._begun:
            await asyncio.Event().wait()
        self._begun = True
        return {"type": "websocket.connect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.close":
            self.closed.append(message)


def _no_token(token: str) -> Caller:
    raise AssertionError("no token was sent")


async def _no_watch(session: SocketSession, device: str | None) -> None:
    raise AssertionError("no device was sent")


async def test_socket_without_a_hello_in_time_is_dropped() -> None:
    async with asyncio.timeout(10):
        with pytest.raises(TimeoutError):
            async with Handshake().within(0):
                await asyncio.Event().wait()


async def test_browser_with_a_full_queue_is_closed() -> None:
    session = Browser().session
    for _ in range(SETTINGS.session_frames_max):
        session.send("{}")
    assert not session.is_closing
    session.send("{}")
    assert session.is_closing


async def test_socket_past_its_token_is_closed() -> None:
    browser = Browser(seconds=timedelta(hours=1).total_seconds())
    await browser.socket.accept()
    async with asyncio.timeout(10):
        await browser.session.run(_no_token, _no_watch)
    assert [message["reason"] for message in browser.closed] == ["token-expired"]


async def reason_after(frame: dict[str, str | bytes], check: TokenCheck) -> str:
    """The reason with which a socket is closed after a browser has sent this frame."""
    messages: list[Message] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", **frame},
    ]
    closed: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "websocket.disconnect", "code": 1000}

    async def send(message: Message) -> None:
        if message["type"] == "websocket.close":
            closed.append(message)

    socket = WebSocket({"type": "websocket"}, receive, send)
    await socket.accept()
    async with asyncio.timeout(10):
        await SocketSession(socket, ANNA, SETTINGS, lambda: at(0)).run(check, _no_watch)
    return str(closed[0]["reason"]) if closed else "closed by the browser"


@pytest.mark.parametrize(
    "frame", [{"text": "{"}, {"text": "[]"}, {"bytes": b"{}"}, {"text": "[" * 100_000}]
)
async def test_frame_that_is_no_object_closes_its_socket(frame: dict[str, str | bytes]) -> None:
    assert await reason_after(frame, _no_token) == "frame-invalid"


@pytest.mark.parametrize("other", [{"user": "bela"}, {"tenant": "other"}])
async def test_socket_is_not_renewed_by_another_user(other: dict[str, str]) -> None:
    caller = ANNA.model_copy(update=other)
    reason = await reason_after({"text": '{"type": "token", "token": "t"}'}, lambda _: caller)
    assert reason == "token-of-other-user"
