"""Who is told what: takes in what the bus says and puts frames in line for the right sockets."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import (
    CallChanged,
    CallMatched,
    CallObserved,
    CommentSaved,
    Message,
    UserChanged,
)
from softphone_common.contracts.websocket import (
    CallFrame,
    CallJson,
    CloseCode,
    CommentFrame,
    Resync,
    SequencedFrame,
    TrashFrame,
    Welcome,
)
from softphone_common.domain.audience import audience
from softphone_common.process import metrics
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_notifier.accounts.users import UserCache
from softphone_notifier.live.room import Room
from softphone_notifier.live.socket_session import SocketSession
from softphone_notifier.settings import NotifierSettings

HEARD: tuple[type[Message], ...] = (CallObserved, CallMatched, CallChanged, CommentSaved)


class Hub:
    """The rooms of all tenants with a browser connected. A resource of `service.run`."""

    name = "sockets"
    essential = True

    def __init__(
        self, bus: Bus, users: UserCache, clock: Clock, settings: NotifierSettings
    ) -> None:
        self._bus = bus
        self._users = users
        self._clock = clock
        self._settings = settings
        self._late = timedelta(seconds=settings.late_seconds)
        self._rooms: dict[str, Room] = {}
        self._sessions: dict[str, dict[SocketSession, bool]] = {}
        """Of each tenant, and whether it was welcomed: before that it gets no frames."""
        self._empty_since: dict[str, datetime] = {}
        self._doors: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Whoever has a tenant's opens or closes its room, and nobody else meanwhile."""
        self.task: asyncio.Task[None] | None = None
        bus.listen(self._on_message, HEARD, self._on_gap, tenant="")
        bus.listen(self._on_user_changed, [UserChanged], lambda: None)

    async def start(self) -> None:
        """Begins to tidy up now and then."""
        self.task = asyncio.create_task(self._tidy(), name="hub")

    async def ping(self) -> None:
        """It has no server of its own."""

    async def stop(self) -> None:
        """Tidies no more; the sockets were closed with the HTTP server."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def join(self, session: SocketSession, seen: int | None) -> None:
        """Welcomes a browser, then sends what it missed since `seen`, or a resync.

        It is one of the tenant's from the beginning, so that whoever is put out while the room is
        being opened is not welcomed.
        """
        tenant = session.caller.tenant
        if not self._room_for(session):
            session.cut(CloseCode.CROWDED, "the tenant has too many sockets")
            return
        self._sessions.setdefault(tenant, {})[session] = False
        self._empty_since.pop(tenant, None)
        metrics.SOCKETS.inc()
        room = await self._open_room(tenant)
        if not session.is_cut:
            self._welcome(session, room, seen)

    async def _open_room(self, tenant: str) -> Room:
        """The tenant's room, as soon as it is listened for: for all who wait at its door."""
        async with self._doors[tenant]:
            if tenant not in self._rooms:
                s = self._settings
                self._rooms[tenant] = Room(self._clock(), s.calls_max, s.replay_max)
                with suppress(UnavailableError):  # bound as soon as the broker is back
                    await self._bus.bind(tenant, HEARD)
            return self._rooms[tenant]

    def _welcome(self, session: SocketSession, room: Room, seen: int | None) -> None:
        tenant = session.caller.tenant
        self._sessions[tenant][session] = True
        missed = None if seen is None else room.since(seen, session.user)
        if missed and len(missed) >= self._settings.session_frames_max:
            missed = None  # its line does not hold that many
        mine = tuple(c for c in room.running() if session.user in self._audience(tenant, c))
        if missed and seen is not None:
            seq = seen  # it has no more yet, and asks again if it loses the connection before
        else:
            seq = room.next_seq(self._clock())
            room.mark(seq)
        session.send(Welcome(seq=seq, calls=mine).model_dump_json())
        if seen is not None and missed is None:
            session.send(Resync().model_dump_json())
        for frame in missed or ():
            session.send(frame)

    def release_server(self, session: SocketSession) -> None:
        """A browser is gone; its tenant is heard for a while longer, in case it comes back."""
        tenant = session.caller.tenant
        there = self._sessions.get(tenant, {})
        if session not in there:  # there was no place for it
            return
        del there[session]
        metrics.SOCKETS.dec()
        if not there:
            self._empty_since[tenant] = self._clock()

    def _room_for(self, session: SocketSession) -> bool:
        """Whether its tenant may have one more; of too many of its user the oldest is cut."""
        there = self._sessions.get(session.caller.tenant, {})
        mine = [other for other in there if other.user == session.user]
        for old in mine[: max(0, len(mine) + 1 - self._settings.sockets_user_max)]:
            old.cut(CloseCode.CROWDED, "the user has too many sockets")
        return len(there) < self._settings.sockets_tenant_max

    async def _on_message(self, message: Message) -> None:
        room = self._rooms.get(message.tenant)
        if room is None:
            return
        seq_time = self._clock()
        if isinstance(message, CallObserved):
            late = seq_time - message.observation.at > self._late
            call = None if late and not room.knows(message) else room.observe(message)
            if call is not None:
                self._show(message.tenant, room, call, seq_time)
                metrics.POP_DELAY.observe((seq_time - message.observation.at).total_seconds())
        elif isinstance(message, CallMatched):
            call = room.match(message)
            if call is not None:
                self._show(message.tenant, room, call, seq_time)
        elif isinstance(message, CommentSaved):
            saved = CommentFrame(seq=room.next_seq(seq_time), comment=message.comment)
            self._tell(message.tenant, room, saved, self._at(message.tenant, message.extensions))
        elif isinstance(message, CallChanged):
            trash = TrashFrame(
                seq=room.next_seq(seq_time),
                call_id=message.call_id,
                deleted_at=message.deleted_at,
                deleted_by=message.deleted_by,
            )
            self._tell(message.tenant, room, trash, self._at(message.tenant, message.extensions))

    async def _on_user_changed(self, message: Message) -> None:
        assert isinstance(message, UserChanged)
        if not message.revoked and message.user.active:
            return
        for session in list(self._sessions.get(message.tenant, ())):
            if session.user == message.user.id:
                session.cut(CloseCode.REVOKED, "the sign-in was revoked")

    def _on_gap(self) -> None:
        """The broker was away: browsers read the log for what was not heard meanwhile."""
        resync = Resync().model_dump_json()
        for room in self._rooms.values():
            room.forget_recent()
        for tenant in self._sessions:
            for session in self._welcomed(tenant):
                session.send(resync)

    def _show(self, tenant: str, room: Room, call: CallJson, now: datetime) -> None:
        frame = CallFrame(seq=room.next_seq(now), call=call)
        self._tell(tenant, room, frame, self._audience(tenant, call))

    def _tell(self, tenant: str, room: Room, frame: SequencedFrame, users: frozenset[str]) -> None:
        text = frame.model_dump_json()
        room.remember(frame, users, text)
        for session in self._welcomed(tenant):
            if session.user in users:
                session.send(text)
                metrics.FRAMES.labels(frame.type).inc()

    def _audience(self, tenant: str, call: CallJson) -> frozenset[str]:
        return self._at(tenant, (leg.extension for leg in call.legs))

    def _at(self, tenant: str, extensions: Iterable[str]) -> frozenset[str]:
        return audience(extensions, self._users.at(tenant))

    def _welcomed(self, tenant: str) -> list[SocketSession]:
        return [session for session, is_in in self._sessions.get(tenant, {}).items() if is_in]

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(5)
            now = self._clock()
            for room in self._rooms.values():
                room.prune(now, timedelta(seconds=self._settings.finished_seconds))
            linger = timedelta(seconds=self._settings.linger_seconds)
            for tenant, since in list(self._empty_since.items()):
                if now - since > linger:
                    await self._close_room(tenant, since)

    async def _close_room(self, tenant: str, since: datetime) -> None:
        """Unless somebody came meanwhile: the broker may take its time over every room."""
        async with self._doors[tenant]:
            if self._empty_since.get(tenant) != since:
                return
            del self._sessions[tenant], self._empty_since[tenant]
            self._rooms.pop(tenant, None)
            try:
                await self._bus.unbind(tenant, HEARD)
            except UnavailableError as error:
                log.info("unbound at the next connect", tenant=tenant, error=str(error))
