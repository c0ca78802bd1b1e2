"""Turns messages of the bus into frames for the sockets of the users they concern."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from softphone_common.bus.bus import Bus
from softphone_common.contracts.call import CallJson
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
    CommentFrame,
    Resync,
    SequencedFrame,
    TrashFrame,
    Welcome,
)
from softphone_common.domain.audience import audience
from softphone_common.process import metrics
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_notifier.accounts.users import UserCache
from softphone_notifier.live.room import Room
from softphone_notifier.live.socket_session import SocketSession
from softphone_notifier.settings import NotifierSettings

_MESSAGES: tuple[type[Message], ...] = (CallObserved, CallMatched, CallChanged, CommentSaved)


class Hub:
    """The rooms and sockets of all tenants with a connected browser. A resource of the service.

    A tenant's messages are bound to the queue of this instance while it has a room, so that an
    instance handles only the tenants it serves.
    """

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
        """The sockets of each tenant; True once they were welcomed and may get frames."""
        self._empty_since: dict[str, datetime] = {}
        self._room_locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Opening and closing the room of one tenant wait for each other."""
        self.task = BackgroundTask(self._prune_periodically, "hub")
        bus.subscribe(
            CallObserved, self.on_call_observed, on_reconnect=self.on_reconnect, bound_only=True
        )
        bus.subscribe(CallMatched, self.on_call_matched, bound_only=True)
        bus.subscribe(CallChanged, self.on_call_changed, bound_only=True)
        bus.subscribe(CommentSaved, self.on_comment_saved, bound_only=True)
        bus.subscribe(UserChanged, self.on_user_changed)

    async def start(self) -> None:
        """Begins to prune rooms periodically."""
        self.task.start()

    async def ping(self) -> None:
        """Does nothing, because the hub depends on no server of its own."""

    async def stop(self) -> None:
        """Stops pruning. The sockets were closed before, with the HTTP server."""
        await self.task.stop()

    async def join(self, session: SocketSession, seen: int | None) -> None:
        """Welcomes a browser, then sends the frames it missed since `seen`, or a resync.

        The socket is registered before the room is open, so that it can be closed meanwhile: a
        revoked user must not be welcomed.
        """
        tenant = session.caller.tenant
        if not self._room_for(session):
            session.close_with("tenant-sockets-full")
            return
        self._sessions.setdefault(tenant, {})[session] = False
        self._empty_since.pop(tenant, None)
        metrics.SOCKETS.inc()
        room = await self._open_room(tenant)
        if not session.is_closing:
            self._welcome(session, room, seen)

    async def _open_room(self, tenant: str) -> Room:
        """The room of the tenant, whose messages are bound once this returns."""
        async with self._room_locks[tenant]:
            if tenant not in self._rooms:
                limits = self._settings.calls_max, self._settings.replay_max
                self._rooms[tenant] = Room(self._clock(), *limits)
                with suppress(UnavailableError):  # the bus binds at its next connect
                    await self._bus.bind(tenant, _MESSAGES)
            return self._rooms[tenant]

    def _welcome(self, session: SocketSession, room: Room, seen: int | None) -> None:
        tenant = session.caller.tenant
        self._sessions[tenant][session] = True
        missed = None if seen is None else room.since(seen, session.user)
        if missed and len(missed) >= self._settings.session_frames_max:
            missed = None  # its queue would be full at once, and the socket closed
        mine = tuple(c for c in room.running() if session.user in self._audience(tenant, c))
        if missed and seen is not None:
            # not a new number: if the connection is lost before the missed frames arrive, the
            # browser must ask for them again
            seq = seen
        else:
            seq = room.next_seq(self._clock())
            room.mark(seq)
        session.send(Welcome(seq=seq, calls=mine).model_dump_json())
        if seen is not None and missed is None:
            session.send(Resync().model_dump_json())
        for frame in missed or ():
            session.send(frame)

    def leave(self, session: SocketSession) -> None:
        """Removes a closed socket. Its tenant's room stays a while, in case the browser returns."""
        tenant = session.caller.tenant
        sessions = self._sessions.get(tenant, {})
        if session not in sessions:  # the tenant had too many sockets
            return
        del sessions[session]
        metrics.SOCKETS.dec()
        if not sessions:
            self._empty_since[tenant] = self._clock()

    def _room_for(self, session: SocketSession) -> bool:
        """Whether the tenant may have one more socket.

        If the user has too many sockets, the oldest are closed instead: a page left open
        somewhere must not keep the user from signing in here.
        """
        sessions = self._sessions.get(session.caller.tenant, {})
        mine = [other for other in sessions if other.user == session.user]
        for old in mine[: max(0, len(mine) + 1 - self._settings.sockets_user_max)]:
            old.close_with("user-sockets-full")
        return len(sessions) < self._settings.sockets_tenant_max

    async def on_call_observed(self, message: CallObserved) -> None:
        """Folds the observation into its call and sends the call, unless it comes too late."""
        if (room := self._rooms.get(message.tenant)) is None:
            return
        now = self._clock()
        late = now - message.observation.at > self._late
        call = None if late and not room.knows(message) else room.observe(message)
        if call is not None:
            self._show(message.tenant, room, call, now)
            metrics.POP_DELAY.observe((now - message.observation.at).total_seconds())

    async def on_call_matched(self, message: CallMatched) -> None:
        """Sends the call again with its matches."""
        room = self._rooms.get(message.tenant)
        call = None if room is None else room.match(message)
        if room is not None and call is not None:
            self._show(message.tenant, room, call, self._clock())

    async def on_comment_saved(self, message: CommentSaved) -> None:
        """Sends the comment to the users at the call's extensions."""
        if (room := self._rooms.get(message.tenant)) is not None:
            frame = CommentFrame(seq=room.next_seq(self._clock()), comment=message.comment)
            self._send(message.tenant, room, frame, self._at(message.tenant, message.extensions))

    async def on_call_changed(self, message: CallChanged) -> None:
        """Sends that the call went to the recycle bin or came back from it."""
        if (room := self._rooms.get(message.tenant)) is not None:
            frame = TrashFrame(
                seq=room.next_seq(self._clock()),
                call_id=message.call_id,
                deleted_at=message.deleted_at,
                deleted_by=message.deleted_by,
            )
            self._send(message.tenant, room, frame, self._at(message.tenant, message.extensions))

    async def on_user_changed(self, message: UserChanged) -> None:
        """Closes the sockets of a user who was revoked or removed."""
        if not message.revoked and message.user.active:
            return
        for session in list(self._sessions.get(message.tenant, ())):
            if session.user == message.user.id:
                session.close_with("login-revoked")

    def on_reconnect(self) -> None:
        """Has browsers read the log, for messages were missed while the broker was away."""
        resync = Resync().model_dump_json()
        for room in self._rooms.values():
            room.forget_recent()
        for tenant in self._sessions:
            for session in self._welcomed(tenant):
                session.send(resync)

    def _show(self, tenant: str, room: Room, call: CallJson, now: datetime) -> None:
        frame = CallFrame(seq=room.next_seq(now), call=call)
        self._send(tenant, room, frame, self._audience(tenant, call))

    def _send(self, tenant: str, room: Room, frame: SequencedFrame, users: frozenset[str]) -> None:
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
        return [session for session, welcomed in self._sessions.get(tenant, {}).items() if welcomed]

    async def _prune_periodically(self) -> None:
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
        """Closes a room unless a browser has joined since; unbinding the rooms before took time."""
        async with self._room_locks[tenant]:
            if self._empty_since.get(tenant) != since:
                return
            del self._sessions[tenant], self._empty_since[tenant]
            self._rooms.pop(tenant, None)
            try:
                await self._bus.unbind(tenant, _MESSAGES)
            except UnavailableError as error:
                log.info("room unbound later", tenant=tenant, error=str(error))
