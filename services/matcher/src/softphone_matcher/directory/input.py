"""Records as people and applications send them."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.problem_codes import invalid
from softphone_common.domain.keys.direct_lines import EXTENSION_DIGITS_MAX
from softphone_common.domain.matching import RecordType
from softphone_common.domain.records.visibility import Sharing, VisibleTo
from softphone_matcher.directory.record import Record, RecordNumber, id_in_source
from softphone_matcher.directory.search import SHARING, TERMS_VERSION

_WEB_ADDRESS = re.compile(r"https?://|/(?![\t\r\n]*[/\\])")
"""Browsers take two slashes, of either kind and with line ends between, for another host (WHATWG
URL, section 4.4)."""

EMAILS_MAX = 20
TAGS_MAX = 50
_KEYS_VERSION = 1
"""Part of the reading of a record: one with another version gets new keys."""


def _web_address(url: str) -> str:
    if url and not _WEB_ADDRESS.match(url):
        raise invalid("url-invalid")
    return url


Name = Annotated[str, Field(min_length=1, max_length=200)]
ShortText = Annotated[str, Field(max_length=200)]
Url = Annotated[
    str,
    Field(
        max_length=2000,
        description="Where the record is opened: `https://`, `http://` or a path. The page fills"
        " placeholders such as `{e164}` in, as in the `record_url` of the tenant.",
    ),
    AfterValidator(_web_address),
]
Email = Annotated[
    str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$", examples=["erika.huber@example.com"])
]
Tag = Annotated[str, Field(min_length=1, max_length=50)]
Range = Annotated[str, Field(max_length=20, pattern=r"^\+[0-9]{3,15}x{1,5}$")]
HostId = Annotated[str, Field(max_length=200, description="The id of the record in its source")]


class NumberInput(BaseModel):
    """A number in any spelling, and its use."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(
        min_length=1, max_length=128, description="In any spelling, such as `089 99998001`"
    )
    label: str = Field("", max_length=50, description="The use of the number, such as `mobile`")
    extension_digits: int = Field(
        0,
        ge=0,
        le=EXTENSION_DIGITS_MAX,
        description="Digits of the extensions, for the number of an exchange: with 2, calls of"
        " `089 99998-56` find the record of `089 99998-0`. In Germany and Austria they follow the"
        " number or replace what is behind its last hyphen, elsewhere they are its last digits",
    )


class RecordFields(BaseModel):
    """The fields that people and applications send alike."""

    model_config = ConfigDict(extra="forbid")

    type: RecordType = "contact"
    name: Name = "-"
    numbers: list[NumberInput] = Field(default_factory=list)
    organization: ShortText = Field("", description="The organisation of a person")
    organization_record: str = Field(
        "", max_length=64, description="Id of the organisation's own record"
    )
    emails: list[Email] = Field(default_factory=list, max_length=EMAILS_MAX)
    address: str = Field("", max_length=500)
    note: str = Field("", max_length=2000, description="Shown in calls of the record")
    url: Url = ""
    tags: list[Tag] = Field(default_factory=list, max_length=TAGS_MAX)
    owner: ShortText = Field("", description="Login of the user who looks after the record")
    team: ShortText = Field("", description="The team that looks after the record")
    visible_to: VisibleTo = Field(
        "everyone",
        description="Who sees the record: `everyone`; `team`, the users with its `team` among their"
        " teams and its owner; `owner`, its owner alone; or `admins`. Administrators see every"
        " record, and so does an application whose key has a scope of the directory",
    )
    inactive: bool = Field(False, description="Inactive records are shown in no call")


class RecordInput(RecordFields):
    """A new record of the directory. Records of a source are sent with `PUT`."""

    type: RecordType
    name: Name
    host_id: HostId = ""


class RecordChanges(RecordFields):
    """The fields of a record to change; `numbers` replaces all numbers of the record."""

    dismissed_ranges: list[Range] = Field(
        default_factory=list,
        max_length=50,
        description="Proposed ranges that are not proposed again, such as `+498999998xx`",
    )


class SentRecord(RecordFields):
    """A record of an application, which replaces what the application sent of it before.

    Without `visible_to` the record stays visible to whom it was, and keeps its `owner` and its
    `team` unless they are sent; a new one is visible to everyone.
    """

    source: Annotated[str, Field(min_length=1, max_length=50, examples=["vtiger"])]
    host_id: Annotated[HostId, Field(min_length=1)]
    type: RecordType
    name: Name
    organization_host_id: HostId = Field(
        "", description="The id of the organisation in the source; it may be sent later"
    )

    @property
    def sharing_sent(self) -> dict[str, Any]:
        """The fields that say who sees the record, as far as the application sent them."""
        return self.model_dump(include=self.model_fields_set.intersection(SHARING))

    def fields(self, tenant: str, stored: Sharing) -> dict[str, Any]:
        """The fields of the record, with the id of its organisation's record.

        A source that does not know who sees the record neither opens it to everyone nor takes it
        from its team and its owner.
        """
        fields = self.model_dump(exclude={"organization_host_id"})
        if "visible_to" not in self.model_fields_set:
            fields |= asdict(stored) | self.sharing_sent
        if self.organization_host_id:
            organization = id_in_source(tenant, self.source, self.organization_host_id)
            fields["organization_record"] = organization
        return fields


def fields_of(record: Record) -> dict[str, Any]:
    """The fields of a stored record that a change keeps."""
    kept = {*RecordChanges.model_fields, "source", "host_id"}
    return record.model_dump(include=kept)


def read_numbers(numbers: Iterable[Mapping[str, Any]], tenant: Tenant) -> dict[str, Any]:
    """The stored fields of the numbers: each with its keys at this tenant, and the reading."""
    read = [
        RecordNumber.read(
            each["number"], each["label"], tenant.numbers, each.get("extension_digits", 0)
        )
        for each in numbers
    ]
    stored = [number.model_dump(mode="json") for number in read]
    return {"numbers": stored, "last_digits": tenant.last_digits, "reading": reading_of(tenant)}


def reading_of(tenant: Tenant) -> str:
    """Differs if numbers get other keys, or if records have other search terms."""
    text = f"{TERMS_VERSION} {_KEYS_VERSION} {tenant.last_digits} {tenant.numbers!r}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
