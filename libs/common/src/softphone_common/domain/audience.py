"""Selects the users a call concerns, and how much of it they may see. Only they hear of it.

The users at an extension of a call see the whole call, except where the extension is a guest: all
that reported it came to the call by an id that devices share, or by an answer for its number, after
it had begun and not ringing along. Such an id is known to more people than those at the desk, and
a second desk may talk with the same party, so the past and the other party's number stay with the
desk. Administrators see every call as a whole.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from softphone_common.domain.call import Call, Evidence, Observation, fold_all

OTHERS_SHOWN = 10
"""Other legs that a guest sees. With all of them guests would cost the square of their number."""


@dataclass(frozen=True, slots=True)
class Part:
    """A call as the users at some extensions may see it; comments from `since` on, None for all."""

    call: Call
    since: datetime | None = None


def audience(extensions: Iterable[str], users_at: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The ids of all users at these extensions; `users_at` has the user ids of each extension."""
    return frozenset(user for x in extensions for user in users_at.get(x, ()))


def extensions_of(call: Call) -> frozenset[str]:
    """The extensions of the legs that are kept of the call, and of the others that answered.

    Of those only the hosts: nothing is kept of the others that a guest could see.
    """
    return frozenset(e.first.extension for e in call.evidence) - {""} | _further_hosts(call)


def guests_of(call: Call) -> frozenset[str]:
    """The extensions that are guests."""
    hosts = {
        e.first.extension
        for e in call.evidence
        if not (e.first.by_shared_id and e.last.by_shared_id and e.fullest.by_shared_id)
    }
    return extensions_of(call) - hosts - _further_hosts(call)


class Parts:
    """The parts of one call for its users: preparing them costs what the call costs, once.

    Each part then costs what its users reported themselves, and a bounded number of other legs.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self.extensions = extensions_of(call)
        self.guests = guests_of(call)
        self._named: dict[str, list[Evidence]] = {}
        self._nameless: dict[str, list[Evidence]] = {}
        for e in call.evidence:
            if e.first.extension:
                self._named.setdefault(e.first.extension, []).append(e)
            else:
                self._nameless.setdefault(e.first.external_id, []).append(e)
        self._others = _first_legs(call) if self.guests else []

    def for_users_at(self, extensions: Collection[str]) -> Part | None:
        """The call for users at these extensions, None if they have no part in it.

        Guests see what they report themselves, and how the first `OTHERS_SHOWN` legs go on from
        then on, without their numbers, names and ids.
        """
        own = self.extensions & frozenset(extensions)
        if not own:
            return None
        if own - self.guests:
            return Part(self._call)
        reported = [o for x in own for e in self._named[x] for o in e.observations]
        since = min(o.at for o in reported)
        ids = {o.external_id for o in reported} | {""}
        others = [e for e in self._others if e.first.extension not in own]
        others += [e for id_ in ids for e in self._nameless.get(id_, ())]
        later = [_without_party(o, ids) for e in others for o in e.observations if o.at >= since]
        return Part(fold_all(Call(self._call.id), [*reported, *later]), since)


def part_for(call: Call, extensions: Collection[str]) -> Part | None:
    """The part of the call for users at these extensions, as `Parts` has it."""
    return Parts(call).for_users_at(extensions)


def _first_legs(call: Call) -> list[Evidence]:
    """The evidence of the legs that guests see in addition to their own: those that began first.

    Later legs do not displace them, since browsers take a leg that is gone for a sign of old data.
    """
    legs: dict[tuple[str, str], list[Evidence]] = {}
    for e in call.evidence:
        if e.first.extension:
            legs.setdefault((e.first.extension, e.first.device), []).append(e)
    begun = {leg: min(e.first.at for e in own) for leg, own in legs.items()}
    first = sorted(legs, key=lambda leg: (begun[leg], leg))[:OTHERS_SHOWN]
    return [e for leg in first for e in legs[leg]]


def _without_party(observation: Observation, ids: Collection[str]) -> Observation:
    external_id = observation.external_id if observation.external_id in ids else ""
    return replace(
        observation,
        remote=None,
        name="",
        called=None,
        called_name="",
        external_id=external_id,
        hit="",
    )


def _further_hosts(call: Call) -> frozenset[str]:
    answered = (t for t in call.further if t.connected_at is not None and not t.by_shared_id)
    return frozenset(t.extension for t in answered) - {""}
