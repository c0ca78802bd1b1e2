"""The calls and recent frames of one tenant, in memory."""

import random
from collections import defaultdict, deque
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from sys import getsizeof

from softphone_common.contracts.call import CallJson, call_json
from softphone_common.contracts.events import (
    CallMatched,
    CallObserved,
    NumbersMatched,
    RecordShared,
)
from softphone_common.contracts.websocket import SequencedFrame
from softphone_common.domain.audience import Part, Parts
from softphone_common.domain.call import Call, fold
from softphone_common.domain.call_view import CallView, view
from softphone_common.domain.matching import (
    Lookup,
    add_lookup,
    counterpart_key,
    is_looked_up,
    matches_of,
)
from softphone_common.domain.numbers.renumbering import line_forms
from softphone_notifier.live.latest_sharings import LatestSharings

_INSTANCES = 1000
"""Sequence numbers end with a number below this, chosen by each room."""


@dataclass(frozen=True, slots=True)
class RoomCall:
    """A call as far as this process knows it; the matches may come before the first observation.

    `last_at` is the time of its last event, `party` the key of the other party's number.
    """

    call: Call
    last_at: datetime
    lookups: tuple[Lookup, ...] = ()
    party: str = ""


@dataclass(frozen=True, slots=True)
class RecentFrame:
    """A frame that was sent, and the call that it shows if the call's deletion takes it back."""

    seq: int
    users: frozenset[str] = frozenset()
    text: str = ""
    call: str = ""

    @property
    def size(self) -> int:
        """Bytes of memory. The users count too: a large group takes more of them than the text."""
        return getsizeof(self.text) + getsizeof(self.users)


class Room:
    """Folds the observations of one tenant's calls and numbers the frames about them.

    A sequence number is roughly the microseconds since 1970, and always grows. The last three
    digits are random but fixed for the room. A browser that reconnects to another instance thus
    names a number that instance has not issued, and gets a resync instead of wrong frames, even
    if both instances sent a frame in the same millisecond. `users_at` returns the extensions that
    users of the tenant have.
    """

    def __init__(
        self,
        now: datetime,
        users_at: Callable[[], Container[str]],
        calls_max: int,
        replay_max: int,
        replay_bytes_max: int,
    ) -> None:
        self._users_at = users_at
        self._calls: dict[str, RoomCall] = {}
        self._running: dict[str, CallJson] = {}
        self._by_party = defaultdict[str, set[str]](set)
        self._deleted: dict[str, bool] = {}
        """The calls in the recycle bin; True for those that only a sweep put there."""
        self._calls_max = calls_max
        self._recent: deque[RecentFrame] = deque()
        self._recent_bytes = 0
        self._sharings = LatestSharings()
        self._changed: dict[str, int] = {}
        """The last number of a frame before each user was changed."""
        self._replay_max = replay_max
        self._replay_bytes_max = replay_bytes_max
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
        """Adds the matches of a number, which may be none. Returns the call if it shows more."""
        call = message.call_id
        return self._match(
            self._calls.get(call) or RoomCall(Call(call), message.matched_at), message.lookup
        )

    def match_numbers(self, message: NumbersMatched) -> Iterator[CallJson]:
        """The calls with these numbers that show other records than before."""
        for lookup in message.lookups:
            for call in sorted(self._by_party.get(line_forms(lookup.number)[0], ())):
                if (shown := self._match(self._calls[call], lookup)) is not None:
                    yield shown

    def share(self, message: RecordShared) -> Iterator[CallJson]:
        """The calls with this record, with those who see it now, or the one that it is part of."""
        self._sharings.add(message)
        for stored in list(self._calls.values()):
            if (shown := self._with_lookups(stored, stored.lookups)) is not None:
                yield shown

    def _match(self, stored: RoomCall, lookup: Lookup) -> CallJson | None:
        return self._with_lookups(stored, add_lookup(stored.lookups, lookup))

    def _with_lookups(self, stored: RoomCall, lookups: tuple[Lookup, ...]) -> CallJson | None:
        # a look-up that begins before a record is restricted may come after the message about that
        lookups = tuple(map(self._sharings.applied_to, lookups))
        shown = self._store(stored, replace(stored, lookups=lookups))
        if shown is None:
            return None
        before = _with_matches(shown, stored.lookups)
        return None if shown == before else shown

    def set_deleted(self, call_id: str, *, is_deleted: bool, swept: bool = False) -> None:
        """Notes that a call went to the recycle bin or came back.

        A call that a person deleted is hidden, even if its first event comes after that. A swept
        call is only left out of the welcome: it comes back by itself when its phone goes on.
        """
        if not is_deleted:
            self._deleted.pop(call_id, None)
        elif call_id in self._calls or not swept:
            self._deleted[call_id] = swept
        while len(self._deleted) > self._calls_max:
            del self._deleted[next(iter(self._deleted))]

    def is_hidden(self, call_id: str) -> bool:
        """Whether a person has deleted the call, of which browsers then get nothing more."""
        return self._deleted.get(call_id) is False

    def shown(self, call_id: str) -> CallJson | None:
        """The call as browsers get it; None if nothing was observed of it here."""
        stored = self._calls.get(call_id)
        if stored is None or not stored.call.evidence:
            return None
        return self._json(stored.call, stored.lookups)

    def is_complete(self, call_id: str) -> bool:
        """Whether the length of the call is known, so that a sweep leaves it alone."""
        call = self.shown(call_id)
        return call is not None and call.talk_seconds is not None

    def parts(self, call_id: str) -> Parts:
        """The parts of the call for its users; without any if it is not known here."""
        stored = self._calls.get(call_id)
        return Parts(Call(call_id) if stored is None else stored.call)

    def shown_part(self, part: Part) -> CallJson:
        """A part of a call as browsers get it."""
        stored = self._calls.get(part.call.id)
        return self._json(part.call, stored.lookups if stored else ())

    def _json(self, call: Call, lookups: tuple[Lookup, ...]) -> CallJson:
        return _json(view(call, self._users_at()), lookups)

    def running(self) -> list[CallJson]:
        """The calls that are neither over nor deleted, as they were last sent."""
        return [shown for call, shown in self._running.items() if call not in self._deleted]

    def remember(
        self, frame: SequencedFrame, users: frozenset[str], text: str, call: str = ""
    ) -> None:
        """Keeps a frame for browsers that reconnect, and drops the oldest over the limits.

        `call` is the one that it shows, if any.
        """
        self._keep(RecentFrame(frame.seq, users, text, call))

    def mark(self, seq: int) -> None:
        """Keeps the number of a welcome, from which a browser may resume."""
        self._keep(RecentFrame(seq))

    def since(self, seen: int, user: str) -> list[str] | None:
        """The user's frames after `seen`; None if this room did not issue that number recently.

        Frames of calls that were deleted meanwhile are left out.
        """
        is_known = any(frame.seq == seen for frame in self._recent)
        if not is_known or seen <= self._changed.get(user, -1):
            return None
        missed = (frame for frame in self._recent if frame.seq > seen and user in frame.users)
        return [frame.text for frame in missed if not self.is_hidden(frame.call)]

    def forget_recent(self) -> None:
        """Drops all kept frames after a gap, so that no browser resumes across it."""
        self._recent.clear()
        self._recent_bytes = 0

    def forget_frames_of(self, user: str) -> None:
        """Sends this user none of the frames so far again."""
        self._changed[user] = self._last * _INSTANCES + self._suffix

    def prune(self, now: datetime, finished: timedelta) -> None:
        """Forgets calls that ended `finished` ago, and a day later those that never ended."""
        day = timedelta(days=1)
        for call, seen in list(self._calls.items()):
            if now - seen.last_at > (day if call in self._running else finished):
                self._forget(call)

    def _keep(self, frame: RecentFrame) -> None:
        self._recent.append(frame)
        self._recent_bytes += frame.size
        while len(self._recent) > self._replay_max or self._recent_bytes > self._replay_bytes_max:
            self._recent_bytes -= self._recent.popleft().size

    def _store(self, old: RoomCall, new: RoomCall) -> CallJson | None:
        """Stores the call. Returns it as browsers get it, or None if there is nothing to send."""
        if new == old:
            return None
        call, shown = new.call.id, None
        last_at, party = max((each.at for each in new.lookups), default=new.last_at), ""
        if new.call.evidence:
            seen = view(new.call, self._users_at())
            last_at, party = seen.last_at, counterpart_key(seen.remote)
            shown = _json(seen, new.lookups)
        self._calls[call] = replace(new, last_at=last_at, party=party)
        if party != old.party:
            self._leave(old)
            self._by_party[party].add(call)
        if shown is not None and shown.outcome is None:
            self._running[call] = shown
        else:
            self._running.pop(call, None)
        while len(self._calls) > self._calls_max:
            self._forget(next(iter(self._calls)))  # the oldest call
        return None if self.is_hidden(call) else shown

    def _leave(self, stored: RoomCall) -> None:
        calls = self._by_party[stored.party]
        calls.discard(stored.call.id)
        if not calls:
            del self._by_party[stored.party]

    def _forget(self, call: str) -> None:
        self._leave(self._calls.pop(call))
        self._running.pop(call, None)
        if self._deleted.get(call):
            del self._deleted[call]  # late events of a call that a person deleted stay hidden


def _json(seen: CallView, lookups: tuple[Lookup, ...]) -> CallJson:
    matched = is_looked_up(lookups, seen.remote)
    return call_json(seen, matches_of(lookups, seen.remote), matched=matched)


def _with_matches(call: CallJson, lookups: tuple[Lookup, ...]) -> CallJson:
    matches, matched = matches_of(lookups, call.remote), is_looked_up(lookups, call.remote)
    return replace(call, matches=matches, matched=matched)
