"""Folds observations into calls. Any order and any number of repetitions give an equal call.

The bus delivers at least once and in no order across phones, and two services fold independently.
So the state of a call is a join-semilattice, and folding is its join:

- Under a total order, `min` and `max` are commutative, associative and idempotent.
- The union of sets, cut to its k smallest and k greatest members, is one as well.
- An Evidence is a tuple of them (first, last, fullest, between) over all observations of one slot.
  A product of joins is a join.
- A Call is a map from slots to evidence, joined slot by slot. A slot without evidence is the
  bottom.
- A call keeps its first `LEGS_KEPT` legs, in an order that depends on nothing but their names. A
  leg that is among them in the end was so from its first observation on, since later legs only
  push others back. The next `LEGS_COUNTED` legs keep a few times, each a minimum or a
  maximum, and all further ones the join of these. The times of a leg can be computed from its
  evidence as well as from its observations, so it makes no difference when a leg was pushed back.

Everything else about a call is computed from this state (`call_view.view`) and never stored into
it: a rule such as "the talk began at the first answer" can change without a migration, and late
observations need no special case.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Literal

from softphone_common.domain.leg_times import LegTimes, join_all
from softphone_common.domain.numbers.normalise import Kind, RemoteNumber

Phase = Literal["dialed", "ringing", "connected", "ended", "missed"]
Direction = Literal["inbound", "outbound"]
Identity = Literal["phone", "click", "derived"]

PHASES: tuple[Phase, ...] = ("dialed", "ringing", "connected", "ended", "missed")
KINDS: tuple[Kind, ...] = ("external", "service", "internal", "anonymous", "invalid")
"""Kinds of remote numbers, those that identify the other party best first."""

ENDS: frozenset[Phase] = frozenset({"ended", "missed"})
ENDS_KEPT = 8
"""How many of the first and of the last ends are kept of one slot."""
LEGS_KEPT = 100
"""Legs of a call that are kept, the first by extension and device; of the others only times are.

As many ids of the sender are kept of what has no extension.
"""
LEGS_COUNTED = 900
"""Legs whose times are kept, the next by extension and device; the others are joined to one."""


_Slot = tuple[str, str, int, str]
"""Extension, device, phase; without an extension the phase and an id of the sender."""
_Leg = tuple[str, str, str]
"""A slot without its phase."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One event of a phone or a click, assigned to a call.

    `at` is aware UTC with milliseconds. If the phone does not report them, `extension` is empty,
    and `remote` and `direction` are None. `talk_seconds` is as the phone measured it.
    `external_id` is the sender's id of the call, `call_id` ours. `hit` is the id of the request in
    the inspector, empty for a click. `called` is the own number that
    was called, and `called_name` its name in the tenant's settings.
    """

    call_id: str
    phase: Phase
    extension: str
    remote: RemoteNumber | None
    at: datetime
    direction: Direction | None = None
    name: str = ""
    reason: str = ""
    talk_seconds: int | None = None
    external_id: str = ""
    identity: Identity = "phone"
    device: str = ""
    called: RemoteNumber | None = None
    called_name: str = ""
    by_shared_id: bool = False
    """Whether the device came to the call of another one by an id that they share, or by an answer
    without a ring."""
    hit: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The observations that are kept of one slot: the first, the last and the `fullest`.

    Phones repeat events. First and last give the times; a length of talk or a number that only a
    repetition between them has is kept by the fullest. Ends `between` are kept too, because a
    ring or an answer that may arrive later decides which of them ended the call.
    """

    first: Observation
    last: Observation
    fullest: Observation
    between: tuple[Observation, ...] = ()

    @property
    def observations(self) -> tuple[Observation, ...]:
        """All observations that are kept; one of those between may be in it twice."""
        if self.first == self.last:
            return (self.first,)
        if self.fullest in (self.first, self.last):
            return self.first, self.last, *self.between
        return self.first, self.last, self.fullest, *self.between


@dataclass(frozen=True, slots=True)
class Call:
    """The state of one call: at most one evidence for each slot, sorted by slot.

    A slot is a phase of one device at an extension. For observations without an extension it is a
    phase and an id of the sender: a call that was transferred has several ids, and the end of one
    does not end the others.

    `further` has the times of legs without evidence here, sorted, at most `LEGS_COUNTED`; `rest` is
    the join of all legs beyond these.
    """

    id: str
    evidence: tuple[Evidence, ...] = ()
    further: tuple[LegTimes, ...] = ()
    rest: LegTimes | None = None


def fold(call: Call, observation: Observation) -> Call:
    """Joins one observation to the call. Raises ValueError if it belongs to another call."""
    return fold_all(call, (observation,))


def fold_all(call: Call, observations: Iterable[Observation]) -> Call:
    """Joins all these observations to the call, in one pass over what it has already."""
    slots = {_slot(e.first): e for e in call.evidence}
    known = len(slots)
    changed = False
    for observation in observations:
        if observation.call_id != call.id:
            raise ValueError(f"observation of call {observation.call_id} folded into {call.id}")
        slot = _slot(observation)
        evidence = slots.get(slot)
        joined = _join(evidence, observation)
        if joined != evidence:
            slots[slot] = joined
            changed = True
    if not changed:
        return call
    if len(slots) == known:
        return replace(call, evidence=tuple(slots.values()))
    dropped = _dropped({_leg(slot) for slot in slots})
    # sorted, so that equal states are equal tuples and are stored as equal documents
    kept = sorted(slot for slot in slots if _leg(slot) not in dropped)
    times = (_times(leg, slots[slot]) for slot in slots if (leg := _leg(slot)) in dropped)
    further, rest = join_all(call.further, call.rest, times, LEGS_COUNTED)
    return Call(call.id, tuple(slots[s] for s in kept), further, rest)


def _join(evidence: Evidence | None, observation: Observation) -> Evidence:
    if evidence is None:
        return Evidence(observation, observation, observation)
    if observation in (evidence.first, evidence.last, evidence.fullest):
        return evidence  # a repetition
    return Evidence(
        min(evidence.first, observation, key=order),
        max(evidence.last, observation, key=order),
        max(evidence.fullest, observation, key=_fullness),
        _between(evidence, observation) if observation.phase in ENDS else (),
    )


def _dropped(legs: set[_Leg]) -> set[_Leg]:
    """The legs beyond those kept: those with an extension apart from those without one."""
    named = sorted(leg for leg in legs if leg[0])
    nameless = sorted(leg for leg in legs if not leg[0])
    return {*named[LEGS_KEPT:], *nameless[LEGS_KEPT:]}


def _times(leg: _Leg, evidence: Evidence) -> LegTimes:
    """The times of one slot of a leg; those of the leg are their join over its slots."""
    first, last = evidence.first, evidence.last
    if first.phase in ENDS:
        talk = max(0, evidence.fullest.talk_seconds or 0)
        return LegTimes(*leg, ended_at=last.at, talk_seconds=talk)
    if first.phase == "connected":
        shared = first.by_shared_id
        return LegTimes(*leg, connected_at=first.at, answered_at=last.at, by_shared_id=shared)
    return LegTimes(*leg, begun_at=first.at, rung_at=last.at)


def _between(evidence: Evidence, observation: Observation) -> tuple[Observation, ...]:
    kept = {evidence.first, *evidence.between, evidence.last, observation}
    ends = sorted(kept, key=order)
    if len(ends) > 2 * ENDS_KEPT:
        ends = ends[:ENDS_KEPT] + ends[-ENDS_KEPT:]
    return tuple(ends[1:-1])


def _slot(observation: Observation) -> _Slot:
    o = observation
    phase = PHASES.index(o.phase)
    return (o.extension, o.device, phase, "") if o.extension else ("", "", phase, o.external_id)


def _leg(slot: _Slot) -> _Leg:
    extension, device, _, external_id = slot
    return extension, device, external_id


def _fullness(observation: Observation) -> tuple[Any, ...]:
    """A total order by how much an observation says; ends with `order`, which breaks every tie."""
    o = observation
    talk = max(0, o.talk_seconds or 0)
    kind = -KINDS.index(o.remote.kind) if o.remote else -len(KINDS)
    return talk, kind, o.name != "", o.reason != "", o.called is not None, *order(o)


def order(observation: Observation) -> tuple[Any, ...]:
    """A total order of observations: by time, then by every other field.

    Two observations compare equal only if they are equal. An order by time alone would let the one
    that arrives first win a tie, and the fold would depend on the order of arrival.
    """
    o = observation
    # None does not compare with a value, so each optional field becomes a pair
    talk = (o.talk_seconds is not None, o.talk_seconds or 0)
    rest = (o.direction or "", o.name, o.reason, talk, o.external_id, o.identity, o.device)
    called = (_number(o.called), o.called_name, o.hit)
    # who came by a shared id comes next to the time, so that the first answer decides it alone
    return (o.at, o.by_shared_id, *_slot(o), _number(o.remote), *rest, *called)


def in_order(observations: Iterable[Observation]) -> list[Observation]:
    """The observations sorted by `order`, which is computed only for those of one moment."""
    by_time = groupby(sorted(observations, key=_at), key=_at)
    return [o for _, moment in by_time for o in sorted(moment, key=order)]


def _at(observation: Observation) -> datetime:
    return observation.at


def _number(number: RemoteNumber | None) -> tuple[Any, ...]:
    if number is None:
        return ()
    e164 = (number.e164 is not None, number.e164 or "")
    return (number.raw, number.kind, e164, number.display, number.ext)
