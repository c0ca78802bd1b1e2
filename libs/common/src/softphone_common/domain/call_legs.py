"""Computes the legs of a call from its evidence: what each device at each extension did."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from softphone_common.domain.call import ENDS, Evidence, Observation, Phase
from softphone_common.domain.leg_times import first_of, last_of

TRANSFER_AFTER = timedelta(seconds=5)
"""Time after the first answer from which a new leg is a transfer.

The phones of a ring group ring at nearly one moment, but their reports travel separately, so some
arrive after the answer. A person needs longer than this to transfer a call.
"""

OVERTAKEN = timedelta(seconds=1)
"""Time after an end within which an answer was overtaken by that end and opens nothing.

Phones send each event in a request of its own, and seldom with its time.
"""

TALK_LIMIT = timedelta(days=1)
"""The longest talk time taken from a phone. More is a counter in milliseconds, or garbage."""

_Key = tuple[str, str]
"""An extension and a device at it."""


@dataclass(frozen=True, slots=True)
class Leg:
    """The part of one device at one extension in a call. The leg with the empty extension stands
    for all observations without one."""

    extension: str
    phase: Phase
    answered: bool
    dialed_at: datetime | None
    rung_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    transferred: bool = False
    """Whether it began to ring so long after the first answer that it is a transfer."""
    device: str = ""
    reopened_at: datetime | None = None
    """The first ring or answer that is known after an end: a queue rings an agent again."""

    @property
    def begun_at(self) -> datetime | None:
        """When it last began to ring."""
        return self.reopened_at or first_of((self.dialed_at, self.rung_at))


def legs_of(evidence: tuple[Evidence, ...]) -> tuple[Leg, ...]:
    """The legs of a call, sorted by extension and device.

    An end without an extension ends every leg that has no end of its own. An answer without one
    belongs to the only leg that can have given it, otherwise to the leg of the empty extension.
    """
    named: dict[_Key, list[Evidence]] = {}
    for e in evidence:
        key = (e.first.extension, e.first.device if e.first.extension else "")
        named.setdefault(key, []).append(e)
    nameless = named.pop(("", ""), [])
    named = _with_clicks(named)
    desks = [_Desk(key, own) for key, own in named.items()]
    answers: dict[_Key, list[Evidence]] = {}
    unassigned: list[Evidence] = []
    groups = _by_external_id(nameless)
    for external_id, group in groups.items():
        candidates = _answerers(external_id, group, desks)
        if len(candidates) == 1:
            answers.setdefault(candidates[0], []).extend(group)
        else:
            unassigned += group
    shared = _NamelessEnds(groups)
    legs = [
        _leg(desk.key, desk.own, [*desk.own, *answers.get(desk.key, ())], shared.of(desk))
        for desk in desks
    ]
    if nameless:
        legs.append(_leg(("", ""), nameless, unassigned, _Ends(())))
    return mark_transfers(sorted(legs, key=lambda leg: (leg.extension, leg.device)))


def mark_transfers(legs: Sequence[Leg]) -> tuple[Leg, ...]:
    """The legs, with those marked that began to ring too late for the first answer's group."""
    answer = first_of(leg.connected_at for leg in legs)
    if answer is None:
        return tuple(legs)
    latest = answer + TRANSFER_AFTER
    return tuple(
        replace(leg, transferred=leg.rung_at is not None and leg.rung_at > latest) for leg in legs
    )


def _with_clicks(named: dict[_Key, list[Evidence]]) -> dict[_Key, list[Evidence]]:
    """Gives what no device reported, such as a click, to the devices at its extension."""
    of_devices = {key: own for key, own in named.items() if key[1]}
    extensions = {extension for extension, _ in of_devices}
    shared = {
        key: [*own, *named.get((key[0], ""), ())] if key[1] else own
        for key, own in named.items()
        if key[1] or key[0] not in extensions
    }
    return dict(sorted(shared.items()))


def _by_external_id(nameless: list[Evidence]) -> dict[str, list[Evidence]]:
    groups: dict[str, list[Evidence]] = {}
    for e in sorted(nameless, key=lambda e: e.first.external_id):
        groups.setdefault(e.first.external_id, []).append(e)
    return groups


class _Desk:
    """A leg with an extension: its evidence, and what decides which nameless evidence is its own.

    `ids` are those that the senders have for it: they must agree with those of other evidence.
    """

    def __init__(self, key: _Key, own: list[Evidence]) -> None:
        self.key = key
        self.own = own
        self.ids = {o.external_id for e in own for o in e.observations} - {""}
        self.begun = _begun(own)
        self.is_answered = _answered_at(own) is not None

    def is_concerned(self, external_id: str) -> bool:
        """Whether evidence without an extension can be about this leg."""
        return not self.ids or external_id == "" or external_id in self.ids


class _Ends:
    """Ends sorted by time, so that each leg finds its own without a pass over all."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        self.all = sorted(observations, key=_at)
        self._last_missed = last_of(o.at for o in self.all if o.phase == "missed")

    def since(self, opened_at: datetime | None) -> list[Observation]:
        """Those that did not come before the last ring or answer."""
        return self.all[self._position(opened_at) :]

    def last_before(self, opened_at: datetime | None) -> datetime | None:
        """When the last of the others came."""
        position = self._position(opened_at)
        return self.all[position - 1].at if position else None

    def is_missed_since(self, at: datetime) -> bool:
        """Whether any from this time on reports a missed call."""
        return self._last_missed is not None and self._last_missed >= at

    def _position(self, opened_at: datetime | None) -> int:
        return 0 if opened_at is None else bisect_left(self.all, opened_at, key=_at)


class _NamelessEnds:
    """The ends without an extension, sorted once for all legs that they are about."""

    def __init__(self, groups: dict[str, list[Evidence]]) -> None:
        ends = {id_: [*_observations(_ends(group))] for id_, group in groups.items()}
        self._by_id = {id_: observations for id_, observations in ends.items() if observations}
        self._all = _Ends(o for observations in ends.values() for o in observations)

    def of(self, desk: _Desk) -> _Ends:
        """Those that can be about this leg."""
        ids = self._by_id.keys() & {"", *desk.ids} if desk.ids else self._by_id.keys()
        if len(ids) == len(self._by_id):
            return self._all
        return _Ends(o for id_ in ids for o in self._by_id[id_])


def _answerers(external_id: str, group: list[Evidence], desks: list[_Desk]) -> list[_Key]:
    """The legs that can have given an answer without an extension, if there is one.

    Legs that began to ring after the transfer window cannot. If some of the others report an answer
    of their own, it is one of those.
    """
    answer = _answered_at(group)
    if answer is None:
        return []
    latest = answer + TRANSFER_AFTER
    candidates = [
        desk
        for desk in desks
        if desk.is_concerned(external_id) and (desk.begun or latest) <= latest
    ]
    return [d.key for d in candidates if d.is_answered] or [d.key for d in candidates]


def _leg(key: _Key, own: list[Evidence], answers: list[Evidence], others: _Ends) -> Leg:
    """The leg of its own evidence, its answers, and the ends without an extension."""
    reported = _Ends(_observations(_ends(own)))
    rings = [e for e in own if e.first.phase in {"dialed", "ringing"}]
    rung = {at for e in rings for at in (e.first.at, e.last.at)}
    talks = _answer_times(answers, reported.all, rung)
    opened_at = _opened_at(rings, talks, reported.all)
    ends = reported if reported.since(opened_at) else others
    closing = ends.since(opened_at)
    ended_at = _first_end(closing, per_id=not key[0])
    connected_at = _answered_at(answers, ended_at)
    answered = connected_at is not None
    before = (reported if reported.all else others).last_before(opened_at)
    if ended_at is not None:
        # some phones report every end, and a missed call in addition
        missed = ends.is_missed_since(closing[0].at)
        phase: Phase = "missed" if missed and not answered else "ended"
    else:
        phase = _open_phase(rings, talks, before)
    return Leg(
        extension=key[0],
        phase=phase,
        answered=answered,
        dialed_at=first_of(e.first.at for e in own if e.first.phase == "dialed"),
        rung_at=first_of(e.first.at for e in own if e.first.phase == "ringing"),
        connected_at=connected_at,
        ended_at=ended_at,
        device=key[1],
        reopened_at=_reopened_at(rings, talks, before),
    )


def _open_phase(rings: list[Evidence], talks: list[datetime], before: datetime | None) -> Phase:
    """The furthest phase since the last end, so that a late report never moves the leg back."""
    since = {e.first.phase for e in rings if before is None or e.last.at > before}
    # an answer without an extension counts as one of the desk that gave it
    if not since or any(before is None or at > before for at in talks):
        return "connected"
    return "ringing" if "ringing" in since else "dialed"


def _reopened_at(
    rings: list[Evidence], talks: list[datetime], before: datetime | None
) -> datetime | None:
    if before is None:
        return None
    begins = [at for e in rings for at in (e.first.at, e.last.at)]
    return first_of(at for at in (*begins, *talks) if at > before)


def _opened_at(
    rings: list[Evidence], talks: list[datetime], ends: list[Observation]
) -> datetime | None:
    """The last ring or answer. An end just before the first of them overtook them and stays."""
    begins = [*(at for e in rings for at in (e.first.at, e.last.at)), *talks]
    if not begins:
        return None
    first = min(begins)
    early = last_of(o.at for o in ends if first - TRANSFER_AFTER <= o.at < first)
    if early is None:
        return max(begins)
    return last_of((early, *(at for at in begins if at > early + TRANSFER_AFTER)))


def _first_end(closing: list[Observation], *, per_id: bool) -> datetime | None:
    """The first end: phones repeat it. Without an extension that of the id which ended last."""
    firsts: dict[str, datetime] = {}
    for o in closing if per_id else closing[:1]:
        firsts.setdefault(o.external_id, o.at)
    return max(firsts.values(), default=None)


def _answer_times(
    answers: list[Evidence], ends: list[Observation], rung: set[datetime]
) -> list[datetime]:
    """The first and the last answer, without those that an end overtook.

    An answer to a second ring, after the end, is one: phones may answer by themselves at once.
    """
    times = {at for e in answers if e.first.phase == "connected" for at in (e.first.at, e.last.at)}

    def is_overtaken(answer: datetime) -> bool:
        position = bisect_left(ends, answer - OVERTAKEN, key=_at)
        before = [o.at for o in ends[position : bisect_left(ends, answer, key=_at)]]
        return not all(_rang_again(rung, end, answer) for end in before)

    return [at for at in times if not is_overtaken(at)]


def _rang_again(rung: set[datetime], end: datetime, answer: datetime) -> bool:
    return any(ring <= end for ring in rung) and any(end < ring <= answer for ring in rung)


def _observations(evidence: Iterable[Evidence]) -> Iterable[Observation]:
    return (o for e in evidence for o in e.observations)


def _at(observation: Observation) -> datetime:
    return observation.at


def _ends(evidence: Iterable[Evidence]) -> list[Evidence]:
    return [e for e in evidence if e.first.phase in ENDS]


def _begun(evidence: Iterable[Evidence]) -> datetime | None:
    return first_of(e.first.at for e in evidence if e.first.phase in {"dialed", "ringing"})


def _answered_at(evidence: list[Evidence], ended_at: datetime | None = None) -> datetime | None:
    """The first reported answer. Without one: an end, less the length of talk reported with it."""
    answer = first_of(e.first.at for e in evidence if e.first.phase == "connected")
    if answer is not None:
        return answer
    # senders without an event for the answer have the length of talk in that for the end
    ends = [o for o in _observations(_ends(evidence)) if (o.talk_seconds or 0) > 0]
    longest = max(ends, key=lambda o: (o.talk_seconds or 0, -o.at.timestamp()), default=None)
    if longest is None:
        return None
    length = min(longest.talk_seconds or 0, int(TALK_LIMIT.total_seconds()))
    end = longest.at if ended_at is None else min(longest.at, ended_at)
    return end - timedelta(seconds=length)
