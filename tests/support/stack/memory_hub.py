"""The hub over a bus in memory, and browsers whose sockets need no server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from pydantic import SecretStr
from starlette.types import Message as AsgiMessage
from starlette.websockets import WebSocket

from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Role, User
from softphone_common.http.auth import Caller, Tokens
from softphone_common.process.ed25519 import decode_public_keys
from softphone_common.stores.revoked_tokens import RevokedTokens
from softphone_common.stores.users import UserCache
from softphone_notifier.live.hit_subscriptions import HitSubscriptions
from softphone_notifier.live.hub import Hub
from softphone_notifier.live.socket_session import SocketSession
from softphone_notifier.settings import NotifierSettings
from softphone_testing.installation_keys import KEYS
from softphone_testing.memory.accounts import MemorySessionStore, MemoryUserStore
from softphone_testing.until import until
from support.bus.buses import memory_bus, running
from support.observations import at
from support.security_log import RecordedSecurityLog


def notifier_settings(**more: Any) -> NotifierSettings:
    """Settings of a notifier that reaches no server."""
    nowhere = SecretStr("")
    return NotifierSettings(amqp_url=nowhere, mongo_url=nowhere, redis_url=nowhere, **KEYS, **more)


SETTINGS = notifier_settings(sockets_user_max=2, sockets_tenant_max=4)
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

    def __init__(
        self, user: str, tenant: str = "acme", role: Role = "user", session: str = ""
    ) -> None:
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
            version=1,
            session=session,
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
        self.users = UserCache(Users(), self.bus, 60)
        for user in USERS:
            self.users.apply(user)
        self.revoked = RevokedTokens(MemorySessionStore(), self.bus, SETTINGS)
        self.revoked.loaded = True
        refusals = [self.users.token_refusal, self.revoked.refusal]
        refusal = Tokens(decode_public_keys(SETTINGS.token_public_keys), refusals=refusals).refusal
        self.hub = Hub(self.bus, self.users, refusal, lambda: self.now, SETTINGS)
        self.security = RecordedSecurityLog(lambda: self.now)
        self.hits = HitSubscriptions(self.bus, self.security)
        self._sockets: list[Socket] = []

    async def open(
        self, user: str, tenant: str = "acme", role: Role = "user", session: str = ""
    ) -> Socket:
        """A browser that is connected and not welcomed yet."""
        socket = Socket(user, tenant, role, session)
        self._sockets.append(socket)
        await socket.open()
        return socket

    async def join(
        self,
        user: str,
        tenant: str = "acme",
        seen: int | None = None,
        role: Role = "user",
        session: str = "",
    ) -> Socket:
        """A browser that has its welcome."""
        socket = await self.open(user, tenant, role, session)
        await self.hub.join(socket.session, seen)
        await until(lambda: socket.of_type("welcome"), what="the welcome")
        return socket

    async def leave(self, socket: Socket) -> None:
        self.hub.leave(socket.session)
        await socket.close()

    async def close(self) -> None:
        for socket in self._sockets:
            await socket.close()


@asynccontextmanager
async def live_hub() -> AsyncIterator[Live]:
    """A hub that is connected; its browsers are closed at the end."""
    live = Live()
    async with running(live.bus, live.sender):
        yield live
    await live.close()


async def _no_watch(session: SocketSession, device: str | None) -> None:
    raise AssertionError("no device was sent")


def _no_token(token: str) -> Caller:
    raise AssertionError("no token was sent")
