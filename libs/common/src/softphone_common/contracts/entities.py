"""Entities that messages carry and services store: tenants, users, devices, comments, events."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from softphone_common.contracts.dial_link import DialLink
from softphone_common.domain.numbers.dial_format import DialFormat
from softphone_common.domain.numbers.normalise import RemoteNumber, normalise
from softphone_common.domain.numbers.profile import NumberProfile, as_typed

# A tenant id is a word of routing keys, which dots separate, and a part of Redis keys and ids in
# MongoDB, which colons separate. It contains neither.
TENANT_PATTERN = r"^[a-z0-9-]{1,40}$"
PRESET_PATTERN = r"^[a-z0-9-]{1,40}$"
TenantId = Annotated[str, Field(pattern=TENANT_PATTERN)]
Role = Literal["user", "admin", "operator"]
TenantState = Literal["active", "no-code", "expired", "switched-off"]
AuditOutcome = Literal["success", "failure", "refused"]
AuditEvent = Literal[
    "sign-in",
    "sign-in-locked",
    "sign-out",
    "access-refused",
    "session-reused",
    "sessions-ended",
    "installation-set-up",
    "user-added",
    "user-changed",
    "user-removed",
    "users-read",
    "user-locked",
    "user-unlocked",
    "invitation-made",
    "invitation-accepted",
    "second-factor-added",
    "second-factor-removed",
    "recovery-code-used",
    "role-changed",
    "password-changed",
    "device-added",
    "device-changed",
    "device-removed",
    "key-shown",
    "key-replaced",
    "test-call-made",
    "secret-changed",
    "tenant-changed",
    "activation-changed",
    "record-removed",
    "record-restored",
    "records-merged",
    "import-started",
    "import-finished",
    "import-cancelled",
    "import-held",
    "import-confirmed",
    "source-created",
    "source-changed",
    "source-removed",
    "call-deleted",
    "call-restored",
    "comment-deleted",
    "comment-restored",
    "calls-swept",
    "sweep-requested",
    "api-key-added",
    "api-key-removed",
    "dead-letters-read",
    "dead-letter-shown",
    "dead-letter-removed",
    "dead-letters-replayed",
    "audit-read",
]
"""The events that services of this release record. A reader has to expect others."""

Word = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=60)]
"""A code of small letters and hyphens, in which no number and no name of a caller can be."""

Detail = Annotated[str, Field(pattern=r"^([a-z]+(-[a-z]+)*( [a-z]+(-[a-z]+)*)*)?$", max_length=200)]


Team = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9 ÄÖÜäöüß-]{1,40}$")
]

KeyScope = Literal[
    "directory:read",
    "directory:write",
    "calls:read",
    "comments:write",
    "hits:read",
    "lookup",
    "admin",
]
"""A right of an API key; `admin` includes all others but `lookup`, which no key has with others:
such a key stands in the addresses that phones call, and so in their logs."""

PopOn = Literal["ring", "answer", "hand"]
"""When a call shows: as it rings, as it is answered, or when its user clicks it."""
RecordAction = Literal["popup", "open", "new"]
"""Shows the popup, opens the link of the record or of the tenant, or offers a new record."""


LastDigits = Literal[0, 6, 7, 8, 9]
"""Fewer digits are those of too many numbers, and no more are needed."""


class Comment(BaseModel):
    """A text written in a call and saved to a record; `record` is None if none was chosen.

    `author` is the author's login, `author_name` the name at that time, empty in earlier releases.
    `edited_by` is the login of who changed the comment last, `deleted_by` of who moved it to the
    recycle bin. Browsers get a deleted comment without its text.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    call: str
    text: str
    author: str
    author_name: str = ""
    at: datetime
    record: str | None = None
    edited_at: datetime | None = None
    edited_by: str | None = None
    deleted_at: datetime | None = None
    deleted_by: str | None = None


class CommentVersion(BaseModel):
    """A comment as it was from `at` on, until it was changed; `by` is a login."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str
    record: str | None = None
    at: datetime
    by: str


class DeviceFields(BaseModel):
    """The fields of a device that are no secret; `key_hash` is the SHA-256 of its key in hex.

    `mapping` and `numbers` are the changes to its preset's mapping and to the tenant's number
    profile. `extensions` has the extension for each line that the sender names otherwise.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    tenant: TenantId
    name: str
    key_hash: str
    preset: str = "generic"
    extension: str | None = None
    extensions: dict[str, str] = {}
    mapping: dict[str, Any] = {}
    numbers: dict[str, Any] = {}
    dial: DialLink | None = None
    active: bool = True
    version: int = 1


class Device(DeviceFields):
    """One sender of hits, as it travels on the bus: without its sealed key and secret."""


class User(BaseModel):
    """A person with a login. The password is not part of it.

    `active` is false after the user was removed. A user who is `locked` cannot sign in.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    tenant: TenantId
    login: str
    name: str = ""
    role: Role = "user"
    extensions: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    active: bool = True
    locked: bool = False
    version: int = 1


class ApiKey(BaseModel):
    """A key with which an application uses the API of a tenant in place of a user.

    `key_hash` is the SHA-256 of the key in hex. `active` is false after the key was removed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    tenant: TenantId
    name: str
    scopes: tuple[KeyScope, ...]
    key_hash: str
    created_by: str
    """The login of the administrator who made the key."""
    created_at: datetime
    expires_at: datetime | None = None
    active: bool = True
    version: int = 1


class PopupSettings(BaseModel):
    """When a tenant's calls show, and what for callers with no, one or many records."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    pop_on: PopOn = "ring"
    no_record: RecordAction = "popup"
    one_record: RecordAction = "popup"
    many_records: RecordAction = "popup"


class Preferences(BaseModel):
    """The choices of one user. null stands for the tenant's default.

    The page acts on them; the server sends every call to every browser of the user.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: Literal["browser", "de", "en"] = "browser"
    theme: Literal["system", "light", "dark"] = "system"
    sound: bool = False
    notifications: bool = False
    do_not_disturb: bool = False
    pop_on: PopOn | None = None
    no_record: RecordAction | None = None
    one_record: RecordAction | None = None
    many_records: RecordAction | None = None


class Activation(BaseModel):
    """The content of a valid activation code: at most `seats` users, until `expires_at`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    seats: int
    issued_at: datetime
    expires_at: datetime


class OwnNumber(BaseModel):
    """A number of the company, in any spelling, and its name, with which calls to it are shown."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    number: Annotated[str, Field(min_length=1, max_length=64)]
    name: Annotated[str, Field(min_length=1, max_length=100)]

    def read(self, profile: NumberProfile) -> RemoteNumber:
        """The number as people write it, or as a phone shows it, which earlier releases wanted."""
        typed = normalise(self.number, as_typed(profile))
        return normalise(self.number, profile) if typed.kind == "invalid" else typed


class Tenant(BaseModel):
    """A company. Its nights begin in its time zone (IANA name); `numbers` is its number profile.

    `active` is only the operator's switch. `is_active` also considers the activation.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: TenantId
    name: str
    active: bool = True
    time_zone: str = "Europe/Berlin"
    numbers: NumberProfile = NumberProfile()
    dial_link: str = "tel:{number}"
    dial_spelling: DialFormat = "e164"
    ring_groups: bool = True
    """Whether rings of several devices for one number at one moment are one call."""
    own_numbers: tuple[OwnNumber, ...] = ()
    ignored_numbers: tuple[OwnNumber, ...] = ()
    """Numbers that find no record, such as those of a door station or a fax machine."""
    last_digits: LastDigits = 0
    """How many equal digits at the end of two numbers may be those of one line; 0 for none."""
    popup: PopupSettings = PopupSettings()
    record_url: str = ""
    """The address that `open` and `new` stand for; empty if records have links of their own."""
    own_extensions: bool = False
    """Whether users may change their own extensions, and so see the calls of any extension."""
    activation: Activation | None = None
    updated_at: datetime | None = None
    """The time of the last edit, None if an earlier release has made it."""
    version: int = 1

    def state_at(self, now: datetime) -> TenantState:
        """`active`, or the reason why hits are refused at this aware time."""
        if not self.active:
            return "switched-off"
        if self.activation is None:
            return "no-code"
        return "active" if now < self.activation.expires_at else "expired"

    def is_active(self, now: datetime) -> bool:
        """Whether hits and clicks are accepted at this aware time."""
        return self.state_at(now) == "active"


class AuditEntry(BaseModel):
    """One event. `actor` is a user's id, empty for a stranger or the connector itself.

    `target` is a kind and an id, such as `call/6f96…`. `tenant` is the one whose data is concerned;
    events of no tenant belong to the tenant of the operators. `trace` is that of the request's log
    lines. `detail` has codes, such as the names of changed fields.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    time: datetime
    event: Word
    tenant: TenantId
    actor: str = ""
    target: str = ""
    address: str = ""
    outcome: AuditOutcome = "success"
    trace: str = ""
    detail: Detail = ""
