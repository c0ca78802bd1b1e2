"""Folds observations into calls, in any order and any number of times, to the same call."""

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
"""Kinds of remote numbers, the one that says most of who it is first."""

ENDS: frozenset[Phase] = frozenset({"ended", "missed"})


@dataclass(frozen=True, slots=True)
class Observation:
    """What one hit says in our words.

    `at` is aware UTC, milliseconds: when the hit arrived. `extension` is empty, `remote` and
    `direction` are None where the phone does not tell. `talk_seconds` is what the phone itself says
    of the talk's length, if it says it.
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
    """What one phase at one extension leaves behind: all the fold ever needs.

    The first and the last observation, and the `fullest`: of a phase told more than twice, the one
    with a length or a number would else be lost between them.
    """

    first: Observation
    last: Observation
    fullest: Observation


@dataclass(frozen=True, slots=True)
class Call:
    """All that is known of one call: at most one evidence for each phase of each extension.

    What is said without an extension has one for each phase and id of the sender: a call handed on
    has several ids, and the end of one is not that of the others.

    The evidence is a lattice: folding takes minima and maxima under total orders, which is what
    makes it commutative and idempotent. All else is computed from it (`views.view`).
    """

    id: str
    evidence: tuple[Evidence, ...] = ()


def fold(call: Call, observation: Observation) -> Call:
    """The call with this observation known too. Raises ValueError if it is of another call."""
    if observation.call_id != call.id:
        raise ValueError(f"observation of call {observation.call_id} folded into {call.id}")
    slots = {_slot(e.first): e for e in call.evidence}
    slot = _slot(observation)
    known = slots.get(slot) or Evidence(observation, observation, observation)
    slots[slot] = Evidence(
        min(known.first, observation, key=order),
        max(known.last, observation, key=order),
        max(known.fullest, observation, key=_fullness),
    )
    return replace(call, evidence=tuple(slots[s] for s in sorted(slots)))


def fold_all(call: Call, observations: Iterable[Observation]) -> Call:
    """The call with all these observations known too."""
    return reduce(fold, observations, call)


def _slot(observation: Observation) -> tuple[str, int, str]:
    o = observation
    return o.extension, PHASES.index(o.phase), "" if o.extension else o.external_id


def _fullness(observation: Observation) -> tuple[Any, ...]:
    o = observation
    talk = max(0, o.talk_seconds or 0)
    kind = -KINDS.index(o.remote.kind) if o.remote else -len(KINDS)
    return talk, kind, o.name != "", o.reason != "", *order(o)


def order(observation: Observation) -> tuple[Any, ...]:
    """A total order: by time, then by everything else, so that no two differing ones are equal."""
    o = observation
    talk = (o.talk_seconds is not None, o.talk_seconds or 0)
    number: tuple[Any, ...] = ()
    if o.remote is not None:
        e164 = (o.remote.e164 is not None, o.remote.e164 or "")
        number = (o.remote.raw, o.remote.kind, e164, o.remote.display, o.remote.ext)
    rest = (o.direction or "", o.name, o.reason, talk, o.external_id, o.identity, o.device)
    return (o.at, *_slot(o), number, *rest)
