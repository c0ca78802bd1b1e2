"""The routes of the directory: `/api/directory/records`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from softphone_common.contracts.problem_codes import invalid
from softphone_common.domain.matching import RecordType, lookup_key, record_keys
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.http.auth import AdminCaller, AnyCaller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.stores.keyset import text_position
from softphone_common.stores.tenants import Tenants
from softphone_matcher.directory import Directory, Record
from softphone_matcher.settings import MatcherSettings


def _web_address(url: str) -> str:
    if url and not url.startswith(("https://", "http://", "/")):
        raise invalid("url-invalid")
    return url


Name = Annotated[str, Field(min_length=1, max_length=200)]
Url = Annotated[str, Field(max_length=2000), AfterValidator(_web_address)]


class NumberInput(BaseModel):
    """A number in any spelling, and its use."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(
        min_length=1, max_length=128, description="In any spelling, such as `089 99998001`"
    )
    label: str = Field("", max_length=50, description="The use of the number, such as `mobile`")


class RecordInput(BaseModel):
    """A new record of the directory."""

    model_config = ConfigDict(extra="forbid")

    type: RecordType
    name: Name
    numbers: list[NumberInput] = Field(default_factory=list)
    url: Url = Field("", description="Where the record is opened: `https://`, `http://` or a path")


class RecordChanges(BaseModel):
    """The fields of a record to change; `numbers` replaces all numbers of the record."""

    model_config = ConfigDict(extra="forbid")

    type: RecordType = "contact"
    name: Name = "-"
    numbers: list[NumberInput] = Field(default_factory=list)
    url: Url = Field("", description="Where the record is opened: `https://`, `http://` or a path")


class DirectoryApi:
    """The directory over HTTP. All users of a tenant read it, its administrators change it."""

    def __init__(self, directory: Directory, tenants: Tenants, settings: MatcherSettings) -> None:
        self._directory = directory
        self._tenants = tenants
        self._settings = settings
        self.router = APIRouter(prefix="/api/directory", tags=["directory"])
        add = self.router.add_api_route
        add("/records", self.list_records, methods=["GET"])
        add("/records", self.add_record, methods=["POST"], status_code=201)
        add("/records/{record}", self.show_record, methods=["GET"])
        add("/records/{record}", self.edit_record, methods=["PATCH"])
        add("/records/{record}", self.remove_record, methods=["DELETE"], status_code=204)

    async def list_records(
        self,
        caller: AnyCaller,
        number: Annotated[
            str | None,
            Query(max_length=128, description="Only records with this number, in any spelling"),
        ] = None,
        type: Annotated[  # noqa: A002 - the parameter's public name
            RecordType | None, Query(description="Only records of this type")
        ] = None,
        cursor: Annotated[
            str | None,
            Query(max_length=2000, description="`next` of the page before; empty for the first"),
        ] = None,
        limit: Annotated[
            int, Query(ge=1, description="Records of a page; the installation has a maximum")
        ] = 50,
    ) -> Page[Record]:
        """Lists records by name, without regard to case."""
        key = None
        if number is not None:
            # a number that can't be read is the key of no record, so the page is empty
            key = lookup_key(normalise(number, self._profile(caller.tenant))) or ""
        size = min(limit, self._settings.page_max)
        page = await self._directory.list_records(
            caller.tenant, text_position(cursor), size, type_=type, key=key
        )
        return Page(items=page.items, next=page.cursor)

    async def add_record(self, record: RecordInput, caller: AdminCaller) -> Record:
        """Adds a record. Calls from now on are matched with it."""
        keys = self._keys(caller.tenant, record.numbers)
        return await self._directory.add(caller.tenant, record.model_dump(), keys)

    async def show_record(self, record: str, caller: AnyCaller) -> Record:
        """Shows one record with its numbers."""
        return _require(await self._directory.get(caller.tenant, record))

    async def edit_record(self, record: str, changes: RecordChanges, caller: AdminCaller) -> Record:
        """Changes the fields that are sent, and leaves all others as they are."""
        fields: dict[str, Any] = changes.model_dump(exclude_unset=True)
        keys = self._keys(caller.tenant, changes.numbers) if "numbers" in fields else None
        return _require(await self._directory.edit(caller.tenant, record, fields, keys))

    async def remove_record(self, record: str, caller: AdminCaller) -> None:
        """Deletes a record. Calls that were matched with it keep showing its name."""
        if not await self._directory.remove(caller.tenant, record):
            raise ProblemError("record-unknown")

    def _keys(self, tenant: str, numbers: list[NumberInput]) -> list[str]:
        if len(numbers) > self._settings.record_numbers_max:
            limit = self._settings.record_numbers_max
            raise ProblemError("items-too-many", field="numbers", limit=limit)
        return record_keys((n.number for n in numbers), self._profile(tenant))

    def _profile(self, tenant: str) -> NumberProfile:
        return self._tenants.require(tenant).numbers


def _require(record: Record | None) -> Record:
    if record is None:
        raise ProblemError("record-unknown")
    return record
