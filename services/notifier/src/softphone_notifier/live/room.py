"""The calls and recent frames of one tenant, in memory."""

import random
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from softphone_common.contracts.call import CallJson, call_json
from softphone_common.contracts.events import CallMatched, CallObserved
from softphone_common.contracts.websocket import SequencedFrame
from softphone_common.domain.call import Call, fold
from softphone_common.domain.call_view import view
from softphone_common.domain.matching import Match

_INSTANCES = 1000
"""Sequence numbers end with a number below this, chosen by each room."""


@dataclass(frozen=True, slots=True)
class RoomCall:
    """A call as far as this process knows it; the matches may come before the first observation.

    `last_at` is the time of its last event.
    """

    call: Call
    last_at: datetime
    matches: tuple[Match, ...] = ()
    matched_at: datetime | None = None


class Room:
    """Folds the observations of one tenant's calls and numbers the frames about them.

    A sequence number is roughly the microseconds since 1970, and always grows. The last three
    digits are random but fixed for the room. A browser that reconnects to another instance thus
    names a number that instance has not issued, and gets a resync instead of wrong frames, even
    if both instances sent a frame in the same millisecond.
    """

    def __init__(self, now: datetime, calls_max: int, replay_max: int) -> None:
        self._calls: dict[str, RoomCall] = {}
        self._running: dict[str, CallJson] = {}
        self._calls_max = calls_max
        self._recent: deque[tuple[int, frozenset[str], str]] = deque(maxlen=replay_max)
        self._last = 0
        self._suffix = random.randrange(_INSTANCES)  # noqa: S311 - no secret
        self.next_seq(now)

    def next_seq(self, now: datetime) -> int:
        """The number of the next frame."""
        self._last = max(self._last + 1, int(now.timestamp() * 1000))
        return self._last * _INSTANCES + self._suffix

    def knows(self, message: CallObserved) -> bool:
        """Whether the call was observed here before; its matches alone do not count."""
        stored = self._calls.get(message.observation.call_id)
        return stored is not None and bool(stored.call.evidence)

    def observe(self, message: CallObserved) -> CallJson | None:
        """Folds the observation into its call. Returns the call, or None if nothing changed."""
        call = message.observation.call_id
        stored = self._calls.get(call) or RoomCall(Call(call), message.observation.at)
        return self._store(stored, replace(stored, call=fold(stored.call, message.observation)))

    def match(self, message: CallMatched) -> CallJson | None:
        """Sets the matches of a call. Returns the call, or None if nothing changed."""
        call = message.call_id
        stored = self._calls.get(call) or RoomCall(Call(call), message.matched_at)
        # messages may arrive twice and in any order
        if stored.matched_at is not None and stored.matched_at >= message.matched_at:
            return None
        matched = replace(stored, matches=message.matches, matched_at=message.matched_at)
        shown = self._store(stored, matched)
        return None if matched.matches == stored.matches else shown

    def running(self) -> list[CallJson]:
        """The calls that are not over, as they were last sent."""
        return list(self._running.values())

    def remember(self, frame: SequencedFrame, users: frozenset[str], text: str) -> None:
        """Keeps a frame for browsers that reconnect."""
        self._recent.append((frame.seq, users, text))

    def mark(self, seq: int) -> None:
        """Keeps the number of a welcome, from which a browser may resume."""
        self._recent.append((seq, frozenset(), ""))

    def since(self, seen: int, user: str) -> list[str] | None:
        """The user's frames after `seen`; None if this room did not issue that number recently."""
        if not any(seq == seen for seq, _, _ in self._recent):
            return None
        return [text for seq, users, text in self._recent if seq > seen and user in users]

    def forget_recent(self) -> None:
        """Drops all kept frames after a gap, so that no browser resumes across it."""
        self._recent.clear()

    def prune(self, now: datetime, finished: timedelta) -> None:
        """Forgets calls that ended `finished` ago, and a day later those that never ended."""
        day = timedelta(days=1)
        for call, seen in list(self._calls.items()):
            if now - seen.last_at > (day if call in self._running else finished):
                self._forget(call)

    def _store(self, old: RoomCall, new: RoomCall) -> CallJson | None:
        """Stores the call. Returns it as browsers get it, or None if there is nothing to send."""
        if new == old:
            return None
        call, last_at, shown = new.call.id, new.matched_at or new.last_at, None
        if new.call.evidence:
            seen = view(new.call)
            last_at, shown = seen.last_at, call_json(seen, new.matches)
        self._calls[call] = replace(new, last_at=last_at)
        if shown is not None and shown.outcome is None:
            self._running[call] = shown
        else:
            self._running.pop(call, None)
        while len(self._calls) > self._calls_max:
            self._forget(next(iter(self._calls)))  # the oldest call
        return shown

    def _forget(self, call: str) -> None:
        del self._calls[call]
        self._running.pop(call, None)
