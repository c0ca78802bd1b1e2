"""One tenant's running calls and recent frames, in memory; knows no socket and no broker."""

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from softphone_common.contracts.events import CallMatched, CallObserved
from softphone_common.contracts.frames import CallJson, SequencedFrame, call_json
from softphone_common.domain.calls import Call, fold
from softphone_common.domain.matching import Match
from softphone_common.domain.views import view


@dataclass(frozen=True, slots=True)
class Seen:
    """What this process has seen of a call: perhaps its matches before the call itself."""

    call: Call
    matches: tuple[Match, ...] = ()
    matched_at: datetime | None = None

    def json(self) -> CallJson | None:
        """As browsers read it; None while only its matches are known."""
        return call_json(view(self.call), self.matches) if self.call.evidence else None


class Room:
    """Folds what is said of one tenant's calls and numbers the frames that come of it.

    A sequence number is about the milliseconds since 1970, and always grows.
    """

    def __init__(self, now: datetime, calls_max: int, replay_max: int) -> None:
        self._calls: dict[str, Seen] = {}
        self._calls_max = calls_max
        self._recent: deque[tuple[int, frozenset[str], str]] = deque(maxlen=replay_max)
        self._seq = 0
        self.next_seq(now)

    def next_seq(self, now: datetime) -> int:
        """The number of the next frame."""
        self._seq = max(self._seq + 1, int(now.timestamp() * 1000))
        return self._seq

    def knows(self, message: CallObserved) -> bool:
        """Whether anything of its call was seen here."""
        return message.observation.call_id in self._calls

    def observe(self, message: CallObserved) -> CallJson | None:
        """The call with this known too, or None if it was known before."""
        call = message.observation.call_id
        known = self._calls.get(call) or Seen(Call(call))
        return self._keep(known, replace(known, call=fold(known.call, message.observation)))

    def match(self, message: CallMatched) -> CallJson | None:
        """The call with its matches, or None if there is nothing new to show."""
        known = self._calls.get(message.call_id) or Seen(Call(message.call_id))
        if known.matched_at is not None and known.matched_at >= message.matched_at:
            return None
        told = replace(known, matches=message.matches, matched_at=message.matched_at)
        shown = self._keep(known, told)
        return None if told.matches == known.matches else shown

    def running(self) -> list[CallJson]:
        """The calls that are not over."""
        shown = [seen.json() for seen in self._calls.values()]
        return [call for call in shown if call is not None and call.outcome is None]

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
            if not seen.call.evidence:
                last, limit = seen.matched_at or now, finished
            else:
                shown = view(seen.call)
                last, limit = shown.last_at, day if shown.outcome is None else finished
            if now - last > limit:
                del self._calls[call]

    def _keep(self, known: Seen, told: Seen) -> CallJson | None:
        if told == known:
            return None
        self._calls[told.call.id] = told
        while len(self._calls) > self._calls_max:
            del self._calls[next(iter(self._calls))]
        return told.json()
