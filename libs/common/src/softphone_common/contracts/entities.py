"""Entities that messages carry and services store: tenants, users, devices, comments."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from softphone_common.contracts.dial_link import DialLink
from softphone_common.domain.numbers.dial_format import DialFormat
from softphone_common.domain.numbers.profile import NumberProfile

# A tenant id is a word of routing keys, which dots separate, and a part of Redis keys and ids in
# MongoDB, which colons separate. It contains neither.
TENANT_PATTERN = r"^[a-z0-9-]{1,40}$"
PRESET_PATTERN = r"^[a-z0-9-]{1,40}$"
TenantId = Annotated[str, Field(pattern=TENANT_PATTERN)]
Role = Literal["user", "admin", "operator"]
TenantState = Literal["active", "no-code", "expired", "switched-off"]


class Comment(BaseModel):
    """A text written in a call and saved to a record; `record` is None if none was chosen."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    call: str
    text: str
    author: str
    at: datetime
    record: str | None = None


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
    """A person with a login. The password is not part of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    tenant: TenantId
    login: str
    name: str = ""
    role: Role = "user"
    extensions: tuple[str, ...] = ()
    active: bool = True
    version: int = 1


class Activation(BaseModel):
    """The content of a valid activation code: at most `seats` users, until `expires_at`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    seats: int
    issued_at: datetime
    expires_at: datetime


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
    activation: Activation | None = None
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
