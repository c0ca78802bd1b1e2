"""The hub over a bus in memory: who gets which frame, and what a reconnect does to browsers."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from starlette.types import Message as AsgiMessage
from starlette.websockets import WebSocket

from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Comment, Role, User
from softphone_common.contracts.events import (
    CallChanged,
    CallMatched,
    CallObserved,
    CommentSaved,
    HitSeen,
    UserChanged,
)
from softphone_common.http.auth import Caller
from softphone_notifier.accounts.users import UserCache
from softphone_notifier.live.hit_subscriptions import HitSubscriptions
from softphone_notifier.live.hub import Hub
from softphone_notifier.live.socket_session import SocketSession
from softphone_notifier.settings import NotifierSettings
from softphone_testing.memory.accounts import MemoryUserStore
from softphone_testing.until import until
from support.bus.buses import memory_bus, running
from support.observations import CALL, at, observed
from support.paths import SAMPLES
from support.wire import sample

NOWHERE = SecretStr("")
SETTINGS = NotifierSettings(
    amqp_url=NOWHERE, mongo_url=NOWHERE, redis_url=NOWHERE, auth_secret=SecretStr("s" * 32)
)
USERS = [
    User(id="anna", tenant="acme", login="anna", extensions=("21",)),
    User(id="bela", tenant="acme", login="bela", extensions=("22",)),
    User(id="otto", tenant="other", login="otto", extensions=("21",)),
]


class Users(MemoryUserStore):
    """A store that always has the users of these tests."""

    async def read_all(self) -> list[dict[str, Any]]:
        return [{"_id": user.id, **user.model_dump(exclude={"id"})} for user in USERS]


class Socket:
    """A browser's websocket: collects what the server sends, and never sends anything itself."""

    def __init__(self, user: str, tenant: str = "acme", role: Role = "user") -> None:
        self.frames: list[dict[str, Any]] = []
        self.closed: list[AsgiMessage] = []
        self._begun = False
        caller = Caller(
            user=user,
            tenant=tenant,
            login=user,
            role=role,
            extensions=(),
            expires_at=at(3600),
        )
        socket = WebSocket({"type": "websocket"}, self._receive, self._send)
        self.session = SocketSession(socket, caller, SETTINGS, lambda: at(0))
        self._socket = socket
        self._running: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await self._socket.accept()
        self._running = asyncio.create_task(self.session.run(_no_token, _no_watch))

    async def close(self) -> None:
        assert self._running is not None
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == kind]

    async def _receive(self) -> AsgiMessage:
        if self._begun:
            await asyncio.Event().wait()
        self._begun = True
        return {"type": "websocket.connect"}

    async def _send(self, message: AsgiMessage) -> None:
        if message["type"] == "websocket.send":
            self.frames.append(json.loads(message["text"]))
        elif message["type"] == "websocket.close":
            self.closed.append(message)


class Live:
    """The hub on its bus, and a bus that publishes for all other services."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.now: datetime = at(0)
        self.bus = memory_bus(self.broker, "notifier")
        self.sender = memory_bus(self.broker, "sender")
        users = UserCache(Users(), self.bus, 60)
        for user in USERS:
            users.apply(user)
        self.hub = Hub(self.bus, users, lambda: self.now, SETTINGS)
        self.hits = HitSubscriptions(self.bus)
        self._sockets: list[Socket] = []

    async def open(self, user: str, tenant: str = "acme", role: Role = "user") -> Socket:
        """A browser that is connected and not welcomed yet."""
        socket = Socket(user, tenant, role)
        self._sockets.append(socket)
        await socket.open()
        return socket

    async def join(self, user: str, tenant: str = "acme", seen: int | None = None) -> Socket:
        """A browser that has its welcome."""
        socket = await self.open(user, tenant)
        await self.hub.join(socket.session, seen)
        await until(lambda: socket.of_type("welcome"), what="the welcome")
        return socket

    async def leave(self, socket: Socket) -> None:
        self.hub.leave(socket.session)
        await socket.close()

    async def close(self) -> None:
        for socket in self._sockets:
            await socket.close()


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    made = Live()
    async with running(made.bus, made.sender):
        yield made
    await made.close()


def ringing(extension: str = "21", tenant: str = "acme", seconds: float = 0) -> CallObserved:
    return CallObserved(tenant=tenant, observation=observed("ringing", seconds, extension))


async def _no_watch(session: SocketSession, device: str | None) -> None:
    raise AssertionError("no device was sent")


def _no_token(token: str) -> Caller:
    raise AssertionError("no token was sent")


async def test_call_reaches_only_the_users_at_its_extension(live: Live) -> None:
    anna, bela = await live.join("anna"), await live.join("bela")
    otto = await live.join("otto", "other")
    await live.sender.publish(ringing("21"))
    await live.sender.publish(ringing("22", tenant="acme", seconds=1))
    await until(lambda: bela.of_type("call") and len(anna.of_type("call")) == 2, what="the call")
    assert [frame["call"]["id"] for frame in anna.of_type("call")] == [CALL, CALL]
    assert len(bela.of_type("call")) == 1
    assert otto.of_type("call") == []


async def test_match_sends_the_call_again(live: Live) -> None:
    anna = await live.join("anna")
    await live.sender.publish(ringing())
    await until(lambda: anna.of_type("call"), what="the call")
    match = CallMatched.model_validate(sample(SAMPLES, CallMatched.type))
    matched = match.model_copy(update={"tenant": "acme", "call_id": CALL})
    await live.sender.publish(matched)
    await until(lambda: len(anna.of_type("call")) == 2, what="the call with its matches")
    bare, found = (frame["call"]["matches"] for frame in anna.of_type("call"))
    assert bare == []
    assert len(found) == len(match.matches)


async def test_comment_and_recycled_call_are_sent(live: Live) -> None:
    anna, bela = await live.join("anna"), await live.join("bela")
    comment = Comment(id=uuid4().hex, call=CALL, text="rings back", author="anna", at=at(0))
    await live.sender.publish(
        CommentSaved(tenant="acme", comment=comment, extensions=("21",)),
        CallChanged(
            tenant="acme",
            call_id=CALL,
            extensions=("21", "22"),
            deleted_at=at(1),
            deleted_by="anna",
        ),
    )
    await until(lambda: anna.of_type("trash") and bela.of_type("trash"), what="the recycled call")
    assert [frame["comment"]["text"] for frame in anna.of_type("comment")] == ["rings back"]
    assert bela.of_type("comment") == []
    assert anna.of_type("trash")[0]["call_id"] == CALL


async def test_returning_browser_gets_the_frames_it_missed(live: Live) -> None:
    anna = await live.join("anna")
    seen = anna.frames[0]["seq"]
    await live.leave(anna)
    await live.sender.publish(ringing())
    bela = await live.join("bela")
    await live.sender.publish(ringing("22", seconds=1))
    await until(lambda: bela.of_type("call"), what="the later call")
    again = await live.join("anna", seen=seen)
    await until(lambda: again.of_type("call"), what="the missed call")
    assert again.of_type("resync") == []


async def test_reconnect_of_the_bus_has_browsers_read_the_log(live: Live) -> None:
    anna = await live.join("anna")
    live.broker.stop()
    await until(lambda: not live.bus.is_connected, what="the lost connection")
    live.broker.start()
    await until(lambda: anna.of_type("resync"), what="the resync")
    await live.sender.publish(ringing())
    await until(lambda: anna.of_type("call"), what="a call after the outage")


async def test_browser_that_joins_in_an_outage_is_served_later(live: Live) -> None:
    live.broker.stop()
    await until(lambda: not live.bus.is_connected, what="the lost connection")
    anna = await live.join("anna")
    live.broker.start()
    await until(lambda: anna.of_type("resync"), what="the resync")
    await live.sender.publish(ringing())
    await until(lambda: anna.of_type("call"), what="a call after the outage")


async def test_revoked_user_is_closed_and_others_stay(live: Live) -> None:
    anna, bela = await live.join("anna"), await live.join("bela")
    revoked = USERS[0].model_copy(update={"version": 2})
    await live.sender.publish(UserChanged(tenant="acme", user=revoked, revoked=True))
    await until(lambda: anna.closed, what="the close")
    assert not bela.session.is_closing


async def test_call_that_is_too_old_is_not_shown(live: Live) -> None:
    anna = await live.join("anna")
    live.now = at(0) + timedelta(seconds=SETTINGS.late_seconds + 1)
    fresh = replace(observed("ringing", 0), call_id="new", at=live.now)
    await live.sender.publish(ringing())
    await live.sender.publish(CallObserved(tenant="acme", observation=fresh))
    await until(lambda: anna.of_type("call"), what="the new call")
    assert [frame["call"]["id"] for frame in anna.of_type("call")] == ["new"]


async def test_hit_reaches_administrators_while_they_watch(live: Live) -> None:
    seen = HitSeen.model_validate(sample(SAMPLES, HitSeen.type))
    device, tenant = seen.hit.device, seen.tenant
    admin = await live.open("anna", tenant, "admin")
    user = await live.open("bela", tenant, "user")
    for socket in (admin, user):
        await live.hits.watch(socket.session, device)
    await live.sender.publish(seen)
    await until(lambda: admin.of_type("hit"), what="the hit")
    await live.hits.watch(admin.session, "another")
    await live.sender.publish(seen)
    await live.hits.watch(admin.session, device)
    await live.sender.publish(seen)
    await until(lambda: len(admin.of_type("hit")) == 2, what="the hit after that")
    await live.hits.remove(admin.session)
    assert user.of_type("hit") == []
