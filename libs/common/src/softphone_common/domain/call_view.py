"""Computes the view of a call, as people see it, from its evidence."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from softphone_common.domain.call import (
    ENDS,
    KINDS,
    LEGS_KEPT,
    Call,
    Direction,
    Identity,
    Observation,
    Phase,
    in_order,
)
from softphone_common.domain.call_legs import TRANSFER_AFTER, Leg
from softphone_common.domain.further_legs import all_legs, further_moments, shown_legs
from softphone_common.domain.leg_times import first_of, last_of
from softphone_common.domain.matching import Match, counterpart_key
from softphone_common.domain.numbers.normalise import RemoteNumber

Outcome = Literal["answered", "missed", "unanswered"]

NOBODY = RemoteNumber("", None, "anonymous", "")
"""The remote number of a call that no observation has a number for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFields:
    """A call as API and page show it. Durations are whole seconds, None while they are open.

    `extension` is empty while no observation has one. `answered_by` is also None for a call that
    was answered, if no phone reports by which extension. `called` is the own number that was
    called, None for an outbound call and if no sender reports it. `external_ids` are those that the
    senders have for the call; a ring group of desk phones has one for each phone.

    A call has at most 100 `legs`, those that answered before the others by extension, and 100
    `external_ids`. `further_legs` is how many legs more were reported, counted up to 900. They
    count for phase, answer and times too; their numbers and names are not kept.
    """

    id: str
    phase: Phase
    outcome: Outcome | None
    direction: Direction
    extension: str
    answered_by: str | None
    remote: RemoteNumber
    name: str
    called: RemoteNumber | None = None
    called_name: str = ""
    reason: str
    identity: Identity
    external_ids: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()
    legs: tuple[Leg, ...]
    further_legs: int = 0
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


def view(call: Call, users_at: Container[str] = frozenset()) -> CallView:
    """Computes the view. Raises ValueError for a call without any evidence.

    An extension in `users_at`, which a user has, stands for the call before a group's number.
    """
    if not call.evidence:
        raise ValueError(f"call {call.id} has no evidence yet")
    observations = in_order(o for e in call.evidence for o in e.observations)
    legs = all_legs(call)
    moments = [observations[0].at, observations[-1].at, *further_moments(call)]
    answered = [leg for leg in legs if leg.answered]
    over = _is_over(legs)
    rung_at = first_of(leg.rung_at for leg in legs)
    connected_at = first_of(leg.connected_at for leg in legs)
    # the other phones of a ring group may report their end long after the talk
    ended_at = last_of(leg.ended_at for leg in answered or legs) if over else None
    direction = _direction(observations)
    named = [leg for leg in legs if leg.extension]
    answerers = [leg for leg in named if leg.answered]
    main = _main(answerers or named or legs, users_at)
    remote = _remote(observations, direction)
    called, called_name = _called(observations, direction)
    dialed_at = first_of(leg.dialed_at for leg in legs)
    return CallView(
        id=call.id,
        phase=_phase(legs, over, direction),
        outcome=_outcome(bool(answered), direction) if over else None,
        direction=direction,
        extension=main.extension,
        answered_by=main.extension if answerers else None,
        remote=remote,
        name=_name(observations, remote),
        called=called,
        called_name=called_name,
        reason=_reason(observations, legs),
        identity=observations[0].identity,
        external_ids=tuple(sorted({o.external_id for o in observations} - {""})[:LEGS_KEPT]),
        legs=shown_legs(legs),
        further_legs=len(call.further),
        dialed_at=dialed_at,
        rung_at=rung_at,
        connected_at=connected_at,
        ended_at=ended_at,
        started_at=min(moments),
        last_at=max(moments),
        ring_seconds=_seconds(first_of((dialed_at, rung_at)), connected_at or ended_at),
        # 0 for a missed call, which makes it complete for `call_result.is_stale`
        talk_seconds=(_seconds(connected_at, ended_at) or 0) if over else None,
    )


def _main(legs: Iterable[Leg], users_at: Container[str]) -> Leg:
    """The leg that stands for the call: the first that answered, or the first by extension."""

    def place(leg: Leg) -> tuple[bool, float, str]:
        answered_at = leg.connected_at.timestamp() if leg.connected_at else 0.0
        return leg.extension not in users_at, answered_at, leg.extension

    return min(legs, key=place)


def _remote(observations: list[Observation], direction: Direction) -> RemoteNumber:
    """The number that identifies the other party best; of several the last that was spoken with.

    The events of one call differ: a later one may be withheld, or have only an extension. A call
    that was dialled keeps the number that was dialled.
    """
    numbers = [o.remote for o in observations if o.remote is not None]
    first = min(numbers, key=_badness, default=NOBODY)
    if direction == "outbound":
        return first
    answered = [o.remote for o in observations if o.remote is not None and o.phase == "connected"]
    last = min(reversed(answered), key=_badness, default=first)
    if _badness(last) > _badness(first) or counterpart_key(last) == counterpart_key(first):
        return first
    return last


def _badness(remote: RemoteNumber) -> int:
    return KINDS.index(remote.kind)


def _name(observations: list[Observation], remote: RemoteNumber) -> str:
    """The first name that came with this number, or without any while there is no other number."""
    party_of = {number: _party(number) for number in {o.remote for o in observations}}
    parties = {*party_of.values()} - {None}
    party = {counterpart_key(remote)} if len(parties) > 1 else {None, *parties}
    return next((o.name for o in observations if o.name and party_of[o.remote] in party), "")


def _party(remote: RemoteNumber | None) -> str | None:
    """The key of the other party, or None if the number does not identify the party."""
    if remote is None or remote.kind in {"anonymous", "invalid"}:
        return None
    return counterpart_key(remote)


def _called(
    observations: list[Observation], direction: Direction
) -> tuple[RemoteNumber | None, str]:
    """The first own number of the best kind: after a transfer it may be a colleague's extension."""
    numbers = [] if direction == "outbound" else [o.called for o in observations if o.called]
    called = min(numbers, key=_badness, default=None)
    names = (o.called_name for o in observations if o.called == called)
    return called, next((name for name in names if called and name), "")


def _reason(observations: list[Observation], legs: Iterable[Leg]) -> str:
    """The last reason of an end; of an answered call only that of the phones that answered."""
    answered = {(leg.extension, leg.device) for leg in legs if leg.answered}
    reasons = (
        o.reason
        for o in reversed(observations)
        if o.reason
        and o.phase in ENDS
        and (not answered or not o.extension or (o.extension, o.device) in answered)
    )
    return next(reasons, "")


def _is_over(legs: tuple[Leg, ...]) -> bool:
    """Whether every leg has ended, or rang in a group in which another one answered.

    Many phones of a group report neither an end nor a missed call when another one answers.
    """
    # evidence without an extension only repeats what the named legs report, unless it is an answer
    legs = tuple(leg for leg in legs if leg.extension or leg.answered) or legs
    answer = first_of(leg.connected_at for leg in legs)

    def is_settled(leg: Leg) -> bool:
        if leg.ended_at is not None:
            return True
        begun = leg.begun_at
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
    still = [leg for leg in legs if leg.ended_at is None]
    rings_again = any(leg.reopened_at and leg.phase == "ringing" for leg in still)
    if any(leg.phase == "connected" for leg in still):
        return "connected"
    if any(leg.answered for leg in legs) and not rings_again:
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


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else max(0, int((end - start).total_seconds()))
