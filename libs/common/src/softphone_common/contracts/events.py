"""The events on the bus, in the past tense; one class for each `type`."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from softphone_common.contracts.entities import Comment, Device, Tenant, TenantId, User
from softphone_common.contracts.hit import HitJson
from softphone_common.domain.call import PHASES, Observation
from softphone_common.domain.matching import Match


class Message(BaseModel):
    """Anything on the bus. `type` is its CloudEvents type, `noun` and a verb its routing key."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    noun: ClassVar[str]
    verbs: ClassVar[tuple[str, ...]]

    tenant: TenantId

    @property
    def routing_key(self) -> str:
        """`<noun>.<verb>.<tenant>`."""
        return f"{self.noun}.{self.verbs[0]}.{self.tenant}"

    @property
    def subject(self) -> str:
        """What the message is about: the CloudEvents `subject`."""
        return self.tenant


class CallObserved(Message):
    """A phone or a click told something about a call."""

    type = "softphone.call-observed.v1"
    noun = "call"
    verbs = PHASES

    observation: Observation

    @property
    def routing_key(self) -> str:
        """The phase is the verb."""
        return f"{self.noun}.{self.observation.phase}.{self.tenant}"

    @property
    def subject(self) -> str:
        """The call."""
        return self.observation.call_id


class CallMatched(Message):
    """All records behind a call's number, in their fixed order; the latest `matched_at` holds."""

    type = "softphone.call-matched.v1"
    noun = "call"
    verbs = ("matched",)

    call_id: str
    matches: tuple[Match, ...]
    matched_at: datetime

    @property
    def subject(self) -> str:
        """The call."""
        return self.call_id


class CallChanged(Message):
    """What only the log knows of a call: it went to the recycle bin, or came back from it."""

    type = "softphone.call-changed.v1"
    noun = "call"
    verbs = ("changed",)

    call_id: str
    extensions: tuple[str, ...]
    deleted_at: datetime | None
    deleted_by: str | None

    @property
    def subject(self) -> str:
        """The call."""
        return self.call_id


class CommentSaved(Message):
    """A comment was saved to a call."""

    type = "softphone.comment-saved.v1"
    noun = "comment"
    verbs = ("saved",)

    comment: Comment
    extensions: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The call the comment was typed in."""
        return self.comment.call


class DeviceChanged(Message):
    """A device was made, edited, given a new key, or removed (`active` is false)."""

    type = "softphone.device-changed.v1"
    noun = "device"
    verbs = ("changed",)

    device: Device

    @property
    def subject(self) -> str:
        """The device."""
        return self.device.id


class HitSeen(Message):
    """A phone's request was read, or could not be: for whoever watches the device."""

    type = "softphone.hit-seen.v1"
    noun = "hit"
    verbs = ("seen",)

    hit: HitJson

    @property
    def subject(self) -> str:
        """The device."""
        return self.hit.device


class UserChanged(Message):
    """A user was made, edited or removed; `revoked` means that open sockets must be cut.

    Tokens issued for an older version of the user are refused by whoever has heard of it.
    """

    type = "softphone.user-changed.v1"
    noun = "user"
    verbs = ("changed",)

    user: User
    revoked: bool = False

    @property
    def subject(self) -> str:
        """The user."""
        return self.user.id


class TenantChanged(Message):
    """A tenant was made or edited."""

    type = "softphone.tenant-changed.v1"
    noun = "tenant"
    verbs = ("changed",)

    settings: Tenant


class CleanUpFinished(Message):
    """A sweep is done: what it moved to the recycle bin."""

    type = "softphone.calls-cleaned-up.v1"
    noun = "calls"
    verbs = ("cleaned-up",)

    sweep: str
    moved: int
    finished_at: datetime

    @property
    def subject(self) -> str:
        """The sweep."""
        return self.sweep
