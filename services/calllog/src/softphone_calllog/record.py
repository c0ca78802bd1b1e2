"""A call as the log keeps it: the folded observations and the facts stored with them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from softphone_common.contracts.call import CallJson, call_json
from softphone_common.contracts.entities import Comment
from softphone_common.contracts.events import CallMatched, CallObserved
from softphone_common.domain.call import Call, fold
from softphone_common.domain.call_view import view
from softphone_common.domain.matching import Match

Fact = CallObserved | CallMatched


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A stored call. `revision` counts its writes and is 0 for a call that is not stored yet.

    `swept` is true while the call is in the recycle bin because of a sweep.
    """

    tenant: str
    call: Call
    revision: int = 0
    matches: tuple[Match, ...] = ()
    matched_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    swept: bool = field(default=False, compare=False)

    def apply(self, fact: Fact) -> "CallRecord":
        """The record after this fact; an equal record if the fact was known before.

        A swept call that turns out to be complete returns from the recycle bin.
        """
        if isinstance(fact, CallMatched):
            # messages may overtake each other: the latest look-up counts, not the last message
            if self.matched_at is not None and self.matched_at >= fact.matched_at:
                return self
            return replace(self, matches=fact.matches, matched_at=fact.matched_at)
        folded = replace(self, call=fold(self.call, fact.observation))
        # A late "ended" from a phone that was offline proves that the sweep was wrong. A call that
        # a person deleted stays deleted.
        if folded.swept and view(folded.call).talk_seconds is not None:
            return replace(folded, deleted_at=None, deleted_by=None, swept=False)
        return folded

    def json(self, comments: Iterable[Comment] = ()) -> CallJson:
        """The call with its comments as clients read it."""
        return call_json(
            view(self.call), self.matches, tuple(comments), self.deleted_at, self.deleted_by
        )

    @property
    def extensions(self) -> tuple[str, ...]:
        """Every extension that an observation of the call names, sorted."""
        return tuple(sorted({e.first.extension for e in self.call.evidence} - {""}))


def call_id_of(fact: Fact) -> str:
    """Our id of the call that the fact is about."""
    return fact.call_id if isinstance(fact, CallMatched) else fact.observation.call_id
