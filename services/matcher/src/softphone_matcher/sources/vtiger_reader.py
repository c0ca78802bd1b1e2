"""Reads vtiger CRM and CRMs that descend from it, module by module."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict

from softphone_matcher.imports.import_file import ImportFile, open_lines
from softphone_matcher.outbound.client import Credentials, Outbound
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.outbound.vtiger import ROWS_MAX, VtigerService, record_address
from softphone_matcher.sources.reader import Beginning, SourcePage
from softphone_matcher.sources.source import StoredSource
from softphone_matcher.sources.vtiger_records import (
    CHANGED,
    COMPANY,
    COMPANY_NAME,
    MAPPING,
    TYPES,
    VtigerModule,
    lines_of,
    module_of,
)

_SAMPLE = 25
"""Records of each module that are shown to an administrator who tests a source."""
_ID = re.compile(r"[0-9]{1,9}x([0-9]{1,18})", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)
_COMPANIES = "Accounts"

Rows = Sequence[Mapping[str, Any]]


class VtigerPlace(BaseModel):
    """Where the next page is; the position of a run is this as JSON.

    - `since`: the mark of each module from which on changes are read. Modules without one are read
      whole
    - `known`: the modules that an earlier run has read
    - `remaining`: the modules that are left, of which the first is being read; None at the start
    - `mark`: the latest change in this module when reading began; None until the CRM is asked
    - `last`: the id behind which the page begins
    - `skip`: rows behind `last` that the user may not see
    """

    model_config = ConfigDict(frozen=True)

    since: dict[str, str] = {}
    known: tuple[str, ...] = ()
    remaining: tuple[str, ...] | None = None
    mark: str | None = None
    last: str = ""
    skip: int = 0


class VtigerReader:
    """Reads a source of the kind `vtiger`; a `SourceReader`.

    Rows are read in the order of their ids, each page behind the last id of the one before: records
    that are deleted meanwhile move no other record out of a page.
    """

    def __init__(self, source: StoredSource, outbound: Outbound, credentials: Credentials) -> None:
        self._partners = source.partner_module
        self._service = VtigerService(outbound, source.address, credentials)
        self._described: dict[str, VtigerModule | None] = {}
        self._types: list[str] | None = None

    async def read(self, position: str) -> SourcePage:
        place = VtigerPlace.model_validate_json(position)
        if place.remaining is None:
            readable = tuple(each.name for each in await self._modules(place.known))
            place = place.model_copy(update={"remaining": readable})
        assert place.remaining
        module = await self._module(place.remaining[0])
        if module is None:
            raise SourceError("source-module-missing", module=place.remaining[0])
        if place.mark is None:
            place = place.model_copy(update={"mark": await self._latest_change(module)})
        rows = await self._rows(module, place)
        following = await self._behind(module, place, rows)
        is_done = following is None or following.remaining != place.remaining
        return SourcePage(
            data=await self._lines(module, rows),
            records=len(rows),
            following=following.model_dump_json() if following else "",
            marks={module.name: place.mark or place.since.get(module.name, "")} if is_done else {},
        )

    async def sample(self) -> Callable[[], ImportFile]:
        data = b""
        for module in await self._modules(()):
            query = f"select * from {module.name} order by id desc limit 0,{_SAMPLE};"  # noqa: S608
            data += await self._lines(module, await self._service.query(query))
        if not data:
            raise SourceError("source-empty")
        return partial(open_lines, data)

    async def close(self) -> None:
        """Ends the session in the CRM."""
        await self._service.close()

    async def _modules(self, known: Sequence[str]) -> list[VtigerModule]:
        """The modules that the user may read.

        Raises SourceError if one is missing that an earlier run has read: its records would count
        as absent.
        """
        types = await self._visible()
        wanted = [*TYPES, *([self._partners] if self._partners else [])]
        described = [await self._module(name) for name in wanted if name in types]
        readable = [each for each in described if each is not None]
        names = {each.name for each in readable}
        if names.isdisjoint(TYPES):
            raise SourceError("source-modules-missing", modules=", ".join(TYPES))
        needed = {*known, self._partners} & {*wanted}
        for name in wanted:
            if name in needed and name not in names:
                raise SourceError("source-module-missing", module=name)
        return readable

    async def _visible(self) -> list[str]:
        """The names of all modules that the user may see."""
        if self._types is None:
            answer = await self._service.call("listtypes")
            types = answer.get("types") if isinstance(answer, Mapping) else None
            if not isinstance(types, list):
                raise SourceError("source-answer-unknown")
            self._types = types
        return self._types

    async def _module(self, name: str) -> VtigerModule | None:
        if name not in self._described:
            answer = await self._service.call("describe", elementType=name)
            self._described[name] = module_of(name, answer)
        return self._described[name]

    async def _latest_change(self, module: VtigerModule) -> str:
        """The time of the latest change by the clock of the CRM; empty if the user sees none.

        It is asked for before the module is read: of a record that is changed while others are
        read, the next run finds the change.
        """
        if not module.has_changes:
            return ""
        query = f"select {CHANGED} from {module.name} order by {CHANGED} desc limit 0,{ROWS_MAX};"  # noqa: S608
        rows = await self._service.query(query)
        return next((str(t) for t in (row.get(CHANGED) for row in rows) if _is_time(t)), "")

    async def _rows(self, module: VtigerModule, place: VtigerPlace) -> Rows:
        """The rows of a page. Raises SourceError if they are not in the order of their ids."""
        condition = _condition(module, place)
        limit = f"order by id limit {place.skip},{ROWS_MAX}"
        rows = await self._service.query(f"select * from {module.name}{condition} {limit};")  # noqa: S608
        last = _number(place.last) if place.last else -1
        for row in rows:
            number = _number(row.get("id"))
            if number <= last:
                raise SourceError("source-pages-endless")
            last = number
        return rows

    async def _behind(
        self, module: VtigerModule, place: VtigerPlace, rows: Rows
    ) -> VtigerPlace | None:
        """Where the page behind these rows is; None at the end.

        The CRM leaves rows out that its user may not see, after it has counted them. So a page
        that is not full is not the last one, and neither is an empty one while rows follow.
        """
        if rows:
            return place.model_copy(update={"last": str(rows[-1]["id"]), "skip": 0})
        skip = place.skip + ROWS_MAX
        if await self._count(module, place) > skip:
            return place.model_copy(update={"skip": skip})
        assert place.remaining
        left = place.remaining[1:]
        if not left:
            return None
        return VtigerPlace(since=place.since, known=place.known, remaining=left)

    async def _count(self, module: VtigerModule, place: VtigerPlace) -> int:
        condition = _condition(module, place)
        rows = await self._service.query(f"select count(*) from {module.name}{condition};")  # noqa: S608
        count = rows[0].get("count") if rows else None
        if not str(count).isdecimal():
            raise SourceError("source-answer-unknown")
        return int(str(count))

    async def _lines(self, module: VtigerModule, rows: Rows) -> bytes:
        names = await self._organizations(module, rows)
        address_of = partial(record_address, self._service.address)
        return lines_of(module, rows, names, address_of)

    async def _organizations(self, module: VtigerModule, rows: Rows) -> Mapping[str, str]:
        """The names of the organisations that these contacts refer to, by their ids."""
        if module.name != "Contacts" or COMPANY not in module.fields:
            return {}
        texts = (str(row.get(COMPANY) or "") for row in rows)
        ids = sorted({text for text in texts if _ID.fullmatch(text)})
        if not ids or _COMPANIES not in await self._visible():
            return {}
        quoted = ",".join(f"'{id_}'" for id_ in ids)
        query = f"select id, {COMPANY_NAME} from {_COMPANIES} where id in ({quoted}) limit 0,100;"  # noqa: S608
        found = await self._service.query(query)
        return {str(row.get("id")): str(row.get(COMPANY_NAME) or "") for row in found}


def beginning_of_vtiger(source: StoredSource, *, is_whole: bool) -> Beginning:
    """A run reads all modules, or the changes since the run before it."""
    known = tuple(sorted(source.marks))
    since = {} if is_whole else {name: mark for name, mark in source.marks.items() if mark}
    position = VtigerPlace(since=since, known=known).model_dump_json()
    return Beginning(
        position, "json", MAPPING, source.complete and is_whole, is_increment=not is_whole
    )


def _condition(module: VtigerModule, place: VtigerPlace) -> str:
    """The condition of the rows of a module behind the last one that was read."""
    since = place.since.get(module.name, "")
    conditions = [f"{CHANGED} >= '{since}'"] if module.has_changes and _is_time(since) else []
    if place.last:
        conditions.append(f"id > '{place.last}'")
    return f" where {' and '.join(conditions)}" if conditions else ""


def _is_time(text: Any) -> bool:
    return isinstance(text, str) and bool(_TIME.fullmatch(text))


def _number(id_: Any) -> int:
    """The part of an id that is the record's: 345 of `12x345`."""
    match = _ID.fullmatch(id_) if isinstance(id_, str) else None
    if match is None:
        raise SourceError("source-answer-unknown")
    return int(match[1])
