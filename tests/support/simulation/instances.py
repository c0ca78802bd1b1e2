"""Instances of the services, each in a process of its own, put together as `service.py` does it.

The parts are the product's. Only what they reach over a network is simulated: the broker, MongoDB,
Redis. The spool's files are real ones.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.types import Message as AsgiMessage
from starlette.websockets import WebSocket

from softphone_calllog.calls import MongoCallStore
from softphone_calllog.handlers import CallHandlers
from softphone_calllog.settings import CalllogSettings
from softphone_calllog.sweeper import Sweeper
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.contracts.events import CallMatched, CallObserved
from softphone_common.http.auth import Caller
from softphone_common.stores.rate_limit import KeyRateLimit, Rate, RateLimiter
from softphone_common.stores.token_buckets import LocalTokenBuckets
from softphone_common.stores.users import UserCache
from softphone_ingest.devices.cache import DeviceCache
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.hit_log.recorder import HitLimits, Recorder
from softphone_ingest.hits.pipeline import HitPipeline
from softphone_ingest.hits.tenant_shares import TenantShares
from softphone_ingest.identity.resolver import CallIdResolver
from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.spool.file import SpoolFile
from softphone_ingest.spool.folder import SpoolFolder
from softphone_ingest.spool.line import State
from softphone_ingest.spool.spool import Spool
from softphone_matcher.matching.handlers import MatchHandlers
from softphone_matcher.matching.range_following import RecentNumbers
from softphone_notifier.live.hub import Hub
from softphone_notifier.live.socket_session import SocketSession
from softphone_notifier.settings import NotifierSettings
from softphone_testing.installation_keys import KEYS
from softphone_testing.memory.calls import MemoryCommentStore, MemoryRecordSharings
from support.bus.buses import bus_settings
from support.simulation.loop import PROCESS, Process
from support.simulation.servers import BEGIN, TENANT, TENANT_ID, Servers
from support.store_contracts.call_memory import POLICY

_SETTINGS = {**bus_settings("amqp://memory", publish_seconds=5).model_dump(), **KEYS}
_PRESETS = load_all()
_SEAL = Seal(KEYS["sealing_keys"])


class Instance:
    """One process of a service. `clock_skew` is what its clock is wrong by, in seconds."""

    service = ""

    def __init__(self, servers: Servers, number: int) -> None:
        self.servers = servers
        self.process = Process(f"{self.service}-{number}")
        self.killed: asyncio.Future[None] = servers.loop.create_future()
        self.is_ready = False
        self.clock_skew = 0.0
        self.bus: Bus
        self._context = copy_context()
        self._context.run(PROCESS.set, self.process)
        self._starting = self.run(self._start())

    def run(self, work: Any) -> asyncio.Task[Any]:
        """Runs a coroutine in this process."""
        return self.servers.loop.create_task(work, context=self._context.copy())

    def kill(self) -> None:
        """Ends the process at once, as `kill -9` does: no `finally`, no goodbye."""
        self.process.is_alive = False
        self.servers.broker.disconnect(self.process)
        if not self.killed.done():
            self.killed.set_result(None)

    def clock(self) -> datetime:
        """The clock of the machine of this process."""
        seconds = self.servers.loop.time() + self.clock_skew
        return BEGIN + timedelta(milliseconds=round(seconds * 1000))

    def new_bus(self) -> Bus:
        """A bus of this process."""
        settings = CalllogSettings(**_SETTINGS)
        return Bus(settings, self.service, connect=self.servers.broker.connect)

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits in this process."""
        return self.is_ready and self.bus.is_connected

    def failures(self) -> list[str]:
        """Background tasks that ended although nobody stopped them."""
        tasks = [self.bus.task, *self.tasks()]
        return [
            f"{self.process.name}: {t.running}" for t in tasks if t.running and t.running.done()
        ]

    def tasks(self) -> list[Any]:
        """Further background tasks of this process."""
        return []

    async def stop(self) -> None:
        """Stops as after SIGTERM."""
        await self.bus.stop()

    async def _start(self) -> None:
        raise NotImplementedError


class CalllogInstance(Instance):
    """calllog without its HTTP routes."""

    service = "calllog"

    async def _start(self) -> None:
        self.bus = self.new_bus()
        settings = CalllogSettings(**_SETTINGS, clean_up_batch=2)
        calls = MongoCallStore({"calls": self.servers.calls})  # type: ignore[arg-type]
        security = SecurityLog(self.bus, self.clock, settings)
        handlers = CallHandlers(
            calls,
            MemoryCommentStore(),
            MemoryRecordSharings(),
            Sweeper(calls, settings),
            security,
            self.bus,
            self.clock,
        )
        batches = BatchPolicy(settings.batch_size, settings.batch_ms / 1000)
        self.bus.consume("calllog.call", (CallObserved, CallMatched), handlers.on_calls, batches)
        self.bus.consume("calllog.clean-up", CleanUpRequested, handlers.on_clean_up_requested)
        await self.bus.start()
        self.is_ready = True


class MatcherInstance(Instance):
    """matcher without its HTTP routes."""

    service = "matcher"

    async def _start(self) -> None:
        self.bus = self.new_bus()
        handlers = MatchHandlers(self.servers.directory, RecentNumbers(), self.bus, self.clock)
        policy = BatchPolicy(50, batch_seconds=0)
        self.bus.consume("matcher.call", CallObserved, handlers.on_call_observed, policy)
        await self.bus.start()
        self.is_ready = True


class TrackedFolder(SpoolFolder):
    """Knows the open files of its process, since a kernel closes them when the process dies."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, 1_048_576)
        self.open: list[SpoolFile] = []

    def take_own(self) -> SpoolFile:
        file = super().take_own()
        self.open.append(file)
        return file

    def take(self, path: Path) -> SpoolFile | None:
        file = super().take(path)
        if file is not None:
            self.open.append(file)
        return file

    def close(self) -> None:
        for file in self.open:
            with suppress(sqlite3.ProgrammingError):  # its process has closed it
                file._db.execute("SELECT 1")
                file.close()


class IngestInstance(Instance):
    """ingest from the parsed request on."""

    service = "ingest"

    def __init__(self, servers: Servers, number: int) -> None:
        self.folder = TrackedFolder(servers.folder)
        super().__init__(servers, number)

    async def publish(self, *messages: CallObserved) -> None:
        """Publishes through the spool, and notes what was acknowledged."""
        await self.spool.publish(*messages)
        self.servers.acknowledged.extend(messages)

    async def _start(self) -> None:
        servers = self.servers
        self.bus = self.new_bus()
        self.devices = DeviceCache(servers.devices, self.bus, 30)
        self.spool = Spool(self.bus, self.clock, self.folder, 1)
        limits = HitLimits(100, 1_048_576, device_max=100, device_bytes=1_048_576)
        self.recorder = Recorder(servers.hits, self.bus, timedelta(days=7), limits)
        limiter = RateLimiter(LocalTokenBuckets(100), self.clock, bus_settings("amqp://memory"))
        rates = KeyRateLimit(limiter, Rate("hits", 1000, 60), Rate("wrong-keys", 1000, 60))
        self.pipeline = HitPipeline(
            self.devices,
            lambda _: TENANT,
            DeviceConfigs(_PRESETS).of,
            rates,
            TenantShares(limiter, Rate("tenant-hits", 1000, 60), at_once=2, waiting_max=100),
            CallIdResolver(servers.call_memory, POLICY),
            self,
            self.recorder,
            _SEAL,
            self.clock,
        )
        await self.devices.start()
        await self.bus.start()
        await self.spool.start()
        await self.recorder.start()
        self.is_ready = True

    @property
    def is_settled(self) -> bool:
        return super().is_settled and self.spool.state is State.DIRECT

    def tasks(self) -> list[Any]:
        return [self.devices.task, self.spool.task, self.recorder.task]

    def kill(self) -> None:
        super().kill()
        self.folder.close()

    async def stop(self) -> None:
        await self.recorder.stop()
        await self.spool.stop()
        await self.bus.stop()
        await self.devices.stop()


class NotifierInstance(Instance):
    """notifier's hub and its sockets."""

    service = "notifier"

    async def _start(self) -> None:
        self.settings = NotifierSettings(**_SETTINGS)
        self.bus = self.new_bus()
        self.users = UserCache(self.servers, self.bus, 60)
        self.hub = Hub(self.bus, self.users, self.users.token_refusal, self.clock, self.settings)
        await self.users.start()
        await self.bus.start()
        await self.hub.start()
        while not self.users.loaded:  # until then `/readyz` is 503, and no browser comes here
            await asyncio.sleep(0.1)
        self.is_ready = True

    def tasks(self) -> list[Any]:
        return [self.users.task, self.hub.task]

    async def stop(self) -> None:
        await self.hub.stop()
        await self.bus.stop()
        await self.users.stop()

    async def serve(
        self, user: str, seen: int | None, on_frame: Callable[[dict[str, Any]], None]
    ) -> None:
        """Serves one socket, as `WebsocketRoute.serve` does after the hello."""
        messages: list[AsgiMessage] = [{"type": "websocket.connect"}]

        async def receive() -> AsgiMessage:
            if not messages:
                await self.servers.loop.create_future()
            return messages.pop()

        async def send(message: AsgiMessage) -> None:
            await self.servers.faults.delay()
            if message["type"] == "websocket.send":
                on_frame(json.loads(message["text"]))

        socket = WebSocket({"type": "websocket"}, receive, send)
        await socket.accept()
        caller = Caller(
            user=user,
            tenant=TENANT_ID,
            login=user,
            role="user",
            extensions=(),
            expires_at=self.clock() + timedelta(days=1),
            version=1,
        )
        session = SocketSession(socket, caller, self.settings, self.clock)
        try:
            await self.hub.join(session, seen)
            await session.run(_no_token, _no_watch)
        finally:
            self.hub.leave(session)


def _no_token(token: str) -> Caller:
    raise AssertionError("browsers of a simulation renew no token")


async def _no_watch(session: SocketSession, device: str | None) -> None:
    raise AssertionError("browsers of a simulation watch no device")


KINDS: dict[str, type[Instance]] = {
    kind.service: kind
    for kind in (CalllogInstance, MatcherInstance, IngestInstance, NotifierInstance)
}
