"""Computes the view of a call, as people see it, from its evidence."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
from softphone_common.domain.matching import Match
from softphone_common.domain.numbers.normalise import RemoteNumber

Outcome = Literal["answered", "missed", "unanswered"]

TRANSFER_AFTER = timedelta(seconds=5)
"""Time after the first answer from which a new leg is a transfer.

The phones of a ring group ring at nearly one moment, but their reports travel separately, so some
arrive after the answer. A person needs longer than this to transfer a call.
"""

NOBODY = RemoteNumber("", None, "anonymous", "")
"""The remote number of a call that no observation has a number for."""

TALK_LIMIT = timedelta(days=1)
"""The longest talk time taken from a phone. More is a counter in milliseconds, or garbage."""


@dataclass(frozen=True, slots=True)
class Leg:
    """The part of one extension in a call. The leg with the empty extension stands for all
    observations without one."""

    extension: str
    phase: Phase
    answered: bool
    dialed_at: datetime | None
    rung_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    transferred: bool = False
    """Whether it began to ring so long after the first answer that it is a transfer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFields:
    """A call as API and page show it. Durations are whole seconds, None while they are open.

    `extension` is empty while no observation has one. `answered_by` is also None for a call that
    was answered, if no phone reports by which extension.
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
    matches: tuple[Match, ...] = ()
    legs: tuple[Leg, ...]
    dialed_at: datetime | None
    rung_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    started_at: datetime
    ring_seconds: int | None
    talk_seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView(CallFields):
    """The fields of a call and `last_at`, the time of its latest observation."""

    last_at: datetime


def view(call: Call) -> CallView:
    """Computes the view. Raises ValueError for a call without any evidence."""
    if not call.evidence:
        raise ValueError(f"call {call.id} has no evidence yet")
    observations = sorted(_observations(call.evidence), key=order)
    legs = _mark_transfers(_legs(call.evidence))
    answered = [leg for leg in legs if leg.answered]
    over = _is_over(legs)
    rung_at, connected_at = _first(o.rung_at for o in legs), _first(o.connected_at for o in legs)
    # the other phones of a ring group may report their end long after the talk
    ended_at = _last(leg.ended_at for leg in answered or legs) if over else None
    direction = _direction(observations)
    phase = _phase(legs, over, direction)
    named = [leg for leg in legs if leg.extension]
    answerers = [leg for leg in named if leg.answered]
    # one leg stands for the call: the first that answered, or the first by extension
    main = min(
        answerers or named or legs,
        key=lambda leg: (leg.connected_at or observations[0].at, leg.extension),
    )
    dialed_at = _first(leg.dialed_at for leg in legs)
    begun = _first((dialed_at, rung_at))
    return CallView(
        id=call.id,
        phase=phase,
        outcome=_outcome(bool(answered), direction) if over else None,
        direction=direction,
        extension=main.extension,
        answered_by=main.extension if answerers else None,
        remote=_remote(observations),
        name=next((o.name for o in observations if o.name), ""),
        reason=_reason(observations),
        identity=observations[0].identity,
        legs=legs,
        dialed_at=dialed_at,
        rung_at=rung_at,
        connected_at=connected_at,
        ended_at=ended_at,
        started_at=observations[0].at,
        last_at=observations[-1].at,
        ring_seconds=_seconds(begun, connected_at or ended_at),
        # 0 for a missed call, which makes it complete for `retention.is_stale`
        talk_seconds=(_seconds(connected_at, ended_at) or 0) if over else None,
    )


def _remote(observations: list[Observation]) -> RemoteNumber:
    # the events of one call differ: a later one may be withheld, or have only an extension
    numbers = [o.remote for o in observations if o.remote is not None]
    return min(numbers, key=lambda remote: KINDS.index(remote.kind), default=NOBODY)


def _reason(observations: list[Observation]) -> str:
    reasons = (o.reason for o in reversed(observations) if o.reason and o.phase in ENDS)
    return next(reasons, "")


def _observations(evidence: Iterable[Evidence]) -> set[Observation]:
    return {o for e in evidence for o in (e.first, e.last, e.fullest)}


def _legs(evidence: tuple[Evidence, ...]) -> tuple[Leg, ...]:
    """The legs of a call, sorted by extension.

    An end without an extension ends every leg that has no end of its own. An answer without one
    belongs to the only leg that can have given it, otherwise to the leg of the empty extension.
    """
    named: dict[str, list[Evidence]] = {}
    for e in evidence:
        named.setdefault(e.first.extension, []).append(e)
    nameless = named.pop("", [])
    answers = dict(named)
    unassigned: list[Evidence] = []
    for group in _by_external_id(nameless):
        candidates = _answerers(group, named)
        if len(candidates) == 1:
            answers[candidates[0]] = [*answers[candidates[0]], *group]
        else:
            unassigned += group
    legs = [
        _leg(x, own, answers[x], _ends(own) or [e for e in _ends(nameless) if _concerns(e, own)])
        for x, own in named.items()
    ]
    if nameless:
        legs.append(_leg("", nameless, unassigned, _ends(nameless)))
    return tuple(sorted(legs, key=lambda leg: leg.extension))


def _mark_transfers(legs: tuple[Leg, ...]) -> tuple[Leg, ...]:
    answer = _first(leg.connected_at for leg in legs)
    if answer is None:
        return legs
    latest = answer + TRANSFER_AFTER
    return tuple(
        replace(leg, transferred=leg.rung_at is not None and leg.rung_at > latest) for leg in legs
    )


def _by_external_id(nameless: list[Evidence]) -> list[list[Evidence]]:
    ids = sorted({e.first.external_id for e in nameless})
    return [[e for e in nameless if e.first.external_id == id_] for id_ in ids]


def _answerers(nameless: list[Evidence], named: dict[str, list[Evidence]]) -> list[str]:
    """The extensions that can have given an answer without an extension, if there is one.

    Legs that began to ring after the transfer window cannot. If some of the others report an answer
    of their own, it is one of those.
    """
    answer = _answered_at(nameless, _ends(nameless))
    if answer is None:
        return []
    latest = answer + TRANSFER_AFTER
    candidates = {
        x: own
        for x, own in named.items()
        if _concerns(nameless[0], own) and (_begun(own) or latest) <= latest
    }
    return [x for x, own in candidates.items() if _answered_at(own, _ends(own))] or [*candidates]


def _concerns(nameless: Evidence, leg: list[Evidence]) -> bool:
    """Whether evidence without an extension can be about this leg: ids of the sender must agree."""
    ids = {o.external_id for o in _observations(leg)} - {""}
    return not ids or nameless.first.external_id in {"", *ids}


def _leg(extension: str, own: list[Evidence], answers: list[Evidence], ends: list[Evidence]) -> Leg:
    ended_at = _last(e.last.at for e in ends)
    connected_at = _answered_at(answers, ends)
    answered = connected_at is not None
    # evidence is sorted by phase, so that a report that comes late never moves the leg back
    phase: Phase = "connected" if answered else own[-1].first.phase
    if ended_at is not None:
        # some phones report every end, and a missed call in addition
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
    """The first reported answer. Without one: the end, less the length of talk reported with it."""
    answer = _first(e.first.at for e in evidence if e.first.phase == "connected")
    # senders without an event for the answer have the length of talk in that for the end
    return answer or _before(_last(e.last.at for e in ends), _talk(evidence))


def _is_over(legs: tuple[Leg, ...]) -> bool:
    """Whether every leg has ended, or rang in a group in which another one answered.

    Many phones of a group report neither an end nor a missed call when another one answers.
    """
    # evidence without an extension only repeats what the named legs report, unless it is an answer
    legs = tuple(leg for leg in legs if leg.extension or leg.answered) or legs
    answer = _first(leg.connected_at for leg in legs)

    def is_settled(leg: Leg) -> bool:
        if leg.ended_at is not None:
            return True
        begun = _first((leg.dialed_at, leg.rung_at))
        return (
            not leg.answered
            and answer is not None
            and begun is not None
            and begun <= answer + TRANSFER_AFTER
        )

    return all(is_settled(leg) for leg in legs)


def _phase(legs: tuple[Leg, ...], over: bool, direction: Direction) -> Phase:
    if over:
        if any(leg.answered for leg in legs):
            return "ended"
        # nobody here missed an outbound call, unless a phone reports it as missed
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


def _direction(observations: list[Observation]) -> Direction:
    """Outbound if anything was dialled, otherwise the first direction reported, or inbound."""
    if any(o.phase == "dialed" for o in observations):
        return "outbound"
    return next((o.direction for o in observations if o.direction), "inbound")


def _talk(evidence: Iterable[Evidence]) -> timedelta | None:
    """The length of talk that ends report. It counts only where no answer was reported."""
    lengths = [o.talk_seconds or 0 for o in _observations(evidence) if o.phase in ENDS]
    longest = min(max(lengths, default=0), int(TALK_LIMIT.total_seconds()))
    return timedelta(seconds=longest) if longest > 0 else None


def _before(end: datetime | None, length: timedelta | None) -> datetime | None:
    return None if end is None or length is None else end - length


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else max(0, int((end - start).total_seconds()))


def _first(times: Iterable[datetime | None]) -> datetime | None:
    return min((t for t in times if t is not None), default=None)


def _last(times: Iterable[datetime | None]) -> datetime | None:
    return max((t for t in times if t is not None), default=None)
