"""The call memory without Redis: a `CallMemory` with the rules of `resolve.lua` in Python."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from softphone_common.domain.call import Identity
from softphone_ingest.identity.resolver import Claim, Decision


@dataclass(slots=True)
class _Call:
    """A call as remembered under one key; the fields are those of the hash in Redis."""

    id: str
    kind: Identity
    begun: int
    number: str = ""
    is_answered: bool = False
    ended: int | None = None
    reported: int | None = None


@dataclass(slots=True)
class _Entry:
    """A call or the id of a click, and the second at which it is forgotten."""

    value: _Call | str
    expires_at: float


class MemoryCallMemory:
    """Calls and clicks in memory. No method yields to another task, as Redis runs no other script
    meanwhile. `seconds` is the clock by which entries expire."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._entries: dict[str, _Entry] = {}

    async def resolve(self, claims: Sequence[Claim]) -> list[Decision]:
        return [self._resolve(claim) for claim in claims]

    async def expect(self, key: str, call_id: str, seconds: int) -> None:
        self._put(key, call_id, seconds)

    def _resolve(self, claim: Claim) -> Decision:
        own, click, line, linked = claim.keys
        now = int(claim.stamp)
        before = self._call(own)
        past = before is not None and _is_past(before, claim)
        # copies: what is decided must not change when the entry it came from does
        call = None if before is None or past else Decision(before.id, before.kind, before.ended)
        busy = self._call(line)
        other_goes_on = busy is not None and busy.ended is None
        busy_id = busy.id if busy is not None else ""
        if call is None and claim.may_join and (clicked := self._take_click(click)):
            call = Decision(clicked, "click")
        if call is None and linked:
            other = self._call(linked)
            if other is None:
                other = _Call(claim.linked, "phone", now)
                self._put(linked, other, claim.seconds)
            if other.ended is None or now - other.ended <= claim.reuse:
                call = Decision(other.id, other.kind)
        if call is None and busy is not None and _follows(busy, claim):
            call = Decision(busy.id, busy.kind)
        if call is None:
            call = Decision(claim.another, "derived") if past else Decision(claim.first, claim.kind)
        self._remember(own, call, claim, claim.seconds)
        keeps_line = claim.ends and other_goes_on and busy_id != call.call_id
        if line and line != own and not keeps_line:
            self._remember(line, call, claim, claim.line_seconds)
        return call

    def _remember(self, key: str, decision: Decision, claim: Claim, seconds: int) -> None:
        now = int(claim.stamp)
        call = self._call(key)
        if call is None or call.id != decision.call_id:
            call = _Call(decision.call_id, decision.identity, now)
        call.number = call.number or claim.number
        call.is_answered = call.is_answered or claim.phase == "connected"
        if claim.ends and call.ended is None:
            call.ended = now
        if claim.reported and int(claim.reported) > (call.reported or 0):
            call.reported = int(claim.reported)
        self._put(key, call, seconds)

    def _take_click(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str):
            return ""
        del self._entries[key]
        return value

    def _call(self, key: str) -> _Call | None:
        value = self._get(key)
        return value if isinstance(value, _Call) else None

    def _get(self, key: str) -> _Call | str | None:
        entry = self._entries.get(key)
        if entry is None or entry.expires_at <= self._seconds():
            return None
        return entry.value

    def _put(self, key: str, value: _Call | str, seconds: int) -> None:
        self._entries[key] = _Entry(value, self._seconds() + seconds)


def _is_past(call: _Call, claim: Claim) -> bool:
    now = int(claim.stamp)
    if claim.reported and call.reported is not None and int(claim.reported) <= call.reported:
        return False
    if call.ended is not None:
        return claim.may_reopen and now - call.ended > claim.reuse
    if not claim.begins:
        return False
    return (claim.ring > 0 and now - call.begun > claim.ring) or (claim.bare and call.is_answered)


def _follows(call: _Call, claim: Claim) -> bool:
    if call.ended is not None or not claim.may_follow:
        return False
    return not call.number or not claim.number or call.number == claim.number
