"""Who is told what: takes in what the bus says and puts frames in line for the right sockets."""

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
        self.task = BackgroundTask(self._tidy, "hub")
        bus.subscribe(
            CallObserved, self.on_call_observed, on_reconnect=self.on_reconnect, bound_only=True
        )
        bus.subscribe(CallMatched, self.on_call_matched, bound_only=True)
        bus.subscribe(CallChanged, self.on_call_changed, bound_only=True)
        bus.subscribe(CommentSaved, self.on_comment_saved, bound_only=True)
        bus.subscribe(UserChanged, self.on_user_changed)

    async def start(self) -> None:
        """Begins to tidy up now and then."""
        self.task.start()

    async def ping(self) -> None:
        """It has no server of its own."""

    async def stop(self) -> None:
        """Tidies no more; the sockets were closed with the HTTP server."""
        await self.task.stop()

    async def join(self, session: SocketSession, seen: int | None) -> None:
        """Welcomes a browser, then sends what it missed since `seen`, or a resync.

        It is one of the tenant's from the beginning, so that whoever is put out while the room is
        being opened is not welcomed.
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
        """The tenant's room, as soon as it is listened for: for all who wait at its door."""
        async with self._doors[tenant]:
            if tenant not in self._rooms:
                s = self._settings
                self._rooms[tenant] = Room(self._clock(), s.calls_max, s.replay_max)
                with suppress(UnavailableError):  # bound as soon as the broker is back
                    await self._bus.bind(tenant, _MESSAGES)
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

    def leave(self, session: SocketSession) -> None:
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
            old.close_with("user-sockets-full")
        return len(there) < self._settings.sockets_tenant_max

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
            self._tell(message.tenant, room, frame, self._at(message.tenant, message.extensions))

    async def on_call_changed(self, message: CallChanged) -> None:
        """Sends that the call went to the recycle bin or came back from it."""
        if (room := self._rooms.get(message.tenant)) is not None:
            frame = TrashFrame(
                seq=room.next_seq(self._clock()),
                call_id=message.call_id,
                deleted_at=message.deleted_at,
                deleted_by=message.deleted_by,
            )
            self._tell(message.tenant, room, frame, self._at(message.tenant, message.extensions))

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
                await self._bus.unbind(tenant, _MESSAGES)
            except UnavailableError as error:
                log.info("unbound at the next connect", tenant=tenant, error=str(error))
