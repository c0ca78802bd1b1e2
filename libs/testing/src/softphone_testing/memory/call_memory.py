"""The call memory without Redis: a `CallMemory` with the rules of `resolve.lua` in Python."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

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
    latest: str = ""
    direction: str = ""
    has_id: bool = False
    is_missed: bool = False
    group: str = ""
    is_withheld: bool = False
    is_guest: bool = False
    devices: set[str] = field(default_factory=set)
    first: int | None = None


@dataclass(slots=True)
class _Group:
    """A call that devices began to ring for."""

    id: str
    kind: Identity
    begun: int
    devices: set[str]
    over: int | None = None
    before: str = ""


@dataclass(slots=True)
class _Entry:
    """A call or the id of a click, and the second at which it is forgotten."""

    value: _Call | _Group | str
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
        own, _, line, linked, group = claim.keys
        before = self._call(own)
        other = self._call(linked)
        past = before is not None and (
            _is_past(before, claim) or self._is_over_elsewhere(before, claim)
        )
        # copies: what is decided must not change when the entry it came from does
        call = None
        if before is not None and not past:
            was_guest = before.is_guest and not self._rings_in_group(before, claim)
            is_guest = was_guest or _is_guest(before, claim)
            call = Decision(before.id, before.kind, before.ended, is_guest)
        busy = self._call(line)
        other_goes_on = busy is not None and busy.ended is None
        busy_id = busy.id if busy is not None else ""
        call = call or self._joined(claim, busy)
        is_new = call is None
        if call is None:
            call = Decision(claim.another, "derived") if past else Decision(claim.first, claim.kind)
        origins = (None if past else before, other)
        begun = (each.first for each in origins if each is not None and each.id == call.call_id)
        first = next(begun, None)
        self._remember(own, call, claim, claim.seconds)
        for key in filter(None, (own, linked if claim.shares else "")):
            self._note_guest(key, call, claim, first)
        self._join_group(group, call, claim, is_new=is_new)
        self._end_group(own, call, claim)
        keeps_line = claim.ends and other_goes_on and busy_id != call.call_id
        if line and line != own and not keeps_line:
            self._remember(line, call, claim, claim.line_seconds)
            noted = self._call(line)
            if noted is not None:
                noted.is_guest = call.is_guest
        return call

    def _note_guest(self, key: str, decision: Decision, claim: Claim, first: int | None) -> None:
        call = self._call(key)
        if call is None or call.id != decision.call_id:
            return
        if not claim.shares:
            call.is_guest = decision.is_guest
        elif not decision.is_guest:
            call.devices.add(claim.device)
            if call.first is None:
                call.first = int(claim.stamp) if first is None else first

    def _remember(self, key: str, decision: Decision, claim: Claim, seconds: int) -> None:
        now = int(claim.stamp)
        call = self._call(key)
        if call is None or call.id != decision.call_id:
            call = _Call(decision.call_id, decision.identity, now)
        call.number = call.number or claim.number
        if claim.number not in {"", call.number}:
            call.latest = claim.number
        call.is_withheld = call.is_withheld or claim.withheld
        call.direction = call.direction or claim.direction
        call.has_id = call.has_id or claim.has_id
        call.group = claim.keys[4] or call.group
        call.is_answered = call.is_answered or claim.phase == "connected"
        if claim.ends and call.ended is None:
            call.ended, call.is_missed = now, claim.phase == "missed"
        elif not claim.ends and call.ended is not None and _opens(call, call.ended, claim):
            call.ended, call.begun = None, now
        if claim.reported and int(claim.reported) > (call.reported or 0):
            call.reported = int(claim.reported)
        self._put(key, call, seconds)

    def _joined(self, claim: Claim, busy: _Call | None) -> Decision | None:
        """The call that an event begins or goes on with, though its own key does not know it."""
        _, click, _, linked, group = claim.keys
        if claim.may_join and (clicked := self._take_click(click)):
            return Decision(clicked, "click")
        if linked and (other := self._linked(linked, claim)):
            return other
        if busy is not None and (_follows(busy, claim) or _names(busy, claim)):
            return Decision(busy.id, busy.kind, is_guest=busy.is_guest)
        return self._ringing(group, claim)

    def _linked(self, key: str, claim: Claim) -> Decision | None:
        now = int(claim.stamp)
        call = self._call(key)
        if call is None:
            self._put(key, _Call(claim.linked, "phone", now), claim.seconds)
            return Decision(claim.linked, "phone")
        past = call.ended is not None and now - call.ended > claim.reuse
        is_guest = _is_guest(call, claim)
        return None if past else Decision(call.id, call.kind, is_guest=is_guest)

    def _ringing(self, key: str, claim: Claim) -> Decision | None:
        group = self._get(key)
        if not isinstance(group, _Group) or int(claim.stamp) - group.begun > claim.group:
            return None
        if claim.device in group.devices:
            return None
        return Decision(group.id, group.kind, is_guest=claim.phase != "ringing")

    def _rings_in_group(self, call: _Call, claim: Claim) -> bool:
        group = self._get(claim.keys[4])
        if claim.phase != "ringing" or not isinstance(group, _Group):
            return False
        return group.id == call.id and int(claim.stamp) - group.begun <= claim.group

    def _join_group(self, key: str, call: Decision, claim: Claim, *, is_new: bool) -> None:
        if not key:
            return
        group = self._get(key)
        if is_new:
            before = group.id if isinstance(group, _Group) and group.over is not None else ""
            begun = int(claim.stamp)
            group = _Group(call.call_id, call.identity, begun, set(), before=before)
        elif not isinstance(group, _Group) or group.id != call.call_id:
            return
        group.devices.add(claim.device)
        self._put(key, group, max(claim.ring, claim.group) / 1000)

    def _is_over_elsewhere(self, call: _Call, claim: Claim) -> bool:
        group = self._get(claim.keys[4])
        if not isinstance(group, _Group) or call.ended is not None or not claim.begins:
            return False
        if claim.reported and int(claim.reported) <= (call.reported or -1):
            return False
        if group.before == call.id:
            return True
        is_over = group.over is not None and int(claim.stamp) - group.over > claim.reuse
        return group.id == call.id and is_over

    def _end_group(self, own: str, decision: Decision, claim: Claim) -> None:
        call = self._call(own)
        if not claim.ends or call is None or not call.is_answered:
            return
        group = self._get(call.group)
        if isinstance(group, _Group) and group.id == decision.call_id:
            group.over = int(claim.stamp)

    def _take_click(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str):
            return ""
        del self._entries[key]
        return value

    def _call(self, key: str) -> _Call | None:
        value = self._get(key)
        return value if isinstance(value, _Call) else None

    def _get(self, key: str) -> _Call | _Group | str | None:
        entry = self._entries.get(key)
        if entry is None or entry.expires_at <= self._seconds():
            return None
        return entry.value

    def _put(self, key: str, value: _Call | _Group | str, seconds: float) -> None:
        self._entries[key] = _Entry(value, self._seconds() + seconds)


def _is_guest(call: _Call, claim: Claim) -> bool:
    rings_along = (
        claim.phase == "ringing"
        and claim.of_group
        and claim.number != ""
        and claim.number == call.number
        and call.first is not None
        and int(claim.stamp) - call.first <= claim.group
    )
    return claim.shares and claim.device not in call.devices and not rings_along


def _is_past(call: _Call, claim: Claim) -> bool:
    now = int(claim.stamp)
    late = bool(claim.reported) and int(claim.reported) <= (call.reported or -1)
    is_other = _is_of_another(call, claim) or _is_withheld_otherwise(call, claim)
    another = call.ended is not None and claim.begins and is_other
    if another and not (late and int(claim.reported) < (call.reported or -1)):
        return True
    if late:
        return False
    if call.ended is not None:
        same = claim.number != "" and claim.number in {call.number, call.latest}
        if claim.counts and (call.is_answered or not call.is_missed):
            same = False
        limit = claim.again if same else claim.reuse
        is_other = another or _is_of_another(call, claim)
        return claim.may_reopen and (is_other or now - call.ended > limit)
    if not claim.begins:
        return False
    if _is_of_lost_end(call, claim):
        return True
    return (claim.ring > 0 and now - call.begun > claim.ring) or (claim.bare and call.is_answered)


def _follows(call: _Call, claim: Claim) -> bool:
    if call.ended is not None or not claim.may_follow:
        return False
    return not call.number or not claim.number or call.number == claim.number


def _is_of_another(call: _Call, claim: Claim) -> bool:
    if claim.direction and call.direction and claim.direction != call.direction:
        return True
    if not claim.number or not call.number:
        return False
    return claim.number not in {call.number, call.latest}


def _is_withheld_otherwise(call: _Call, claim: Claim) -> bool:
    if claim.withheld:
        return call.number != "" and not call.is_withheld
    return claim.number != "" and call.number == "" and call.is_withheld


def _is_of_lost_end(call: _Call, claim: Claim) -> bool:
    is_other = claim.phase == "ringing" and _is_of_another(call, claim)
    are_external = claim.number.startswith("+") and call.number.startswith("+")
    return is_other and are_external and not call.is_answered


def _opens(call: _Call, ended: int, claim: Claim) -> bool:
    if claim.reported and int(claim.reported) <= (call.reported or 0):
        return False
    return claim.phase != "connected" or int(claim.stamp) - ended > claim.overtaken


def _names(call: _Call, claim: Claim) -> bool:
    if call.ended is not None or (call.has_id and claim.has_id):
        return False
    if not claim.number or claim.number != call.number or _is_of_another(call, claim):
        return False
    young = int(claim.stamp) - call.begun <= claim.unnamed
    return not claim.begins or (not call.is_answered and young)
