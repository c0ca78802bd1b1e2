"""A source: where a tenant's records are read by schedule, and how they become records."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from softphone_common.contracts.problem_codes import invalid
from softphone_matcher.imports.mapping import ColumnMapping, NumberColumn
from softphone_matcher.outbound.ldap import is_dn, is_filter

SourceKind = Literal["json", "carddav", "vtiger", "ldap"]
Paging = Literal["none", "next", "page", "offset"]
CredentialKind = Literal["none", "basic", "bearer", "header"]
MINUTES_MIN = 15
PEOPLE = "(|(objectClass=person)(objectClass=organizationalPerson)(objectClass=inetOrgPerson))"
"""The entries of people in a directory of OpenLDAP or Active Directory."""
MAPPED: frozenset[SourceKind] = frozenset({"json", "ldap"})
"""The kinds whose records an administrator maps; the others have their own mapping."""
FIELDS_OF_KIND: Mapping[SourceKind, frozenset[str]] = {
    "json": frozenset({"items", "paging", "next_path", "parameter", "mapping"}),
    "carddav": frozenset(),
    "vtiger": frozenset({"partner_module"}),
    "ldap": frozenset({"base", "filter", "mapping"}),
}
"""The fields of each kind that not all kinds read."""
_OF_SOME = frozenset[str]().union(*FIELDS_OF_KIND.values())

_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_OWN_HEADERS = frozenset({"host", "connection", "content-length", "transfer-encoding", "te"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _plain(text: str) -> str:
    if _CONTROL.search(text):
        raise invalid("text-damaged")
    return text


Path = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
Secret = Annotated[str, Field(max_length=2000), AfterValidator(_plain)]


@dataclass(frozen=True, slots=True)
class SentNumber(NumberColumn):
    """A path of numbers in a request, where its label may be left out."""


@dataclass(frozen=True, slots=True)
class SentMapping(ColumnMapping):
    """A mapping in a request, where fields may be left out; answers have all of them."""

    numbers: tuple[SentNumber, ...] = ()


class Schedule(BaseModel):
    """When a source is read: at an interval, or each day at a time; without both only by hand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every_minutes: int | None = Field(
        None, ge=MINUTES_MIN, le=10_080, description="Minutes between the beginnings of two runs"
    )
    at: str | None = Field(
        None,
        pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$",
        description="Time of the day in the time zone of the tenant, at which a run begins",
        examples=["02:30"],
    )

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if self.every_minutes is not None and self.at is not None:
            raise invalid("schedule-doubled")
        return self


class SourceSettings(BaseModel):
    """All of a source that an administrator decides and sees again."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(_plain)] = Field(
        min_length=1,
        max_length=50,
        description="The `source` of its records, by which each run finds them again",
        examples=["crm"],
    )
    kind: SourceKind = Field(
        "json",
        description="`json` for an application that answers with JSON, `carddav` for an address"
        " book, `vtiger` for vtiger CRM, `ldap` for an LDAP directory. A field that a kind does"
        " not read is refused",
    )
    address: Annotated[str, AfterValidator(_plain)] = Field(
        min_length=1,
        max_length=2000,
        description="The address of the first page, or of the address book or its user, or of the"
        " LDAP server (`ldaps://ldap.example.com`), whose host `SOFTPHONE_SOURCE_HOSTS` permits",
        examples=["https://crm.example.com/api/contacts?limit=200"],
    )
    items: Path = Field(
        "",
        description="Path of the list of records in an answer, such as `data.contacts`; empty if"
        " the answer is the list",
    )
    paging: Paging = Field(
        "none",
        description="How further pages are found: `next`, by a link in the answer; `page` or"
        " `offset`, by a parameter that counts pages or records until a page is empty",
    )
    next_path: Path = Field(
        "",
        description="Path of the link in an answer, such as `links.next`; empty for the header"
        " field `Link` (RFC 8288). The link has to stay on the host of the source",
    )
    parameter: Path = Field("", description="Name of the parameter of `page` or `offset`")
    partner_module: str = Field(
        "",
        max_length=50,
        pattern=r"^[A-Za-z0-9_]*$",
        description="The module of vtiger CRM with the partners, such as `Partners`; empty if the"
        " CRM has none",
    )
    base: Annotated[str, AfterValidator(_plain)] = Field(
        "",
        max_length=1000,
        description="The entry of an LDAP server below which contacts are searched, such as"
        " `ou=people,dc=example,dc=com`",
    )
    filter: Annotated[str, AfterValidator(_plain)] = Field(
        PEOPLE,
        max_length=2000,
        description="Which entries of an LDAP server are contacts (RFC 4515)",
    )
    credentials: CredentialKind = Field(
        "none", description="How the secret is sent; `header` sends it in a header field"
    )
    credentials_name: Annotated[str, AfterValidator(_plain)] = Field(
        "", max_length=200, description="Name of the user for `basic`, of the field for `header`"
    )
    complete: bool = Field(
        True,
        description="Whether the source answers with everything it has: records that it no longer"
        " has are then moved to the recycle bin, as for a complete file, and only after all pages"
        " were read",
    )
    schedule: Schedule = Schedule()
    active: bool = Field(True, description="Whether the schedule counts")

    @model_validator(mode="after")
    def _require_whole(self) -> Self:
        if self.paging in {"page", "offset"} and not self.parameter:
            raise invalid("source-parameter-missing")
        is_header = self.credentials == "header"
        name = self.credentials_name
        if is_header and (not _HEADER.fullmatch(name) or name.casefold() in _OWN_HEADERS):
            raise invalid("source-header-invalid")
        if self.kind == "vtiger" and (self.credentials != "basic" or not name):
            raise invalid("source-user-missing")
        return self

    @model_validator(mode="after")
    def _require_directory(self) -> Self:
        is_ldap = self.address.casefold().startswith(("ldap://", "ldaps://"))
        if self.kind != "ldap":
            if is_ldap:
                raise invalid("source-address-invalid", "address")
            return self
        if not is_ldap:
            raise invalid("source-address-not-ldap", "address")
        if not is_dn(self.base):
            raise invalid("source-base-invalid", "base")
        if not is_filter(self.filter):
            raise invalid("source-filter-invalid", "filter")
        if self.credentials not in {"none", "basic"}:
            raise invalid("source-credentials-unfit", "credentials", kind=self.kind)
        return self


class SourceInput(SourceSettings):
    """A source as an administrator sends it."""

    mapping: SentMapping = Field(
        SentMapping(),
        description="The paths of each field, such as `phones.0.number`, for the kind `json`, or"
        " names of attributes for `ldap`. `host_id` is needed, but for a test: by it the next run"
        " finds the record again. `carddav` and `vtiger` have mappings of their own",
    )
    secret: Secret | None = Field(
        None,
        repr=False,
        description="Password, token or value of the header field. It is stored encrypted and"
        " never shown. Without it the one that is stored is kept, unless the address leads to"
        " another host",
    )

    @model_validator(mode="after")
    def _require_mapping(self) -> Self:
        if self.kind in MAPPED and "mapping" not in self.model_fields_set:
            raise invalid("source-mapping-missing")
        return self

    @model_validator(mode="after")
    def _require_password(self) -> Self:
        # a server takes a name without a password for a stranger, and is content (RFC 4513, 5.1.2)
        is_bound = self.kind == "ldap" and self.credentials == "basic"
        if is_bound and (not self.credentials_name or self.secret == ""):
            raise invalid("source-password-missing", "secret")
        return self

    @model_validator(mode="after")
    def _refuse_unread(self) -> Self:
        """Refuses fields that the kind of the source does not read: they are mistakes."""
        fields = type(self).model_fields
        for name in sorted(_OF_SOME - FIELDS_OF_KIND[self.kind]):
            if getattr(self, name) != fields[name].default:
                raise invalid("source-field-unread", name, kind=self.kind)
        return self


class Source(SourceSettings):
    """A source as its tenant sees it, without its secret."""

    model_config = ConfigDict(extra="ignore")

    id: str
    mapping: ColumnMapping
    has_secret: bool = False
    next_at: datetime | None = Field(None, description="When the next run begins by schedule")
    last_run: str = Field("", description="Id of the latest run; empty before the first")
    changed_by: str = ""
    changed_at: datetime


class StoredSource(Source):
    """A source with its secret, which is sealed; neither is ever shown.

    - `marks`: how far the source was read, in the words of its reader
    - `read_at`: when the latest run began that has read all of the source and saved it
    """

    tenant: str
    marks: dict[str, str] = {}
    read_at: datetime | None = None
    sealed: str = ""
    version: int = 1

    def shown(self) -> Source:
        """The source as its tenant sees it."""
        fields: dict[str, Any] = self.model_dump(include={*Source.model_fields})
        return Source.model_validate(fields | {"has_secret": bool(self.sealed)})
