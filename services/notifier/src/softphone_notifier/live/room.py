"""One tenant's running calls and recent frames, in memory; knows no socket and no broker."""

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


@dataclass(frozen=True, slots=True)
class Seen:
    """What this process has seen of a call: perhaps its matches before the call itself.

    `last_at` is when the last thing that is known of it happened.
    """

    call: Call
    last_at: datetime
    matches: tuple[Match, ...] = ()
    matched_at: datetime | None = None


class Room:
    """Folds what is said of one tenant's calls and numbers the frames that come of it.

    A sequence number is about the microseconds since 1970, and always grows. Its last three digits
    are the room's own, by chance: what an instance gave out is no place to resume at another, which
    may well have told of the same in the same millisecond.
    """

    def __init__(self, now: datetime, calls_max: int, replay_max: int) -> None:
        self._calls: dict[str, Seen] = {}
        self._running: dict[str, CallJson] = {}
        self._calls_max = calls_max
        self._recent: deque[tuple[int, frozenset[str], str]] = deque(maxlen=replay_max)
        self._last = 0
        self._own = random.randrange(_INSTANCES)  # noqa: S311 - no secret
        self.next_seq(now)

    def next_seq(self, now: datetime) -> int:
        """The number of the next frame."""
        self._last = max(self._last + 1, int(now.timestamp() * 1000))
        return self._last * _INSTANCES + self._own

    def knows(self, message: CallObserved) -> bool:
        """Whether anything of its call was seen here; what was found for it alone is not."""
        known = self._calls.get(message.observation.call_id)
        return known is not None and bool(known.call.evidence)

    def observe(self, message: CallObserved) -> CallJson | None:
        """The call with this known too, or None if it was known before."""
        call = message.observation.call_id
        known = self._calls.get(call) or Seen(Call(call), message.observation.at)
        return self._keep(known, replace(known, call=fold(known.call, message.observation)))

    def match(self, message: CallMatched) -> CallJson | None:
        """The call with its matches, or None if there is nothing new to show."""
        call = message.call_id
        known = self._calls.get(call) or Seen(Call(call), message.matched_at)
        if known.matched_at is not None and known.matched_at >= message.matched_at:
            return None
        told = replace(known, matches=message.matches, matched_at=message.matched_at)
        shown = self._keep(known, told)
        return None if told.matches == known.matches else shown

    def running(self) -> list[CallJson]:
        """The calls that are not over, as they were last shown."""
        return list(self._running.values())

    def remember(self, frame: SequencedFrame, users: frozenset[str], text: str) -> None:
        """Keeps a frame for browsers that lost their connection."""
        self._recent.append((frame.seq, users, text))

    def mark(self, seq: int) -> None:
        """Keeps a number given out in a welcome, from which a browser may resume."""
        self._recent.append((seq, frozenset(), ""))

    def since(self, seen: int, user: str) -> list[str] | None:
        """The user's frames after `seen`; None if that number is not one given out here lately."""
        if not any(seq == seen for seq, _, _ in self._recent):
            return None
        return [text for seq, users, text in self._recent if seq > seen and user in users]

    def forget_recent(self) -> None:
        """Something was not heard: nobody may resume from before."""
        self._recent.clear()

    def prune(self, now: datetime, finished: timedelta) -> None:
        """Forgets what has been over for long, and calls that never will be after a day."""
        day = timedelta(days=1)
        for call, seen in list(self._calls.items()):
            if now - seen.last_at > (day if call in self._running else finished):
                self._forget(call)

    def _keep(self, known: Seen, told: Seen) -> CallJson | None:
        """The call as browsers read it; None while only its matches are known, or for no news."""
        if told == known:
            return None
        call, last_at, shown = told.call.id, told.matched_at or told.last_at, None
        if told.call.evidence:
            seen = view(told.call)
            last_at, shown = seen.last_at, call_json(seen, told.matches)
        self._calls[call] = replace(told, last_at=last_at)
        if shown is not None and shown.outcome is None:
            self._running[call] = shown
        else:
            self._running.pop(call, None)
        while len(self._calls) > self._calls_max:
            self._forget(next(iter(self._calls)))
        return shown

    def _forget(self, call: str) -> None:
        del self._calls[call]
        self._running.pop(call, None)
