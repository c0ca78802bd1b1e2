"""Decides who sees a record of the directory, and which of a call's matches a user is shown.

`team` is for the users of the record's team and its owner, `owner` for its owner alone. A team or
an owner that no user has leaves the record to administrators, who see every record.

A *sight* is a word by which those who see a record find it, such as `team:Sales`: a record has one
or two, a user has one for each team, one for the login, and the one of records for everyone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from softphone_common.domain.records.picks import Picked, ordered_for

VisibleTo = Literal["everyone", "team", "owner", "admins"]

_EVERYONE = "everyone"
FOR_EVERYONE = (_EVERYONE,)
"""The sights of a record that everyone sees."""


class Shared(Protocol):
    """A record, or what a call says of one."""

    @property
    def visible_to(self) -> VisibleTo: ...

    @property
    def owner(self) -> str: ...

    @property
    def team(self) -> str: ...


class Shown(Shared, Picked, Protocol):
    """A match of a call."""


S = TypeVar("S", bound=Shown)


@dataclass(frozen=True, slots=True)
class Sharing:
    """The fields of a record that say who sees it; `owner` is a login."""

    visible_to: VisibleTo = "everyone"
    owner: str = ""
    team: str = ""


OPEN = Sharing()
"""The fields of a record that everyone sees."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A user by id, login and teams, with `sees_all` an administrator.

    Without any of them somebody who sees what everyone may see, such as a phone.
    """

    login: str = ""
    teams: frozenset[str] = frozenset()
    sees_all: bool = False
    user: str = ""

    @property
    def sights(self) -> tuple[str, ...] | None:
        """The sights of records that the viewer sees, None for all records."""
        if self.sees_all:
            return None
        own = (_of_owner(self.login), *(_of_team(team) for team in sorted(self.teams)))
        return (_EVERYONE, *(sight for sight in own if sight))

    def sees(self, record: Shared) -> bool:
        """Whether the viewer is shown this record."""
        return self.sees_any(sights_of(record))

    def sees_any(self, sights: Iterable[str]) -> bool:
        """Whether the viewer is shown a record with these sights."""
        own = self.sights
        return own is None or not {*own}.isdisjoint(sights)


def sights_of(record: Shared) -> tuple[str, ...]:
    """Words by which viewers find the record; none if only administrators do."""
    if record.visible_to == "everyone":
        return FOR_EVERYONE
    if record.visible_to == "admins":
        return ()
    team = _of_team(record.team) if record.visible_to == "team" else ""
    return tuple(sight for sight in (team, _of_owner(record.owner)) if sight)


def is_narrowed(before: Shared, after: Shared) -> bool:
    """Whether somebody who sees the record before does not see it after."""
    wide = {*sights_of(after)}
    return _EVERYONE not in wide and not wide.issuperset(sights_of(before))


def both_hold(one: Sharing, other: Sharing) -> Sharing:
    """Who sees what both records say: nobody who does not see each of them.

    Members of two teams and of no other have no word of their own, so then it is administrators.
    """
    sights, others = {*sights_of(one)}, {*sights_of(other)}
    if _EVERYONE in others or (_EVERYONE not in sights and sights <= others):
        return one
    if _EVERYONE in sights or others <= sights:
        return other
    common = sights & others
    if _of_team(one.team) in common:
        return Sharing("team", "", one.team)
    if _of_owner(one.owner) in common:
        return Sharing("owner", one.owner, one.team)
    return Sharing("admins", one.owner, one.team)


def matches_for(viewer: Viewer, matches: Iterable[S]) -> tuple[S, ...]:
    """The matches that the viewer sees, with the own pick first among equally sure ones."""
    return ordered_for(viewer.user, (match for match in matches if viewer.sees(match)))


def groups_of(
    viewers: Iterable[tuple[str, Viewer]], matches: tuple[S, ...]
) -> Iterator[tuple[frozenset[str], tuple[S, ...]]]:
    """The users who see the same of these matches, by their ids, and what they see.

    The matches are compared once for each group, of which there are few, and not for each user.
    A user whose own pick is among them is a group alone.
    """
    present = frozenset(sight for match in matches for sight in sights_of(match))
    picking = {user for match in matches for user in match.picked_by}
    groups: dict[tuple[frozenset[str] | None, str], list[tuple[str, Viewer]]] = defaultdict(list)
    for user, viewer in viewers:
        sights = viewer.sights
        seen = None if sights is None else present.intersection(sights)
        groups[seen, user if user in picking else ""].append((user, viewer))
    for alike in groups.values():
        yield frozenset(user for user, _ in alike), matches_for(alike[0][1], matches)


def refused_field(viewer: Viewer, before: Shared | None, after: Shared) -> str | None:
    """The field that the viewer may not set as `after` has it; None if the change is allowed.

    The owner of a record decides who sees it, and administrators do. Without an owner everybody
    does, as long as everyone sees the record. Users restrict a record to themselves or to one of
    their own teams, so that they neither lose sight of it nor give it to others by mistake.
    """
    if viewer.sees_all or (before is not None and _sharing(before) == _sharing(after)):
        return None
    if before is not None and not _decides(viewer, before):
        return _taken_field(before, after)
    return _unfit_field(viewer, after)


def _taken_field(before: Shared, after: Shared) -> str | None:
    """The field of a colleague's record that only its owner and administrators change."""
    changed = (name for name in ("visible_to", "owner") if _differs(name, before, after))
    return next(changed, None if before.visible_to == "everyone" else "team")


def _unfit_field(viewer: Viewer, after: Shared) -> str | None:
    """The field that would restrict the record to others than the viewer and own teams."""
    if after.visible_to == "owner":
        return None if after.owner == viewer.login else "owner"
    if after.visible_to == "team":
        return None if after.team in viewer.teams else "team"
    return "visible_to" if after.visible_to == "admins" else None


def _decides(viewer: Viewer, record: Shared) -> bool:
    return record.owner == viewer.login or (not record.owner and record.visible_to == "everyone")


def _sharing(record: Shared) -> Sharing:
    return Sharing(record.visible_to, record.owner, record.team)


def _differs(field: str, before: Shared, after: Shared) -> bool:
    return bool(getattr(before, field) != getattr(after, field))


def _of_owner(login: str) -> str:
    return f"owner:{login}" if login else ""


def _of_team(team: str) -> str:
    return f"team:{team}" if team else ""
