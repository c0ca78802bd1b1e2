"""The routes of the directory: `/api/directory/records`."""

from collections.abc import Callable
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.problem_codes import invalid
from softphone_common.domain.matching import RecordType, lookup_key, number_keys, record_keys
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.http.auth import AdminCaller, AnyCaller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.stores.keyset import text_position
from softphone_matcher.directory import Directory, Record, RecordNumber
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


class SavedNumber(RecordNumber):
    """A number of a record, and whether calls of it find the record.

    A text with several numbers finds it by each of them. `e164` and `ext` are those of the first.
    """

    e164: str | None = Field(description="The number in E.164; null if it has none")
    ext: str = Field(description="Digits to dial after the answer; empty if there are none")
    keys: tuple[str, ...] = Field(description="The E.164 numbers by which the record is found")
    problem: str | None = Field(
        description="The code of the reason why the number has no keys: `number-unreadable`,"
        " `number-internal`, `number-service` or `number-withheld`; null if it has keys"
    )


class SavedRecord(Record):
    """A record, with the keys of each of its numbers as they are read now."""

    numbers: tuple[SavedNumber, ...] = ()

    @classmethod
    def of(cls, record: Record, profile: NumberProfile) -> Self:
        """The record with the keys that its numbers have in this profile."""
        numbers = tuple(
            SavedNumber(
                number=number.number,
                label=number.label,
                e164=keys.e164,
                ext=keys.ext,
                keys=keys.keys,
                problem=keys.problem,
            )
            for number in record.numbers
            for keys in [number_keys(number.number, profile)]
        )
        return cls(**{**record.model_dump(), "numbers": numbers})


Strict = Annotated[
    bool,
    Query(
        description="Whether to refuse a record with a number that finds nobody. The answer is then"
        " 422, and `errors` names each of these numbers with its reason. Without it the record is"
        " saved, and `problem` of the number says why."
    ),
]


class DirectoryApi:
    """The directory over HTTP. All users of a tenant read it, its administrators change it."""

    def __init__(
        self,
        directory: Directory,
        require_tenant: Callable[[str], Tenant],
        settings: MatcherSettings,
    ) -> None:
        self._directory = directory
        self._require_tenant = require_tenant
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

    async def add_record(
        self, record: RecordInput, caller: AdminCaller, strict: Strict = False
    ) -> SavedRecord:
        """Adds a record. Calls from now on are matched with it.

        The answer says of each number by which keys it is found, or why by none.
        """
        keys = self._keys(caller.tenant, record.numbers, strict)
        saved = await self._directory.add(caller.tenant, record.model_dump(), keys)
        return SavedRecord.of(saved, self._profile(caller.tenant))

    async def show_record(self, record: str, caller: AnyCaller) -> SavedRecord:
        """Shows one record with its numbers, and by which keys each of them is found."""
        stored = _require(await self._directory.get(caller.tenant, record))
        return SavedRecord.of(stored, self._profile(caller.tenant))

    async def edit_record(
        self, record: str, changes: RecordChanges, caller: AdminCaller, strict: Strict = False
    ) -> SavedRecord:
        """Changes the fields that are sent, and leaves all others as they are."""
        fields: dict[str, Any] = changes.model_dump(exclude_unset=True)
        keys = self._keys(caller.tenant, changes.numbers, strict) if "numbers" in fields else None
        saved = _require(await self._directory.edit(caller.tenant, record, fields, keys))
        return SavedRecord.of(saved, self._profile(caller.tenant))

    async def remove_record(self, record: str, caller: AdminCaller) -> None:
        """Deletes a record. Calls that were matched with it keep showing its name."""
        if not await self._directory.remove(caller.tenant, record):
            raise ProblemError("record-unknown")

    def _keys(self, tenant: str, numbers: list[NumberInput], strict: bool) -> list[str]:
        """The keys of all numbers. Raises ProblemError 422, if strict also for one without keys."""
        if len(numbers) > self._settings.record_numbers_max:
            limit = self._settings.record_numbers_max
            raise ProblemError("items-too-many", field="numbers", limit=limit)
        profile = self._profile(tenant)
        texts = [number.number for number in numbers]
        if strict:
            _require_keys(texts, profile)
        return record_keys(texts, profile)

    def _profile(self, tenant: str) -> NumberProfile:
        return self._require_tenant(tenant).numbers


def _require_keys(texts: list[str], profile: NumberProfile) -> None:
    """Raises ProblemError 422 that names each number without keys and the reason."""
    read = (number_keys(text, profile) for text in texts)
    problems = {
        f"numbers.{place}.number": keys.problem
        for place, keys in enumerate(read)
        if keys.problem is not None
    }
    if problems:
        raise ProblemError.of_fields(problems)


def _require(record: Record | None) -> Record:
    if record is None:
        raise ProblemError("record-unknown")
    return record
