"""The events on the bus, named in the past tense, with one class for each `type`."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from softphone_common.contracts.entities import (
    ApiKey,
    AuditEntry,
    Comment,
    Device,
    Tenant,
    TenantId,
    User,
)
from softphone_common.contracts.hit import HitJson
from softphone_common.domain.call import PHASES, Observation
from softphone_common.domain.matching import Lookup, Match
from softphone_common.domain.records.visibility import FOR_EVERYONE, VisibleTo


class Message(BaseModel):
    """A message. `type` is its CloudEvents type; `noun` and a verb are part of its routing key.

    `earlier_types` are those under which earlier releases sent it; they are still received.
    """

    # Unknown fields are ignored, so that services of two releases can run at the same time.
    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    earlier_types: ClassVar[tuple[str, ...]] = ()
    noun: ClassVar[str]
    verbs: ClassVar[tuple[str, ...]]

    tenant: TenantId

    @property
    def routing_key(self) -> str:
        """The AMQP routing key, `<noun>.<verb>.<tenant>`."""
        return f"{self.noun}.{self.verbs[0]}.{self.tenant}"

    @property
    def subject(self) -> str:
        """The CloudEvents `subject`: the id of the entity the message is about."""
        return self.tenant


class CallObserved(Message):
    """A phone or a click reported an event of a call."""

    type = "softphone.call-observed.v1"
    noun = "call"
    verbs = PHASES

    observation: Observation

    @property
    def routing_key(self) -> str:
        """The routing key with the phase as its verb."""
        return f"{self.noun}.{self.observation.phase}.{self.tenant}"

    @property
    def subject(self) -> str:
        return self.observation.call_id


class CallMatched(Message):
    """All records with a number of a call, in display order. The latest `matched_at` of each
    number counts. `number` is the E.164 number; 0.1.0 does not name it."""

    type = "softphone.call-matched.v1"
    noun = "call"
    verbs = ("matched",)

    call_id: str
    number: str = ""
    matches: tuple[Match, ...]
    matched_at: datetime

    @property
    def subject(self) -> str:
        return self.call_id

    @property
    def lookup(self) -> Lookup:
        return Lookup(self.number, self.matches, self.matched_at)


class NumbersMatched(Message):
    """All records with these numbers, since records that have or had them were changed.

    The latest look-up of each number counts, as in CallMatched.
    """

    type = "softphone.numbers-matched.v1"
    noun = "number"
    verbs = ("matched",)

    lookups: tuple[Lookup, ...]


class RangesChanged(Message):
    """Records with these keys of direct lines were changed, so their calls may have others.

    A key is one of `softphone_common.domain.keys.direct_lines`, such as `+498999998xx`.
    """

    type = "softphone.ranges-changed.v1"
    noun = "range"
    verbs = ("changed",)

    ranges: tuple[str, ...]


class RecordShared(Message):
    """A record is visible to other users than before, or part of another record (`merged`).

    `owner` is a login. The fields say who sees the record, or the other one, as in a Match. The
    message of a record with the latest `at` counts.
    """

    type = "softphone.record-shared.v1"
    noun = "record"
    verbs = ("shared",)

    record: str
    visible_to: VisibleTo
    owner: str = ""
    team: str = ""
    merged: Match | None = None
    at: datetime

    @property
    def subject(self) -> str:
        return self.record


class CallChanged(Message):
    """A call was moved to the recycle bin, or restored from it (`deleted_at` is null).

    `swept` calls were moved by a sweep and come back by themselves when they turn out complete."""

    type = "softphone.call-changed.v1"
    noun = "call"
    verbs = ("changed",)

    call_id: str
    extensions: tuple[str, ...]
    deleted_at: datetime | None
    deleted_by: str | None
    swept: bool = False

    @property
    def subject(self) -> str:
        return self.call_id


class CommentSaved(Message):
    """A comment was saved to a call, changed, or deleted. `sights` are those of its record, as
    earlier releases mean everyone without them."""

    type = "softphone.comment-saved.v1"
    noun = "comment"
    verbs = ("saved",)

    comment: Comment
    extensions: tuple[str, ...]
    sights: tuple[str, ...] = FOR_EVERYONE

    @property
    def subject(self) -> str:
        """The call that the comment was written in."""
        return self.comment.call


class DeviceChanged(Message):
    """A device was created, changed, given a new key, or removed (`active` is false)."""

    # v1 carried the sealed secret: an instance of 0.1.0 that read this message as v1 would take
    # the device for one without a secret and no longer check signatures.
    type = "softphone.device-changed.v2"
    earlier_types = ("softphone.device-changed.v1",)
    noun = "device"
    verbs = ("changed",)

    device: Device

    @property
    def subject(self) -> str:
        return self.device.id


class HitSeen(Message):
    """A request of a phone was read or refused; sent for the people who watch the device."""

    type = "softphone.hit-seen.v1"
    noun = "hit"
    verbs = ("seen",)

    hit: HitJson

    @property
    def subject(self) -> str:
        return self.hit.device


class UserChanged(Message):
    """A user was created, changed or removed; `revoked` means that open sockets must be closed.

    Services that receive it refuse tokens issued for an older version of the user.
    """

    type = "softphone.user-changed.v1"
    noun = "user"
    verbs = ("changed",)

    user: User
    revoked: bool = False

    @property
    def subject(self) -> str:
        return self.user.id


class SessionsEnded(Message):
    """Sign-ins of a user ended: by sign-out, from the list of sessions, or by a reused cookie.

    Services that receive it refuse the tokens of these sessions, and their sockets are closed.
    """

    type = "softphone.sessions-ended.v1"
    noun = "session"
    verbs = ("ended",)

    user: str
    sessions: tuple[str, ...]

    @property
    def subject(self) -> str:
        return self.user


class ApiKeyChanged(Message):
    """An API key was created or removed (`active` is false)."""

    type = "softphone.api-key-changed.v1"
    noun = "api-key"
    verbs = ("changed",)

    key: ApiKey

    @property
    def subject(self) -> str:
        return self.key.id


class ApiKeyUsed(Message):
    """An application used an API key; at most one message a minute from each process."""

    type = "softphone.api-key-used.v1"
    noun = "api-key-use"
    verbs = ("reported",)

    key: str
    used_at: datetime

    @property
    def subject(self) -> str:
        return self.key


class TenantChanged(Message):
    """A tenant was created or changed."""

    type = "softphone.tenant-changed.v1"
    noun = "tenant"
    verbs = ("changed",)

    settings: Tenant


class CleanUpFinished(Message):
    """A sweep has ended; `moved` calls are now in the recycle bin."""

    type = "softphone.calls-cleaned-up.v1"
    noun = "calls"
    verbs = ("cleaned-up",)

    sweep: str
    moved: int
    finished_at: datetime

    @property
    def subject(self) -> str:
        return self.sweep


class AuditRecorded(Message):
    """Something happened that the security log keeps for administrators."""

    type = "softphone.audit-recorded.v1"
    noun = "audit"
    verbs = ("recorded",)

    entry: AuditEntry

    @property
    def subject(self) -> str:
        return self.entry.id
