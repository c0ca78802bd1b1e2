"""Turns messages of the bus into frames for the sockets of the users they concern."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from softphone_common.bus.bus import Bus
from softphone_common.contracts.call import CallJson
from softphone_common.contracts.events import (
    CallChanged,
    CallMatched,
    CallObserved,
    CommentSaved,
    NumbersMatched,
    RecordShared,
    SessionsEnded,
    TenantChanged,
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
from softphone_common.http.auth import TokenRefusal
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_common.stores.users import UserCache
from softphone_notifier import metrics
from softphone_notifier.live.audiences import Audiences
from softphone_notifier.live.room import Room
from softphone_notifier.live.socket_session import SocketSession
from softphone_notifier.settings import NotifierSettings

_PAUSE_SECONDS = 5.0
_MESSAGES = (CallObserved, CallMatched, NumbersMatched, RecordShared, CallChanged, CommentSaved)


class Hub:
    """The rooms and sockets of all tenants with a connected browser. A resource of the service.

    A tenant's messages are bound to the queue of this instance while it has a room, so that an
    instance handles only the tenants it serves.
    """

    name = "sockets"
    essential = True

    def __init__(
        self,
        bus: Bus,
        users: UserCache,
        refusal: TokenRefusal,
        clock: Clock,
        settings: NotifierSettings,
    ) -> None:
        self._bus = bus
        self._users = users
        self._audiences = Audiences(users)
        self._refusal = refusal
        self._refused: set[SocketSession] = set()
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
        bus.subscribe(NumbersMatched, self.on_numbers_matched, bound_only=True)
        bus.subscribe(RecordShared, self.on_record_shared, bound_only=True)
        bus.subscribe(CallChanged, self.on_call_changed, bound_only=True)
        bus.subscribe(CommentSaved, self.on_comment_saved, bound_only=True)
        bus.subscribe(UserChanged, self.on_user_changed)
        bus.subscribe(SessionsEnded, self.on_sessions_ended)
        bus.subscribe(TenantChanged, self.on_tenant_changed)

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
        room = await self._open_room(tenant)
        if not session.is_closing:
            self._welcome(session, room, seen)

    async def _open_room(self, tenant: str) -> Room:
        """The room of the tenant, whose messages are bound once this returns."""
        async with self._room_locks[tenant]:
            if tenant not in self._rooms:
                s = self._settings
                limits = s.calls_max, s.replay_max, s.replay_bytes_max
                users_at = partial(self._users.at, tenant)
                self._rooms[tenant] = Room(self._clock(), users_at, *limits)
                with suppress(UnavailableError):  # the bus binds at its next connect
                    await self._bus.bind(tenant, _MESSAGES)
            return self._rooms[tenant]

    def _welcome(self, session: SocketSession, room: Room, seen: int | None) -> None:
        tenant, user = session.caller.tenant, session.user
        self._sessions[tenant][session] = True
        missed = None if seen is None else room.since(seen, session.user)
        if missed and len(missed) >= self._settings.session_frames_max:
            missed = None  # its queue would be full at once, and the socket closed
        seen_by = (self._audiences.seen_by(tenant, room, call, user) for call in room.running())
        mine = tuple(call for parts in seen_by for call, users in parts if user in users)
        if missed and seen is not None:
            # not a new number: if the connection is lost before the missed frames arrive, the
            # browser must ask for them again
            seq = seen
        else:
            seq = room.next_seq(self._clock())
            room.mark(seq)
        alive = self._settings.alive_seconds
        session.send(Welcome(seq=seq, calls=mine, alive_seconds=alive).model_dump_json())
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
        if not sessions:
            self._empty_since[tenant] = self._clock()

    async def count_sockets(self) -> int:
        """The sockets of all tenants at this instance."""
        return sum(map(len, self._sessions.values()))

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
        self._pop(message, room, call, message.observation.phase)
        if call is not None:
            metrics.POP_DELAY.observe((now - message.observation.at).total_seconds())

    async def on_call_matched(self, message: CallMatched) -> None:
        """Sends the call again with its matches."""
        if (room := self._rooms.get(message.tenant)) is not None:
            self._pop(message, room, room.match(message), "match")

    async def on_numbers_matched(self, message: NumbersMatched) -> None:
        """Sends the calls with these numbers again, with the records as they are now."""
        if (room := self._rooms.get(message.tenant)) is not None:
            for call in room.match_numbers(message):
                self._show(message.tenant, room, call, self._clock())

    async def on_record_shared(self, message: RecordShared) -> None:
        """Sends the calls with this record again, to show it to those who see it now."""
        if (room := self._rooms.get(message.tenant)) is not None:
            for call in room.share(message):
                self._show(message.tenant, room, call, self._clock())

    async def on_comment_saved(self, message: CommentSaved) -> None:
        """Sends the comment to the users at the call's extensions, unless the call is deleted."""
        room, call = self._rooms.get(message.tenant), message.comment.call
        if room is not None and not room.is_hidden(call):
            welcomed = self._welcomed(message.tenant)
            for comment, users in self._audiences.readers_of(message):
                frame = CommentFrame(seq=room.next_seq(self._clock()), comment=comment)
                self._send(welcomed, room, frame, users, call)

    async def on_call_changed(self, message: CallChanged) -> None:
        """Sends that the call went to the recycle bin or came back from it."""
        if (room := self._rooms.get(message.tenant)) is None:
            return
        call, is_deleted = message.call_id, message.deleted_at is not None
        if is_deleted and message.swept and room.is_complete(call):
            return  # the call came back from its sweep before the message about it arrived
        was_hidden = room.is_hidden(call)
        room.set_deleted(call, is_deleted=is_deleted, swept=message.swept)
        frame = TrashFrame(
            seq=room.next_seq(self._clock()),
            call_id=call,
            deleted_at=message.deleted_at,
            deleted_by=message.deleted_by,
        )
        users = self._audiences.at(message.tenant, message.extensions)
        self._send(self._welcomed(message.tenant), room, frame, users)
        # what happened to the call meanwhile was sent to nobody
        if was_hidden and not is_deleted and (shown := room.shown(call)) is not None:
            self._show(message.tenant, room, shown, self._clock())

    async def on_user_changed(self, message: UserChanged) -> None:
        """Closes the sockets of a user who was revoked or removed.

        Frames of before are not sent again: other teams or another role see other records.
        """
        if (room := self._rooms.get(message.tenant)) is not None:
            room.forget_frames_of(message.user.id)
        if not message.revoked and message.user.active:
            return
        for session in self._sessions.get(message.tenant, ()):
            if session.user == message.user.id:
                session.close_with("login-revoked")

    async def on_sessions_ended(self, message: SessionsEnded) -> None:
        """Closes the sockets of the sessions, in all tabs."""
        for session in self._sessions.get(message.tenant, ()):
            if session.caller.session in message.sessions:
                session.close_with("session-ended")

    async def on_tenant_changed(self, message: TenantChanged) -> None:
        """Closes the sockets of a tenant that was switched off, but not those of operators."""
        if message.settings.active:
            return
        for session in self._sessions.get(message.tenant, ()):
            if not session.caller.may("operator"):
                session.close_with("tenant-switched-off")

    def on_reconnect(self) -> None:
        """Has browsers read the log, for messages were missed while the broker was away."""
        resync = Resync().model_dump_json()
        for room in self._rooms.values():
            room.forget_recent()
        for tenant in self._sessions:
            for sessions in self._welcomed(tenant).values():
                for session in sessions:
                    session.send(resync)

    def _pop(
        self, message: CallObserved | CallMatched, room: Room, call: CallJson | None, of: str
    ) -> None:
        sockets = 0 if call is None else self._show(message.tenant, room, call, self._clock())
        log.info("popped", call=message.subject, tenant=message.tenant, of=of, sockets=sockets)

    def _show(self, tenant: str, room: Room, call: CallJson, now: datetime) -> int:
        """Sends the call, and returns the number of sockets it went to."""
        welcomed, sockets = self._welcomed(tenant), 0
        for part, users in self._audiences.seen_by(tenant, room, call):
            frame = CallFrame(seq=room.next_seq(now), call=part)
            sockets += self._send(welcomed, room, frame, users, call.id)
        return sockets

    def _send(
        self,
        welcomed: Mapping[str, Sequence[SocketSession]],
        room: Room,
        frame: SequencedFrame,
        users: frozenset[str],
        call: str = "",
    ) -> int:
        text = frame.model_dump_json()
        room.remember(frame, users, text, call)
        sessions = [each for user in users for each in welcomed.get(user, ())]
        for session in sessions:
            session.send(text)
        metrics.FRAMES.labels(frame.type).inc(len(sessions))
        return len(sessions)

    def _welcomed(self, tenant: str) -> dict[str, list[SocketSession]]:
        """The sockets of each user that were welcomed."""
        by_user: dict[str, list[SocketSession]] = {}
        for session, welcomed in self._sessions.get(tenant, {}).items():
            if welcomed:
                by_user.setdefault(session.user, []).append(session)
        return by_user

    async def _prune_periodically(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE_SECONDS)
            self._close_refused()
            now = self._clock()
            for room in self._rooms.values():
                room.prune(now, timedelta(seconds=self._settings.finished_seconds))
            linger = timedelta(seconds=self._settings.linger_seconds)
            for tenant, since in list(self._empty_since.items()):
                if now - since > linger:
                    await self._close_room(tenant, since)

    def _close_refused(self) -> None:
        """Closes the sockets whose tokens were refused the last time as well. Usually a message has
        closed them before, but messages are missed while the broker is away.

        The browser in which somebody changes a password needs a moment to send its new token.
        """
        refused = set()
        for session in (each for sessions in self._sessions.values() for each in sessions):
            if (code := self._refusal(session.caller)) is not None:
                refused.add(session)
                if session in self._refused:
                    session.close_with(code)
        self._refused = refused

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
