"""Orders the matches of a number by the records that users took for it before.

Matches come by certainty, and a pick moves a match only among those as certain: of a declared range
and a main number, which have one level, the declared one is surer.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any, Protocol, TypeVar, cast


class Picked(Protocol):
    """A match: `picks` users took it for the number, `picked_by` has the ids of the latest."""

    @property
    def level(self) -> str: ...

    @property
    def basis(self) -> str: ...

    @property
    def picks(self) -> int: ...

    @property
    def picked_by(self) -> tuple[str, ...]: ...


P = TypeVar("P", bound=Picked)


def by_picks(matches: Iterable[P]) -> tuple[P, ...]:
    """The matches with those that most users took first; they keep their order else."""
    return tuple(_among_equals(matches, lambda match: -match.picks))


def ordered_for(user: str, matches: Iterable[P]) -> tuple[P, ...]:
    """The matches with the user's own pick first.

    Only the own pick has its user's id: who took which record is no business of colleagues.
    """
    own = (_for_user(user, match) for match in matches)
    return tuple(_among_equals(own, lambda match: not match.picked_by))


def _for_user(user: str, match: P) -> P:
    if not match.picked_by:
        return match
    named = (user,) if user in match.picked_by else ()
    return cast(P, replace(cast(Any, match), picked_by=named))


def _among_equals(matches: Iterable[P], key: Callable[[P], int]) -> Iterator[P]:
    for _, equals in groupby(matches, key=lambda match: (match.level, match.basis)):
        yield from sorted(equals, key=key)
