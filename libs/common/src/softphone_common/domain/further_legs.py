"""Adds to the legs of a call those whose times alone are kept, so that their answers count."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from softphone_common.domain.call import ENDS, LEGS_KEPT, Call, Phase
from softphone_common.domain.call_legs import (
    OVERTAKEN,
    TALK_LIMIT,
    TRANSFER_AFTER,
    Leg,
    legs_of,
    mark_transfers,
)
from softphone_common.domain.leg_times import LegTimes, first_of, last_of


def all_legs(call: Call) -> tuple[Leg, ...]:
    """All legs of a call, sorted by extension and device.

    All legs beyond those that are counted are one, if any of them answered. That leg ends with the
    last end of any, so it may seem over while the one that answered still talks.
    """
    legs = legs_of(call.evidence)
    if not call.further:
        return legs
    ends = sorted(
        o.at
        for e in call.evidence
        if not e.first.extension and e.first.phase in ENDS
        for o in e.observations
    )
    # without an extension an answer alone counts, for the other events repeat those of desks
    counting = [times for times in call.further if times.extension or times.is_answered]
    if call.rest is not None and call.rest.is_answered:
        counting.append(call.rest)
    further = [_leg(times, ends) for times in counting]
    # a click, which no device reports, belongs to the devices at its extension
    of_devices = {leg.extension for leg in (*legs, *further) if leg.device}
    joined = [
        leg
        for leg in (*legs, *further)
        if leg.device or not leg.extension or leg.extension not in of_devices
    ]
    return mark_transfers(sorted(joined, key=lambda leg: (leg.extension, leg.device)))


def further_moments(call: Call) -> list[datetime]:
    """The times that are kept of legs beyond those with evidence, in no order."""
    further = call.further if call.rest is None else (*call.further, call.rest)
    return [at for times in further for at in times.moments]


def shown_legs(legs: Sequence[Leg]) -> tuple[Leg, ...]:
    """At most `LEGS_KEPT` legs: those that answered, then the first by extension and device."""
    if len(legs) <= LEGS_KEPT:
        return tuple(legs)
    places = sorted(range(len(legs)), key=lambda n: (not legs[n].answered, legs[n].extension == ""))
    return tuple(legs[n] for n in sorted(places[:LEGS_KEPT]))


def _leg(times: LegTimes, nameless_ends: Sequence[datetime]) -> Leg:
    ended_at = times.ended_at
    if ended_at is None or _is_open_after(times, ended_at):
        opened_at = last_of((times.rung_at, times.answered_at))
        after = (at for at in nameless_ends if opened_at is None or at >= opened_at)
        closed_at = next(after, None)
    else:
        closed_at = ended_at
    connected_at = times.connected_at
    if connected_at is None and times.is_answered and ended_at is not None:
        length = min(times.talk_seconds, int(TALK_LIMIT.total_seconds()))
        connected_at = ended_at - timedelta(seconds=length)
    rings_again = ended_at is not None and times.rung_at is not None and times.rung_at > ended_at
    return Leg(
        extension=times.extension,
        phase=_phase(times, ended_at, closed_at),
        answered=times.is_answered,
        dialed_at=None,
        rung_at=times.begun_at,
        connected_at=connected_at,
        ended_at=closed_at,
        device=times.device if times.extension else "",
        reopened_at=times.rung_at if rings_again and closed_at is None else None,
    )


def _is_open_after(times: LegTimes, ended_at: datetime) -> bool:
    """Whether the leg rang or answered after its last end, and that end did not overtake it."""
    begun = first_of((times.begun_at, times.connected_at))
    grace = TRANSFER_AFTER if begun is not None and ended_at < begun else timedelta(0)
    rang = times.rung_at is not None and times.rung_at > ended_at + grace
    answer = times.answered_at
    return rang or (answer is not None and answer > ended_at + max(grace, OVERTAKEN))


def _phase(times: LegTimes, ended_at: datetime | None, closed_at: datetime | None) -> Phase:
    if closed_at is not None:
        return "ended"
    answer = times.answered_at
    is_connected = answer is not None and (ended_at is None or answer > ended_at)
    return "connected" if is_connected else "ringing"
