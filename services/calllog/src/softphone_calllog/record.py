"""A call as the log keeps it: the folded observations and the facts stored with them."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce

from softphone_calllog.comments import NO_COMMENTS, CallComments
from softphone_calllog.search.keys import name_keys, record_keys
from softphone_common.contracts.call import CallJson, CallUser, call_json
from softphone_common.contracts.entities import User
from softphone_common.contracts.events import CallMatched, CallObserved, RecordShared
from softphone_common.domain.audience import Part, extensions_of, guests_of, part_for
from softphone_common.domain.call import Call, fold_all
from softphone_common.domain.call_result import result_of
from softphone_common.domain.call_view import CallView, view
from softphone_common.domain.matching import (
    Lookup,
    Match,
    add_lookup,
    is_looked_up,
    matches_of,
    shared_since,
)
from softphone_common.domain.records.visibility import Viewer, matches_for


@dataclass(frozen=True, slots=True)
class CallShared:
    """That a call hears who sees one of its records, or which one it is part of."""

    tenant: str
    call_id: str
    sharing: RecordShared


Fact = CallObserved | CallMatched | CallShared
USERS_SHOWN = 5
"""Users of one extension that a call names."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads calls, and when: the ids of the tenant's users by extension, the user with an id,
    the caller's own extensions, and which records the caller sees."""

    users_at: Mapping[str, Iterable[str]]
    user_of: Callable[[str], User | None]
    own: frozenset[str]
    now: datetime
    viewer: Viewer

    def users_of(self, call: CallView) -> tuple[CallUser, ...]:
        """The users who have the extensions of the call's legs now, a few of each extension."""
        named = (
            CallUser(extension=extension, id=user.id, name=user.name or user.login)
            for extension in dict.fromkeys(leg.extension for leg in call.legs)
            for id_ in sorted(self.users_at.get(extension, ()))[:USERS_SHOWN]
            if (user := self.user_of(id_)) is not None
        )
        return tuple(named)


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A stored call. `revision` counts its writes and is 0 for a call that is not stored yet.

    `swept` is true while the call is in the recycle bin because of a sweep.
    """

    tenant: str
    call: Call
    revision: int = 0
    lookups: tuple[Lookup, ...] = ()
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    swept: bool = field(default=False, compare=False)
    comment_keys: tuple[str, ...] = ()
    """The search keys of the call's comments."""
    part: Part | None = field(default=None, compare=False)
    """The part of the call that a caller may see; None for the whole call."""

    def apply(self, facts: Sequence[Fact]) -> "CallRecord":
        """The record after these facts; an equal record if they were known before.

        A swept call that turns out to be complete returns from the recycle bin.
        """
        observations = [fact.observation for fact in facts if isinstance(fact, CallObserved)]
        # messages may overtake each other: the latest look-up counts, not the last message
        found = (fact.lookup for fact in facts if isinstance(fact, CallMatched))
        lookups = reduce(add_lookup, found, self.lookups)
        for each in (fact.sharing for fact in facts if isinstance(fact, CallShared)):
            lookups = tuple(
                shared_since(of, each.record, each, each.at, each.merged) for of in lookups
            )
        folded = replace(self, call=fold_all(self.call, observations), lookups=lookups)
        if not observations:
            return folded
        # A late "ended" from a phone that was offline proves that the sweep was wrong. A call that
        # a person deleted stays deleted.
        if folded.swept and view(folded.call).talk_seconds is not None:
            return replace(folded, deleted_at=None, deleted_by=None, swept=False)
        return folded

    def json(
        self, comments: CallComments = NO_COMMENTS, users_at: Container[str] = frozenset()
    ) -> CallJson:
        """The call with its newest comments; `users_at` as in `view`."""
        return self._json(view(self.visible, users_at), comments)

    def json_for(self, reader: Reader, comments: CallComments = NO_COMMENTS) -> CallJson:
        """The call as clients read it: with its result for the reader, its users, and the records
        that the reader sees."""
        shown = view(self.visible, reader.users_at)
        call = self._json(shown, comments)
        return replace(
            call,
            matches=matches_for(reader.viewer, call.matches),
            result=result_of(shown, reader.own, reader.now),
            users=reader.users_of(shown),
        )

    def _json(self, shown: CallView, comments: CallComments) -> CallJson:
        matches = matches_of(self.lookups, shown.remote)
        comments = self.visible_of(comments)
        call = call_json(shown, matches, comments.newest, self.deleted_at, self.deleted_by)
        matched = is_looked_up(self.lookups, shown.remote)
        return replace(call, matched=matched, comments_count=comments.count)

    def for_users_at(self, extensions: Collection[str]) -> "CallRecord | None":
        """The record as users at these extensions may see it, None if they may not."""
        part = part_for(self.call, extensions)
        return None if part is None else replace(self, part=part)

    def visible_of(self, comments: CallComments) -> CallComments:
        """Those of the call's comments that the caller may see."""
        since = self.part.since if self.part else None
        return comments if since is None else comments.since(since)

    @property
    def visible(self) -> Call:
        """The call, or the part of it that the caller may see."""
        return self.part.call if self.part else self.call

    @property
    def matches(self) -> tuple[Match, ...]:
        """The records with the number that the call shows."""
        return matches_of(self.lookups, view(self.visible).remote) if self.call.evidence else ()

    @property
    def search_keys(self) -> tuple[str, ...]:
        """The keys by which the caller finds the call.

        A part has those of its own number and names, and none of comments. Names of records that
        not everyone sees are left out, since all who read the call search by the same keys. The
        ids of records are keys of those only who see the record.
        """
        if not self.call.evidence:
            return ()
        shown = view(self.visible)
        names = [shown.name, *(match.name for match in matches_for(Viewer(), self.matches))]
        keys = name_keys(shown.remote, names)
        of_comments = self.comment_keys if self.visible is self.call else ()
        return tuple(dict.fromkeys([*keys, *of_comments, *record_keys(self.matches)]))

    @property
    def extensions(self) -> tuple[str, ...]:
        """Every extension that an observation of the call names, sorted."""
        return tuple(sorted(extensions_of(self.call)))

    @property
    def guests(self) -> tuple[str, ...]:
        """The extensions that see only a part of the call, sorted."""
        return tuple(sorted(guests_of(self.call)))


def call_id_of(fact: Fact) -> str:
    """Our id of the call that the fact is about."""
    return fact.observation.call_id if isinstance(fact, CallObserved) else fact.call_id
