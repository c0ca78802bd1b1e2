"""What a call looks like to a person, computed from its evidence; stores nothing, decides all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from softphone_common.domain.call import (
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
from softphone_common.domain.numbers.normalise import RemoteNumber

Outcome = Literal["answered", "missed", "unanswered"]

SIBLING_WINDOW = timedelta(seconds=5)
"""A leg that first rings later than this after the first answer is a transfer, not a ring group."""

NOBODY = RemoteNumber("", None, "anonymous", "")
"""The other side of a call of which nobody ever told the number."""

TALK_LIMIT = timedelta(days=1)
"""The longest talk a phone is believed; more is a counter in other units or garbage."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One extension's part in a call. The empty one: what was said without an extension."""

    extension: str
    phase: Phase
    answered: bool
    dialed_at: datetime | None
    rung_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as everybody outside reads it. Durations are whole seconds, null until known.

    `extension` is empty while none is known; `answered_by` is None also if nobody told who did.
    """

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
    named = [leg for leg in legs if leg.extension]
    by = [leg for leg in named if leg.answered]
    main = min(by or named or legs, key=lambda leg: (leg.connected_at or told[0].at, leg.extension))
    dialed_at = _first(leg.dialed_at for leg in legs)
    begun = _first((dialed_at, rung_at))
    return CallView(
        id=call.id,
        phase=phase,
        outcome=_outcome(bool(answered), direction) if over else None,
        direction=direction,
        extension=main.extension,
        answered_by=main.extension if by else None,
        remote=_remote(told),
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


def _remote(told: list[Observation]) -> RemoteNumber:
    said = [o.remote for o in told if o.remote is not None]
    return min(said, key=lambda remote: KINDS.index(remote.kind), default=NOBODY)


def _told(evidence: Iterable[Evidence]) -> set[Observation]:
    return {o for e in evidence for o in (e.first, e.last, e.fullest)}


def _legs(evidence: tuple[Evidence, ...]) -> tuple[Leg, ...]:
    """Each extension's part, in order; what was said without an extension is that of the empty one.

    An end without an extension ends every leg that did not end by itself. An answer without one is
    that of the only leg that can have given it, or else of nobody in particular.
    """
    named: dict[str, list[Evidence]] = {}
    for e in evidence:
        named.setdefault(e.first.extension, []).append(e)
    nameless = named.pop("", [])
    answers = dict(named)
    unknown: list[Evidence] = []
    for said in _by_id(nameless):
        who = _answerers(said, named)
        if len(who) == 1:
            answers[who[0]] = [*answers[who[0]], *said]
        else:
            unknown += said
    legs = [
        _leg(x, own, answers[x], _ends(own) or [e for e in _ends(nameless) if _concerns(e, own)])
        for x, own in named.items()
    ]
    if nameless:
        legs.append(_leg("", nameless, unknown, _ends(nameless)))
    return tuple(sorted(legs, key=lambda leg: leg.extension))


def _by_id(nameless: list[Evidence]) -> list[list[Evidence]]:
    ids = sorted({e.first.external_id for e in nameless})
    return [[e for e in nameless if e.first.external_id == id_] for id_ in ids]


def _answerers(said: list[Evidence], named: dict[str, list[Evidence]]) -> list[str]:
    """The extensions whose answer this may be, if it tells of one: nobody who was rung later."""
    answer = _answered_at(said, _ends(said))
    if answer is None:
        return []
    latest = answer + SIBLING_WINDOW
    may = {
        x: own
        for x, own in named.items()
        if _concerns(said[0], own) and (_begun(own) or latest) <= latest
    }
    return [x for x, own in may.items() if _answered_at(own, _ends(own))] or [*may]


def _concerns(nameless: Evidence, leg: list[Evidence]) -> bool:
    """Whether it may be of this leg: not if the sender calls that by another id."""
    ids = {o.external_id for o in _told(leg)} - {""}
    return not ids or nameless.first.external_id in {"", *ids}


def _leg(extension: str, own: list[Evidence], answers: list[Evidence], ends: list[Evidence]) -> Leg:
    ended_at = _last(e.last.at for e in ends)
    connected_at = _answered_at(answers, ends)
    answered = connected_at is not None
    phase: Phase = "connected" if answered else own[-1].first.phase
    if ended_at is not None:
        missed = any(e.first.phase == "missed" for e in ends)
        phase = "missed" if missed and not answered else "ended"
    return Leg(
        extension=extension,
        phase=phase,
        answered=answered,
        dialed_at=_first(e.first.at for e in own if e.first.phase == "dialed"),
        rung_at=_first(e.first.at for e in own if e.first.phase == "ringing"),
        connected_at=connected_at,
        ended_at=ended_at,
    )


def _ends(evidence: Iterable[Evidence]) -> list[Evidence]:
    return [e for e in evidence if e.first.phase in ENDS]


def _begun(evidence: Iterable[Evidence]) -> datetime | None:
    return _first(e.first.at for e in evidence if e.first.phase in {"dialed", "ringing"})


def _answered_at(evidence: list[Evidence], ends: list[Evidence]) -> datetime | None:
    """The first answer that was told; without one, as long before the end as the talk was."""
    told = _first(e.first.at for e in evidence if e.first.phase == "connected")
    return told or _before(_last(e.last.at for e in ends), _talk(evidence))


def _is_over(legs: tuple[Leg, ...]) -> bool:
    """Over when every leg has ended, or was one of a ring group somebody else answered.

    What was said without an extension is of no account where the named legs tell as much.
    """
    legs = tuple(leg for leg in legs if leg.extension or leg.answered) or legs
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
