"""What a call looks like to a person, computed from its evidence; stores nothing, decides all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from softphone_common.domain.calls import (
    ENDS,
    KINDS,
    Call,
    Direction,
    Evidence,
    Identity,
    Observation,
    Phase,
    order,
)
from softphone_common.domain.numbers import RemoteNumber

Outcome = Literal["answered", "missed", "unanswered"]

SIBLING_WINDOW = timedelta(seconds=5)
"""A leg that first rings later than this after the first answer is a transfer, not a ring group."""

TALK_LIMIT = timedelta(days=1)
"""The longest talk a phone is believed; more is a counter in other units or garbage."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One extension's part in a call."""

    extension: str
    phase: Phase
    answered: bool
    dialed_at: datetime | None
    rung_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as everybody outside reads it. Durations are whole seconds, null until known."""

    id: str
    phase: Phase
    outcome: Outcome | None
    direction: Direction
    extension: str
    answered_by: str | None
    remote: RemoteNumber
    name: str
    reason: str
    identity: Identity
    legs: tuple[Leg, ...]
    dialed_at: datetime | None
    rung_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    started_at: datetime
    last_at: datetime
    ring_seconds: int | None
    talk_seconds: int | None


def view(call: Call) -> CallView:
    """The call as seen from outside. Raises ValueError for a call without any evidence."""
    if not call.evidence:
        raise ValueError(f"call {call.id} has no evidence yet")
    told = sorted(_told(call.evidence), key=order)
    legs = _legs(call.evidence)
    answered = [leg for leg in legs if leg.answered]
    over = _is_over(legs)
    rung_at, connected_at = _first(o.rung_at for o in legs), _first(o.connected_at for o in legs)
    ended_at = _last(leg.ended_at for leg in answered or legs) if over else None
    direction = _direction(told)
    phase = _phase(legs, over, direction)
    main = min(answered or legs, key=lambda leg: (leg.connected_at or told[0].at, leg.extension))
    dialed_at = _first(leg.dialed_at for leg in legs)
    begun = _first((dialed_at, rung_at))
    return CallView(
        id=call.id,
        phase=phase,
        outcome=_outcome(bool(answered), direction) if over else None,
        direction=direction,
        extension=main.extension,
        answered_by=main.extension if answered else None,
        remote=min((o.remote for o in told), key=lambda r: KINDS.index(r.kind)),
        name=next((o.name for o in told if o.name), ""),
        reason=next((o.reason for o in reversed(told) if o.reason and o.phase in ENDS), ""),
        identity=told[0].identity,
        legs=legs,
        dialed_at=dialed_at,
        rung_at=rung_at,
        connected_at=connected_at,
        ended_at=ended_at,
        started_at=told[0].at,
        last_at=told[-1].at,
        ring_seconds=_seconds(begun, connected_at or ended_at),
        talk_seconds=(_seconds(connected_at, ended_at) or 0) if over else None,
    )


def _told(evidence: Iterable[Evidence]) -> set[Observation]:
    return {o for e in evidence for o in (e.first, e.last, e.fullest)}


def _legs(evidence: tuple[Evidence, ...]) -> tuple[Leg, ...]:
    extensions = sorted({e.first.extension for e in evidence})
    return tuple(_leg(x, [e for e in evidence if e.first.extension == x]) for x in extensions)


def _leg(extension: str, evidence: list[Evidence]) -> Leg:
    by_phase = {e.first.phase: e for e in evidence}

    def first(phase: Phase) -> datetime | None:
        return by_phase[phase].first.at if phase in by_phase else None

    ended_at = _last(e.last.at for e in evidence if e.first.phase in ENDS)
    connected_at = first("connected") or _before(ended_at, _talk(evidence))
    answered = connected_at is not None
    phase: Phase = evidence[-1].first.phase
    if ended_at is not None:
        phase = "ended" if answered or "missed" not in by_phase else "missed"
    return Leg(
        extension=extension,
        phase=phase,
        answered=answered,
        dialed_at=first("dialed"),
        rung_at=first("ringing"),
        connected_at=connected_at,
        ended_at=ended_at,
    )


def _is_over(legs: tuple[Leg, ...]) -> bool:
    """Over when every leg has ended, or was one of a ring group somebody else answered."""
    answer = _first(leg.connected_at for leg in legs)

    def settled(leg: Leg) -> bool:
        if leg.ended_at is not None:
            return True
        begun = _first((leg.dialed_at, leg.rung_at))
        return (
            not leg.answered
            and answer is not None
            and begun is not None
            and begun <= answer + SIBLING_WINDOW
        )

    return all(settled(leg) for leg in legs)


def _phase(legs: tuple[Leg, ...], over: bool, direction: Direction) -> Phase:
    if over:
        if any(leg.answered for leg in legs):
            return "ended"
        if direction == "inbound" or any(leg.phase == "missed" for leg in legs):
            return "missed"
        return "ended"
    if any(leg.answered for leg in legs):
        return "connected"
    return "ringing" if any(leg.rung_at for leg in legs) else "dialed"


def _outcome(answered: bool, direction: Direction) -> Outcome:
    if answered:
        return "answered"
    return "missed" if direction == "inbound" else "unanswered"


def _direction(told: list[Observation]) -> Direction:
    """Our own click knows best, then what was said first; a phone that never tells is rung."""
    if any(o.phase == "dialed" for o in told):
        return "outbound"
    return next((o.direction for o in told if o.direction), "inbound")


def _talk(evidence: Iterable[Evidence]) -> timedelta | None:
    """The talk's length in the phone's own word; believed only where no answer was ever seen."""
    told = [o.talk_seconds or 0 for o in _told(evidence) if o.phase in ENDS]
    longest = min(max(told, default=0), int(TALK_LIMIT.total_seconds()))
    return timedelta(seconds=longest) if longest > 0 else None


def _before(end: datetime | None, length: timedelta | None) -> datetime | None:
    return None if end is None or length is None else end - length


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else max(0, int((end - start).total_seconds()))


def _first(times: Iterable[datetime | None]) -> datetime | None:
    return min((t for t in times if t is not None), default=None)


def _last(times: Iterable[datetime | None]) -> datetime | None:
    return max((t for t in times if t is not None), default=None)
