"""The frames of the websocket. Both sides ignore frames of a type that is not listed here."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from softphone_common.contracts.call import CallJson
from softphone_common.contracts.entities import Comment
from softphone_common.contracts.hit import HitJson


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
    "session-ended": (CloseCode.REVOKED, "The session of the token has ended: sign in again"),
    "tenant-switched-off": (CloseCode.REVOKED, "An operator has switched the tenant off"),
    "reader-too-slow": (CloseCode.SLOW, "The client does not read its frames fast enough"),
    "frames-too-many": (CloseCode.FLOOD, "The client sends too many frames"),
    "tenant-sockets-full": (CloseCode.CROWDED, "The tenant has too many sockets open"),
    "user-sockets-full": (CloseCode.CROWDED, "The user opened too many sockets after this one"),
    "resource-unavailable": (CloseCode.ERROR, "A server of the service is away: connect again"),
    "internal-error": (CloseCode.ERROR, "An unexpected error; it has been logged"),
}
"""The reason of a close frame (RFC 6455, section 7.1.6), with its close code and meaning."""


class Hello(_Model):
    """The first frame of a client; `seen` is the last `seq` it received before it reconnected."""

    type: Literal["hello"]
    token: str = Field(max_length=4096)
    seen: int | None = None


class Token(_Model):
    """A new token for a socket that stays open."""

    type: Literal["token"]
    token: str = Field(max_length=4096)


class Watch(_Model):
    """Subscribes an administrator to the hits of a device; null ends the subscription."""

    type: Literal["watch"]
    device: str | None = Field(max_length=64)


class Welcome(_Model):
    """The first frame of the server, with the running calls of the user.

    A `seq` is roughly the microseconds since 1970 and below 2**53, so that JavaScript reads it
    exactly. It is valid only at the instance that sent it.
    """

    type: Literal["welcome"] = "welcome"
    seq: int
    calls: tuple[CallJson, ...]
    alive_seconds: float = 20
    """Interval of the `alive` frames. After two silent intervals the connection is dead."""


class CallFrame(_Model):
    """A call of the user changed. The frame has its complete new state without the comments."""

    type: Literal["call"] = "call"
    seq: int
    call: CallJson


class CommentFrame(_Model):
    """A comment was saved to a call of the user, changed, or deleted (`deleted_at` is set)."""

    type: Literal["comment"] = "comment"
    seq: int
    comment: Comment


class TrashFrame(_Model):
    """A call of the user was moved to the recycle bin, or restored (`deleted_at` is null)."""

    type: Literal["trash"] = "trash"
    seq: int
    call_id: str
    deleted_at: datetime | None
    deleted_by: str | None


class HitFrame(_Model):
    """A hit of the watched device. Hits are not repeated after a reconnect."""

    type: Literal["hit"] = "hit"
    hit: HitJson


class Resync(_Model):
    """Frames were missed that cannot be sent again; the client must read the call list."""

    type: Literal["resync"] = "resync"


class Alive(_Model):
    """Proves that the connection still carries frames; the page misses it when it stays away."""

    type: Literal["alive"] = "alive"


ServerFrame = Welcome | CallFrame | CommentFrame | TrashFrame | HitFrame | Resync | Alive
SequencedFrame = CallFrame | CommentFrame | TrashFrame
