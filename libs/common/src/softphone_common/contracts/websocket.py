"""What the websocket carries, and the call as JSON clients read it there and over HTTP.

Frames of a type not listed here are ignored by both sides.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from softphone_common.contracts.entities import Comment
from softphone_common.contracts.hit import HitJson
from softphone_common.domain.call import Direction, Identity, Phase
from softphone_common.domain.call_view import CallView, Leg, Outcome
from softphone_common.domain.matching import Match
from softphone_common.domain.numbers.normalise import RemoteNumber


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)


class CloseCode(IntEnum):
    """The codes with which the server closes a socket.

    The web server itself closes with 1012 when it restarts and with 1009 after a frame too long.
    After REVOKED a client signs in anew. After FLOOD and CROWDED it waits a minute: two browsers
    that took each other's place at once would never stop.
    """

    ERROR = 1011
    UNAUTHORIZED = 4001
    EXPIRED = 4003
    PROTOCOL = 4004
    REVOKED = 4005
    SLOW = 4008
    FLOOD = 4009
    CROWDED = 4010


CLOSE_REASONS: Mapping[str, tuple[CloseCode, str]] = {
    "token-invalid": (CloseCode.UNAUTHORIZED, "The token is not valid"),
    "token-outdated": (CloseCode.UNAUTHORIZED, "The user has changed: renew the token"),
    "token-of-other-user": (CloseCode.UNAUTHORIZED, "The token is that of another user"),
    "hello-timeout": (CloseCode.UNAUTHORIZED, "No hello came in time"),
    "token-expired": (CloseCode.EXPIRED, "The token has expired"),
    "hello-expected": (CloseCode.PROTOCOL, "The first frame must be a hello with a token"),
    "frame-invalid": (CloseCode.PROTOCOL, "Frames must be JSON objects in text messages"),
    "watch-invalid": (CloseCode.PROTOCOL, "A watch must name a device, or null"),
    "login-revoked": (CloseCode.REVOKED, "The sign-in was revoked or the user removed"),
    "reader-too-slow": (CloseCode.SLOW, "The client does not read its frames fast enough"),
    "frames-too-many": (CloseCode.FLOOD, "The client sends too many frames"),
    "tenant-sockets-full": (CloseCode.CROWDED, "The tenant has too many sockets open"),
    "user-sockets-full": (CloseCode.CROWDED, "The user opened too many sockets after this one"),
    "internal-error": (CloseCode.ERROR, "An unexpected error; it has been logged"),
}
"""The reason of a close frame (RFC 6455, section 7.1.6), with its close code and meaning."""


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
