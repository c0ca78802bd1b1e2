"""A record of the directory as it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, ConfigDict, Field, model_validator

from softphone_common.domain.keys.proposed_ranges import ProposedRange, proposed_ranges
from softphone_common.domain.matching import RecordType, number_keys
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.records.visibility import VisibleTo
from softphone_common.stores.mongo import Document

EARLIER = datetime.fromtimestamp(0, UTC)
"""The time of the last change of records that 0.1.0 stored without one."""
_COMPANIES: frozenset[RecordType] = frozenset({"organization", "partner", "supplier"})
_SOURCES = uuid5(NAMESPACE_URL, "softphone-connector/records")


class RecordNumber(BaseModel):
    """A number of a record in the spelling of its author, and how it is read.

    A text with several numbers is found by each of them. `e164` and `ext` are those of the first.
    """

    model_config = ConfigDict(frozen=True)

    number: str
    label: str = Field("", description="The use of the number, such as `mobile`")
    e164: str | None = Field(None, description="The number in E.164; null if it has none")
    ext: str = Field("", description="Digits to dial after the answer; empty if there are none")
    keys: tuple[str, ...] = Field((), description="The E.164 numbers by which the record is found")
    extension_digits: int = Field(
        0, description="Digits of the extensions of an exchange; 0 for a number without any"
    )
    ranges: tuple[str, ...] = Field(
        (),
        description="The direct lines by which the record is found as well: `+498999998xx`, with an"
        " x for each digit of an extension, or `+498999998-0`, the main number of an exchange",
    )
    why: str | None = Field(
        None,
        description="The code of the reason why the number has no keys: `number-unreadable`,"
        " `number-internal`, `number-service` or `number-withheld`; null if it has keys",
    )

    @classmethod
    def read(
        cls, number: str, label: str, profile: NumberProfile, extension_digits: int = 0
    ) -> Self:
        """The number as it is read in this profile."""
        keys = number_keys(number, profile, extension_digits)
        return cls(
            number=number,
            label=label,
            e164=keys.e164,
            ext=keys.ext,
            keys=keys.keys,
            extension_digits=extension_digits,
            ranges=keys.ranges,
            why=keys.problem,
        )


class MergedRow(BaseModel):
    """A row of an application that changes a merged record: its source, and its id there."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str
    host_id: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a source that was merged into a record: the id that its record would have, the hash
    of what was sent last, empty if it is not known, and the fields that it had."""

    id: str
    source: str
    host_id: str
    digest: str
    fields: Mapping[str, Any]


class Record(BaseModel):
    """A person or an organisation with their numbers."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    type: RecordType
    name: str
    numbers: tuple[RecordNumber, ...] = ()
    organization: str = Field("", description="The organisation of a person")
    organization_record: str = Field("", description="Id of the organisation's own record")
    emails: tuple[str, ...] = ()
    address: str = ""
    note: str = Field("", description="Shown in calls of the record")
    url: str = Field("", description="Where the record is opened, for example in a CRM")
    tags: tuple[str, ...] = ()
    owner: str = Field("", description="Login of the user who looks after the record")
    team: str = Field("", description="The team that looks after the record")
    visible_to: VisibleTo = Field("everyone", description="Who sees the record")
    source: str = Field("", description="The application that the record comes from")
    host_id: str = Field("", description="The id of the record in its source")
    inactive: bool = Field(False, description="Inactive records are shown in no call")
    rows: tuple[MergedRow, ...] = Field(
        (), description="The rows of applications by which a merged record is changed"
    )
    merged_into: str = Field(
        "", description="Id of the record of which this one is a part; empty if it was not merged"
    )
    dismissed_ranges: tuple[str, ...] = Field(
        (), description="Proposed ranges that somebody did not want, such as `+498999998xx`"
    )
    version: int = 1
    changed_at: datetime = EARLIER
    changed_by: str = Field("", description="Login of the user, or name of the API key")
    deleted_at: datetime | None = None
    deleted_by: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_release(cls, stored: Any) -> Any:
        """Until 0.1.0 a record had a `company` and one `email`."""
        if not isinstance(stored, dict) or "emails" in stored:
            return stored
        email, company = stored.get("email"), stored.get("company", "")
        return {"emails": (email,) if email else (), "organization": company, **stored}


class RecordDetails(Record):
    """A record with what its numbers suggest."""

    proposed_ranges: tuple[ProposedRange, ...] = Field(
        (),
        description="Numbers of an exchange that three or more numbers of a company are direct"
        " lines of. Nothing uses them until somebody adds one to the record's numbers, or dismisses"
        " it with `dismissed_ranges`",
    )


def details_of(record: Record, profile: NumberProfile) -> RecordDetails:
    """The record with the ranges that its numbers suggest, if it is that of a company."""
    proposed: tuple[ProposedRange, ...] = ()
    if record.type in _COMPANIES:
        lines = (number.e164 for number in record.numbers if number.e164 is not None)
        ranges = {range_ for number in record.numbers for range_ in number.ranges}
        proposed = proposed_ranges(lines, ranges.union(record.dismissed_ranges), profile)
    return RecordDetails(**dict(record), proposed_ranges=proposed)


def id_in_source(tenant: str, source: str, host_id: str) -> str:
    """The id of the record that this application calls `host_id`: a UUIDv5.

    So a record that is sent twice, even at once to two processes, is one record, and a contact can
    name the record of an organisation that has not been sent yet.
    """
    return str(uuid5(_SOURCES, "\0".join((tenant, source, host_id))))


def record_of(document: Document) -> Record:
    """The record in a stored document."""
    return Record.model_validate({**document, "id": document["_id"]})
