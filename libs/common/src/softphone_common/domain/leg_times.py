"""Joins the times of legs whose evidence a call does not keep, in any order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce


@dataclass(frozen=True, slots=True)
class LegTimes:
    """The first and the last times of a leg, its longest talk in seconds, and who answered.

    Each field is a minimum or a maximum over the observations of the leg, so joining is
    commutative, associative and idempotent. The sender's id tells legs without extension apart.
    """

    extension: str = ""
    device: str = ""
    external_id: str = ""
    begun_at: datetime | None = None
    """The first ring or click; `rung_at` is the last."""
    rung_at: datetime | None = None
    connected_at: datetime | None = None
    """The first answer; `answered_at` is the last."""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    """The last end."""
    talk_seconds: int = 0
    by_shared_id: bool = False
    """Whether the first answer came by an id that devices share."""

    @property
    def place(self) -> tuple[bool, str, str, str]:
        """Sorts legs by extension and device, those without an extension last."""
        return self.extension == "", self.extension, self.device, self.external_id

    @property
    def moments(self) -> list[datetime]:
        """The times that are known, in no order."""
        times = self.begun_at, self.rung_at, self.connected_at, self.answered_at, self.ended_at
        return [time for time in times if time is not None]

    @property
    def is_answered(self) -> bool:
        """Whether the leg reported an answer, or an end with a length of talk."""
        return self.connected_at is not None or self.talk_seconds > 0


def join(one: LegTimes, other: LegTimes) -> LegTimes:
    """The times of both. The leg that answered first gives its name."""
    named = min(one, other, key=_by_answer)
    return replace(
        named,
        begun_at=first_of((one.begun_at, other.begun_at)),
        rung_at=last_of((one.rung_at, other.rung_at)),
        answered_at=last_of((one.answered_at, other.answered_at)),
        ended_at=last_of((one.ended_at, other.ended_at)),
        talk_seconds=max(one.talk_seconds, other.talk_seconds),
    )


def join_all(
    kept: Sequence[LegTimes], rest: LegTimes | None, more: Iterable[LegTimes], limit: int
) -> tuple[tuple[LegTimes, ...], LegTimes | None]:
    """Joins `more` leg by leg. All legs beyond the first `limit` are joined to one, the rest."""
    legs = {each.place: each for each in kept}
    for each in more:
        known = legs.get(each.place)
        legs[each.place] = each if known is None else join(known, each)
    ordered = [legs[place] for place in sorted(legs)]
    beyond = [_of_rest(each) for each in ordered[limit:]]
    if beyond:
        rest = reduce(join, beyond, rest or beyond[0])
    return tuple(ordered[:limit]), rest


def first_of(times: Iterable[datetime | None]) -> datetime | None:
    """The first of those times that are known."""
    return min((t for t in times if t is not None), default=None)


def last_of(times: Iterable[datetime | None]) -> datetime | None:
    """The last of those times that are known."""
    return max((t for t in times if t is not None), default=None)


def _by_answer(times: LegTimes) -> tuple[bool, float, bool, tuple[bool, str, str, str]]:
    at = times.connected_at
    return at is None, at.timestamp() if at else 0.0, times.by_shared_id, times.place


def _of_rest(times: LegTimes) -> LegTimes:
    """Without its name, unless it reports the answer: a length of talk may be that of another."""
    if times.connected_at is not None:
        return times
    return replace(times, extension="", device="", external_id="")
