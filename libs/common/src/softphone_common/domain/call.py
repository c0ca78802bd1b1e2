"""Folds observations into calls. Any order and any number of repetitions give an equal call.

The bus delivers at least once and in no order across phones, and two services fold independently.
So the state of a call is a join-semilattice, and folding is its join:

- Under a total order, `min` and `max` are commutative, associative and idempotent.
- An Evidence is a triple of them (first, last, fullest) over all observations of one slot. A
  product of joins is a join.
- A Call is a map from slots to evidence, joined slot by slot. A slot without evidence is the
  bottom.

Everything else about a call is computed from this state (`call_view.view`) and never stored into
it: a rule such as "the talk began at the first answer" can change without a migration, and late
observations need no special case.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Any, Literal

from softphone_common.domain.numbers.normalise import Kind, RemoteNumber

Phase = Literal["dialed", "ringing", "connected", "ended", "missed"]
Direction = Literal["inbound", "outbound"]
Identity = Literal["phone", "click", "derived"]

PHASES: tuple[Phase, ...] = ("dialed", "ringing", "connected", "ended", "missed")
KINDS: tuple[Kind, ...] = ("external", "service", "internal", "anonymous", "invalid")
"""Kinds of remote numbers, those that identify the other party best first."""

ENDS: frozenset[Phase] = frozenset({"ended", "missed"})


@dataclass(frozen=True, slots=True)
class Observation:
    """One event of a phone or a click, assigned to a call.

    `at` is aware UTC with milliseconds. If the phone does not report them, `extension` is empty,
    and `remote` and `direction` are None. `talk_seconds` is as the phone measured it.
    `external_id` is the sender's id of the call, `call_id` ours.
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


@dataclass(frozen=True, slots=True)
class Evidence:
    """The three observations that are kept of one slot: the first, the last and the `fullest`.

    Phones repeat events. First and last give the times; a length of talk or a number that only a
    repetition between them has is kept by the fullest.
    """

    first: Observation
    last: Observation
    fullest: Observation


@dataclass(frozen=True, slots=True)
class Call:
    """The state of one call: at most one evidence for each slot, sorted by slot.

    A slot is a phase at an extension. For observations without an extension it is a phase and an id
    of the sender: a call that was transferred has several ids, and the end of one does not end the
    others.
    """

    id: str
    evidence: tuple[Evidence, ...] = ()


def fold(call: Call, observation: Observation) -> Call:
    """Joins one observation to the call. Raises ValueError if it belongs to another call."""
    if observation.call_id != call.id:
        raise ValueError(f"observation of call {observation.call_id} folded into {call.id}")
    slots = {_slot(e.first): e for e in call.evidence}
    slot = _slot(observation)
    evidence = slots.get(slot) or Evidence(observation, observation, observation)
    slots[slot] = Evidence(
        min(evidence.first, observation, key=order),
        max(evidence.last, observation, key=order),
        max(evidence.fullest, observation, key=_fullness),
    )
    # sorted, so that equal states are equal tuples and are stored as equal documents
    return replace(call, evidence=tuple(slots[s] for s in sorted(slots)))


def fold_all(call: Call, observations: Iterable[Observation]) -> Call:
    """Joins all these observations to the call."""
    return reduce(fold, observations, call)


def _slot(observation: Observation) -> tuple[str, int, str]:
    o = observation
    return o.extension, PHASES.index(o.phase), "" if o.extension else o.external_id


def _fullness(observation: Observation) -> tuple[Any, ...]:
    """A total order by how much an observation says; ends with `order`, which breaks every tie."""
    o = observation
    talk = max(0, o.talk_seconds or 0)
    kind = -KINDS.index(o.remote.kind) if o.remote else -len(KINDS)
    return talk, kind, o.name != "", o.reason != "", *order(o)


def order(observation: Observation) -> tuple[Any, ...]:
    """A total order of observations: by time, then by every other field.

    Two observations compare equal only if they are equal. An order by time alone would let the one
    that arrives first win a tie, and the fold would depend on the order of arrival.
    """
    o = observation
    # None does not compare with a value, so each optional field becomes a pair
    talk = (o.talk_seconds is not None, o.talk_seconds or 0)
    number: tuple[Any, ...] = ()
    if o.remote is not None:
        e164 = (o.remote.e164 is not None, o.remote.e164 or "")
        number = (o.remote.raw, o.remote.kind, e164, o.remote.display, o.remote.ext)
    rest = (o.direction or "", o.name, o.reason, talk, o.external_id, o.identity, o.device)
    return (o.at, *_slot(o), number, *rest)
