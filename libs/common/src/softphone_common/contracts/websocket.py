"""What the websocket carries, and the call as JSON clients read it there and over HTTP.

Frames of a type not listed here are ignored by both sides.
"""

from datetime import datetime
from enum import IntEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from softphone_common.contracts.events import Comment
from softphone_common.contracts.hit import HitJson
from softphone_common.domain.call import Direction, Identity, Phase
from softphone_common.domain.call_view import CallView, Leg, Outcome
from softphone_common.domain.matching import Match
from softphone_common.domain.numbers.normalise import RemoteNumber


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)


class CloseCode(IntEnum):
    """Why the server closes a socket; beside these 1012, it restarts, and 1009, a frame too long.

    After REVOKED a client signs in anew; after FLOOD and CROWDED it stays away for a minute, or the
    two would chase each other.
    """

    UNAUTHORIZED = 4001
    EXPIRED = 4003
    PROTOCOL = 4004
    REVOKED = 4005
    SLOW = 4008
    FLOOD = 4009
    CROWDED = 4010


class CallJson(_Model):
    """A call. Times are RFC 3339 in UTC, durations whole seconds, null while not known."""

    id: str
    phase: Phase
    outcome: Outcome | None
    direction: Direction
    extension: str
    answered_by: str | None
    remote: RemoteNumber
    name: str
    reason: str
    identity: Identity
    matches: tuple[Match, ...] = ()
    legs: tuple[Leg, ...]
    dialed_at: datetime | None
    rung_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    started_at: datetime
    ring_seconds: int | None
    talk_seconds: int | None
    comments: tuple[Comment, ...] = ()
    deleted_at: datetime | None = None
    deleted_by: str | None = None


def call_json(
    call: CallView, matches: tuple[Match, ...] = (), comments: tuple[Comment, ...] = ()
) -> CallJson:
    """The call with the facts that are kept beside it."""
    seen = CallJson.model_validate(call)
    return seen.model_copy(update={"matches": matches, "comments": comments})


class Hello(_Model):
    """A client's first frame; `seen` is the last `seq` it had before it lost the connection."""

    type: Literal["hello"]
    token: str = Field(max_length=4096)
    seen: int | None = None


class Token(_Model):
    """A client renews its token on the live socket."""

    type: Literal["token"]
    token: str = Field(max_length=4096)


class Watch(_Model):
    """An administrator wants to see the hits of this device as they come; null: no longer."""

    type: Literal["watch"]
    device: str | None = Field(max_length=64)


class Welcome(_Model):
    """The first frame of the server: the running calls of this user that it knows.

    A `seq` is about the microseconds since 1970, below 2**53, and holds only at the instance that
    gave it out.
    """

    type: Literal["welcome"] = "welcome"
    seq: int
    calls: tuple[CallJson, ...]


class CallFrame(_Model):
    """A call of this user changed; this is its whole new state but for the comments."""

    type: Literal["call"] = "call"
    seq: int
    call: CallJson


class CommentFrame(_Model):
    """A comment was saved to a call of this user."""

    type: Literal["comment"] = "comment"
    seq: int
    comment: Comment


class TrashFrame(_Model):
    """A call of this user went to the recycle bin, or came back (`deleted_at` null)."""

    type: Literal["trash"] = "trash"
    seq: int
    call_id: str
    deleted_at: datetime | None
    deleted_by: str | None


class HitFrame(_Model):
    """A hit of the watched device; not sent again after a lost connection."""

    type: Literal["hit"] = "hit"
    hit: HitJson


class Resync(_Model):
    """The gap is too old to be replayed: the client must read the call list again."""

    type: Literal["resync"] = "resync"


ServerFrame = Welcome | CallFrame | CommentFrame | TrashFrame | HitFrame | Resync
SequencedFrame = CallFrame | CommentFrame | TrashFrame
