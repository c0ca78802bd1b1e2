"""The call as JSON, in websocket frames and in answers of the API."""

from dataclasses import fields
from datetime import datetime

from pydantic.dataclasses import dataclass

from softphone_common.contracts.entities import Comment
from softphone_common.domain.call_result import Result
from softphone_common.domain.call_view import CallFields, CallView
from softphone_common.domain.matching import Match


@dataclass(frozen=True, kw_only=True)
class CallUser:
    """A user who has an extension of a call now."""

    extension: str
    id: str
    name: str


# A pydantic dataclass inherits the fields of the domain's plain dataclass, so that the domain needs
# no pydantic and the fields are written once.
@dataclass(frozen=True, kw_only=True)
class CallJson(CallFields):
    """A call. Times are RFC 3339 in UTC, durations whole seconds, null while not known.

    `matched` is whether the records of the number were looked up. While it is false, `matches` may
    still come; with it, no matches mean that no record has the number.

    `comments` has the newest few, oldest first, and `comments_count` how many the call has. Frames
    have no comments, and null as their count.

    `result` is the outcome for the reader at the time of the answer, and `users` has the users who
    have the extensions of the legs now, at most five of each. Frames have neither.
    """

    matched: bool = False
    comments: tuple[Comment, ...] = ()
    comments_count: int | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    result: Result | None = None
    users: tuple[CallUser, ...] = ()


def call_json(
    call: CallView,
    matches: tuple[Match, ...] = (),
    comments: tuple[Comment, ...] = (),
    deleted_at: datetime | None = None,
    deleted_by: str | None = None,
    *,
    matched: bool = False,
) -> CallJson:
    """The call with the facts that are stored in addition to its observations."""
    seen = {field.name: getattr(call, field.name) for field in fields(CallFields)}
    seen["matches"] = matches
    return CallJson(
        **seen, matched=matched, comments=comments, deleted_at=deleted_at, deleted_by=deleted_by
    )
