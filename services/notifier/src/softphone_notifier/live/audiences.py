"""Selects the users of each frame about a call, and the part of the call that they may see."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from softphone_common.access.viewers import viewer_of_user
from softphone_common.contracts.call import CallJson
from softphone_common.contracts.entities import Comment
from softphone_common.contracts.events import CommentSaved
from softphone_common.domain.audience import audience
from softphone_common.domain.matching import Match
from softphone_common.domain.records.visibility import groups_of
from softphone_common.stores.users import UserCache
from softphone_notifier.live.room import Room

Seen = tuple[CallJson, frozenset[str]]
"""A call as these users see it."""


class Audiences:
    """The users of all tenants as they are now, with their extensions, roles and teams."""

    def __init__(self, users: UserCache) -> None:
        self._users = users

    def at(self, tenant: str, extensions: Iterable[str]) -> frozenset[str]:
        """The ids of the tenant's users at these extensions."""
        return audience(extensions, self._users.at(tenant))

    def seen_by(
        self, tenant: str, room: Room, call: CallJson, only: str | None = None
    ) -> Iterator[Seen]:
        """The call with the users who may see it all, then its part for each other user, or for
        the `only` one asked for.

        Where its records are not for everyone the call comes once for each set of records that
        users see, so that it is made into a frame as often as there are such sets. A user who
        picked one of them sees another order.
        """
        for shown, users in self._parts_of(tenant, room, call, only):
            if not any(_differs(match) for match in shown.matches):
                yield shown, users
                continue
            wanted = users if only is None else users & {only}
            viewers = ((user, viewer_of_user(self._users.get(user))) for user in sorted(wanted))
            for group, matches in groups_of(viewers, shown.matches):
                yield replace(shown, matches=matches), group

    def readers_of(self, message: CommentSaved) -> Iterator[tuple[Comment, frozenset[str]]]:
        """The comment with its record for users who see the record, and without it for others."""
        users = self.at(message.tenant, message.extensions)
        seeing = frozenset(
            user for user in users if viewer_of_user(self._users.get(user)).sees_any(message.sights)
        )
        yield message.comment, seeing
        if others := users - seeing:
            yield message.comment.model_copy(update={"record": None}), others

    def _parts_of(
        self, tenant: str, room: Room, call: CallJson, only: str | None
    ) -> Iterator[Seen]:
        parts = room.parts(call.id)
        hosts = self.at(tenant, parts.extensions - parts.guests)
        yield call, hosts
        own = defaultdict[str, set[str]](set)
        for extension in parts.guests:
            for user in self.at(tenant, (extension,)) - hosts:
                own[user].add(extension)
        for user in sorted(own) if only is None else own.keys() & {only}:
            if (part := parts.for_users_at(own[user])) is not None:
                yield room.shown_part(part), frozenset({user})


def _differs(match: Match) -> bool:
    """Whether users may see the match differently: not at all, or in another place."""
    return match.visible_to != "everyone" or bool(match.picked_by)
