"""The call as JSON, in websocket frames and in answers of the API."""

from dataclasses import fields
from datetime import datetime

from pydantic.dataclasses import dataclass

from softphone_common.contracts.entities import Comment
from softphone_common.domain.call_view import CallFields, CallView
from softphone_common.domain.matching import Match


# A pydantic dataclass inherits the fields of the domain's plain dataclass, so that the domain needs
# no pydantic and the fields are written once.
@dataclass(frozen=True, kw_only=True)
class CallJson(CallFields):
    """A call. Times are RFC 3339 in UTC, durations whole seconds, null while not known."""

    comments: tuple[Comment, ...] = ()
    deleted_at: datetime | None = None
    deleted_by: str | None = None


def call_json(
    call: CallView,
    matches: tuple[Match, ...] = (),
    comments: tuple[Comment, ...] = (),
    deleted_at: datetime | None = None,
    deleted_by: str | None = None,
) -> CallJson:
    """The call with the facts that are stored in addition to its observations."""
    seen = {field.name: getattr(call, field.name) for field in fields(CallFields)}
    seen["matches"] = matches
    return CallJson(**seen, comments=comments, deleted_at=deleted_at, deleted_by=deleted_by)
