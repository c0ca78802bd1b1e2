"""The preview of a file of contacts: `POST /api/directory/imports/preview`."""

import asyncio
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from softphone_common.contracts.entities import Tenant
from softphone_common.domain.matching import RecordType
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.http.auth import AdminCaller
from softphone_common.http.body_limit import read_upload
from softphone_common.http.problem import ProblemError
from softphone_matcher.directory.record import RecordNumber
from softphone_matcher.imports.import_file import ImportFile, Kind
from softphone_matcher.imports.mapping import ColumnMapping
from softphone_matcher.imports.rows.imported_row import ImportedRow, ImportFileError, Rejection
from softphone_matcher.imports.tables.table import Table
from softphone_matcher.previews.choices import FILE_BODY, PreviewChoices, limits_of
from softphone_matcher.previews.mappings import Mappings, Origin, UsedMapping, choose_mapping
from softphone_matcher.settings import MatcherSettings

_PATH = "/api/directory/imports/preview"
PREVIEW = f"POST {_PATH}"

_SHOWN_MAX = 20
_EXAMPLE_MAX = 60
_ROWS_MAX = 500
"""Rows that are read for a preview, so that damage further down in a file is seen, too."""


class PreviewRow(BaseModel):
    """A row as it would be saved, and by which keys each of its numbers would be found."""

    row: int = Field(description="The line of the file or the row of the sheet")
    host_id: str = Field(description="Made of name and organisation if the file has no id")
    type: RecordType
    name: str
    numbers: tuple[RecordNumber, ...]
    organization: str
    emails: tuple[str, ...]
    address: str
    note: str
    url: str
    tags: tuple[str, ...]
    owner: str
    team: str
    inactive: bool

    @classmethod
    def of(cls, row: ImportedRow, profile: NumberProfile) -> "PreviewRow":
        """The row with the keys that its numbers have in this profile."""
        numbers = [RecordNumber.read(each.number, each.label, profile) for each in row.numbers]
        return cls.model_validate({**row.item(), "row": row.row, "numbers": numbers})


class ImportPreview(BaseModel):
    """How a file of contacts would be read."""

    kind: Kind
    encoding: str = Field(description="Empty for a workbook")
    separator: str = Field(description="The separator of a CSV")
    sheet: str = Field(description="The sheet of a workbook that is read")
    sheets: tuple[str, ...] = Field(description="All sheets of a workbook")
    header_row: int = Field(description="The row with the names of the columns; 0 if there is none")
    preamble: tuple[str, ...] = Field(description="The rows above the header, which are not read")
    columns: tuple[str, ...] = Field(description="The columns, or the properties of cards")
    examples: tuple[str, ...] = Field(description="The first text in each column of a table")
    unread_columns: tuple[str, ...] = Field(description="Columns that no field is read from")
    mapping: ColumnMapping = Field(description="The mapping of the request, or a proposal")
    mapping_from: Origin = Field(
        description="Whether the mapping is that of the request, the one that was last used for the"
        " source, or the one that the headings suggest"
    )
    rows: tuple[PreviewRow, ...] = Field(description=f"The first {_SHOWN_MAX} rows")
    rejections: tuple[Rejection, ...] = Field(
        description=f"The first {_SHOWN_MAX} rows that would not be saved, with their reasons"
    )
    rows_read: int = Field(description=f"How many rows were read for this, at most {_ROWS_MAX}")


class PreviewApi:
    """Files of contacts over HTTP. They are previewed one after the other in a process."""

    def __init__(
        self,
        require_tenant: Callable[[str], Tenant],
        mappings: Mappings,
        settings: MatcherSettings,
    ) -> None:
        self._require_tenant = require_tenant
        self._mappings = mappings
        self._limits = limits_of(settings)
        self._turn = asyncio.Lock()
        self.router = APIRouter(tags=["directory"])
        add = self.router.add_api_route
        add(_PATH, self.preview_import, methods=["POST"], openapi_extra=FILE_BODY)

    async def preview_import(
        self, request: Request, caller: AdminCaller, choices: Annotated[PreviewChoices, Query()]
    ) -> ImportPreview:
        """Shows how a file of contacts would be read, and saves nothing.

        A row is rejected where it might otherwise find somebody else: a number that lost digits
        in a spreadsheet, or cells in the wrong columns.
        """
        chosen, stored = choices.columns(), None
        if choices.source and chosen is None:
            stored = await self._mappings.get(caller.tenant, choices.source)
        data = bytes(await read_upload(request, self._limits.bytes_max))
        profile = self._require_tenant(caller.tenant).numbers
        open_file = partial(choices.open, data, self._limits)
        async with self._turn:
            return await asyncio.to_thread(preview_of, open_file, chosen, stored, profile, "body")


def preview_of(
    open_file: Callable[[], ImportFile],
    chosen: ColumnMapping | None,
    stored: UsedMapping | None,
    profile: NumberProfile,
    field: str,
) -> ImportPreview:
    """Reads the beginning of a file, with the chosen mapping.

    `field` is that of the request with which the file came. Raises ProblemError about it if the
    file cannot be read.
    """
    try:
        file = open_file()
        mapping, mapping_from = choose_mapping(file, chosen, stored)
        read = list(islice(file.rows(profile, mapping), _ROWS_MAX))
    except ImportFileError as error:
        raise ProblemError(error.code, field, **error.params) from None
    table = file.table
    rows = [row for row in read if isinstance(row, ImportedRow)]
    rejections = [row for row in read if isinstance(row, Rejection)]
    return ImportPreview(
        kind=file.kind,
        encoding=file.encoding,
        separator=table.separator if table else "",
        sheet=table.sheet if table else "",
        sheets=table.sheets if table else (),
        header_row=table.header_row if table else 0,
        preamble=table.preamble if table else (),
        columns=file.columns,
        examples=_examples(table) if table else (),
        unread_columns=file.unread_columns(mapping),
        mapping=mapping,
        mapping_from=mapping_from,
        rows=tuple(PreviewRow.of(row, profile) for row in rows[:_SHOWN_MAX]),
        rejections=tuple(rejections[:_SHOWN_MAX]),
        rows_read=len(read),
    )


def _examples(table: Table) -> tuple[str, ...]:
    """The beginning of the first text in each column."""
    texts: list[str] = [""] * len(table.columns)
    for row in table.sample:
        for place, text in enumerate(row.cells[: len(texts)]):
            texts[place] = texts[place] or text[:_EXAMPLE_MAX]
    return tuple(texts)
