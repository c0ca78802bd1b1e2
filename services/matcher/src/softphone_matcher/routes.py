"""The routes of the directory: `/api/directory/records`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from softphone_common.contracts.problem_codes import invalid
from softphone_common.domain.matching import RecordType, lookup_key, record_keys
from softphone_common.domain.numbers.normalise import NumberProfile, normalise
from softphone_common.http.auth import AdminCaller, AnyCaller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.stores.keyset import text_position
from softphone_common.stores.mongo import Document
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
    """A number in any spelling."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(min_length=1, max_length=128)
    label: str = Field("", max_length=50)


class RecordInput(BaseModel):
    """A new record."""

    model_config = ConfigDict(extra="forbid")

    type: RecordType
    name: Name
    numbers: list[NumberInput] = Field(default_factory=list)
    url: Url = ""


class RecordChanges(BaseModel):
    """What of a record to change; `numbers` replaces all of them."""

    model_config = ConfigDict(extra="forbid")

    type: RecordType = "contact"
    name: Name = "-"
    numbers: list[NumberInput] = Field(default_factory=list)
    url: Url = ""


class DirectoryApi:
    """The directory over HTTP. Everybody of a tenant may read it, its administrators change it."""

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
        number: Annotated[str | None, Query(max_length=128)] = None,
        type: RecordType | None = None,  # noqa: A002 - the parameter's public name
        cursor: Annotated[str | None, Query(max_length=2000)] = None,
        limit: Annotated[int, Query(ge=1)] = 50,
    ) -> Page[Record]:
        """Records by name; `number` in any spelling finds those that have it."""
        wanted: Document = {} if type is None else {"type": type}
        if number is not None:
            wanted["keys"] = lookup_key(normalise(number, self._profile(caller.tenant))) or ""
        size = min(limit, self._settings.page_max)
        page = await self._directory.page(caller.tenant, wanted, text_position(cursor), size)
        return Page(items=page.items, next=page.cursor)

    async def add_record(self, given: RecordInput, caller: AdminCaller) -> Record:
        """A new record, found from now on."""
        keys = self._keys(caller.tenant, given.numbers)
        return await self._directory.add(caller.tenant, given.model_dump(), keys)

    async def show_record(self, record: str, caller: AnyCaller) -> Record:
        """One record."""
        return _found(await self._directory.get(caller.tenant, record))

    async def edit_record(self, record: str, given: RecordChanges, caller: AdminCaller) -> Record:
        """Changes what is given."""
        fields: dict[str, Any] = given.model_dump(exclude_unset=True)
        keys = self._keys(caller.tenant, given.numbers) if "numbers" in fields else None
        return _found(await self._directory.edit(caller.tenant, record, fields, keys))

    async def remove_record(self, record: str, caller: AdminCaller) -> None:
        """Found no more; calls keep what they showed."""
        if not await self._directory.remove(caller.tenant, record):
            raise ProblemError("record-unknown")

    def _keys(self, tenant: str, numbers: list[NumberInput]) -> list[str]:
        if len(numbers) > self._settings.record_numbers_max:
            limit = self._settings.record_numbers_max
            raise ProblemError("items-too-many", field="numbers", limit=limit)
        return record_keys((n.number for n in numbers), self._profile(tenant))

    def _profile(self, tenant: str) -> NumberProfile:
        return self._tenants.require(tenant).numbers


def _found(record: Record | None) -> Record:
    if record is None:
        raise ProblemError("record-unknown")
    return record
