"""The events on the bus, in the past tense; one class for each `type`."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from softphone_common.contracts.dial_link import DialLink
from softphone_common.contracts.hit import HitJson
from softphone_common.domain.call import PHASES, Observation
from softphone_common.domain.matching import Match
from softphone_common.domain.numbers.dial_format import DialFormat
from softphone_common.domain.numbers.normalise import NumberProfile

TENANT_PATTERN = r"^[a-z0-9-]{1,40}$"
PRESET_PATTERN = r"^[a-z0-9-]{1,40}$"
TenantId = Annotated[str, Field(pattern=TENANT_PATTERN)]
Role = Literal["user", "admin", "operator"]
TenantState = Literal["active", "no-code", "expired", "switched-off"]


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


class Comment(BaseModel):
    """Text typed in a call and saved to a record; `record` is None where none was chosen."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    call: str
    text: str
    author: str
    at: datetime
    record: str | None = None


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


class Device(BaseModel):
    """One sender of hits as ingest knows it; `key_hash` is the SHA-256 of its key in hex.

    `mapping` is what it changes of its preset's, `numbers` what it changes of the tenant's profile,
    `extensions` the extensions behind the sender's own names of lines. What is sealed only ingest
    can read.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    tenant: TenantId
    name: str
    key_hash: str
    key_sealed: str = ""
    preset: str = "generic"
    extension: str | None = None
    extensions: dict[str, str] = {}
    mapping: dict[str, Any] = {}
    numbers: dict[str, Any] = {}
    secret_sealed: str = ""
    dial: DialLink | None = None
    active: bool = True
    version: int = 1


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


class User(BaseModel):
    """Somebody with a login, as everybody may know him: without the password."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    tenant: TenantId
    login: str
    name: str = ""
    role: Role = "user"
    extensions: tuple[str, ...] = ()
    active: bool = True
    version: int = 1


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


class Activation(BaseModel):
    """What a tenant's activation code allows: this many users (`seats`), until then."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    seats: int
    issued_at: datetime
    expires_at: datetime


class Tenant(BaseModel):
    """One company; times of day are in its time zone (IANA), numbers are read by its profile.

    `active` is the operator's switch alone; what counts is `is_active`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: TenantId
    name: str
    active: bool = True
    time_zone: str = "Europe/Berlin"
    numbers: NumberProfile = NumberProfile()
    dial_link: str = "tel:{number}"
    dial_spelling: DialFormat = "e164"
    activation: Activation | None = None
    version: int = 1

    def state_at(self, now: datetime) -> TenantState:
        """Whether its phones are heard at this aware time, or why not."""
        if not self.active:
            return "switched-off"
        if self.activation is None:
            return "no-code"
        return "active" if now < self.activation.expires_at else "expired"

    def is_active(self, now: datetime) -> bool:
        """Whether its phones are heard at this aware time."""
        return self.state_at(now) == "active"


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
