"""The preview of a file of contacts: `POST /api/directory/imports/preview`."""

import asyncio
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from softphone_common.contracts.entities import Tenant
from softphone_common.domain.matching import RecordType
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.http.auth import AdminCaller
from softphone_common.http.body_limit import read_upload
from softphone_common.http.problem import ProblemError
from softphone_matcher.directory.record import RecordNumber
from softphone_matcher.imports.import_file import ImportFile, Kind, read_import
from softphone_matcher.imports.mapping import ColumnMapping
from softphone_matcher.imports.rows.imported_row import ImportedRow, ImportFileError, Rejection
from softphone_matcher.imports.rows.limits import ImportLimits
from softphone_matcher.settings import MatcherSettings

_PATH = "/api/directory/imports/preview"
PREVIEW = f"POST {_PATH}"

Encoding = Literal[
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso-8859-1", "cp850", "mac_roman"
]
Separator = Literal[";", ",", "\t", "|"]

_SHOWN_MAX = 20
_ROWS_MAX = 500
"""Rows that are read for a preview, so that damage further down in a file is seen, too."""

_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file: CSV, XLSX or vCard, whatever its name and content type",
        "content": {"application/octet-stream": {"schema": {}}},
    }
}
_MAPPING = TypeAdapter(ColumnMapping)


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
    unread_columns: tuple[str, ...] = Field(description="Columns that no field is read from")
    mapping: ColumnMapping = Field(description="The mapping of the request, or a proposal")
    rows: tuple[PreviewRow, ...] = Field(description=f"The first {_SHOWN_MAX} rows")
    rejections: tuple[Rejection, ...] = Field(
        description=f"The first {_SHOWN_MAX} rows that would not be saved, with their reasons"
    )
    rows_read: int = Field(description=f"How many rows were read for this, at most {_ROWS_MAX}")


class ImportApi:
    """Files of contacts over HTTP. They are previewed one after the other in a process."""

    def __init__(self, require_tenant: Callable[[str], Tenant], settings: MatcherSettings) -> None:
        self._require_tenant = require_tenant
        self._limits = ImportLimits(
            bytes_max=settings.upload_max,
            unpacked_max=8 * settings.upload_max,
            numbers_max=settings.record_numbers_max,
        )
        self._turn = asyncio.Lock()
        self.router = APIRouter(tags=["directory"])
        self.router.add_api_route(_PATH, self.preview_import, methods=["POST"], openapi_extra=_BODY)

    async def preview_import(
        self,
        request: Request,
        caller: AdminCaller,
        encoding: Annotated[
            Encoding | None, Query(description="Without it the one that fits best")
        ] = None,
        separator: Annotated[
            Separator | None, Query(description="Separator of a CSV; without it the best one")
        ] = None,
        sheet: Annotated[
            str | None,
            Query(
                max_length=200,
                description="Sheet of a workbook; without it the first with a header",
            ),
        ] = None,
        mapping: Annotated[
            str | None,
            Query(
                max_length=2500,
                description="The columns of each field as JSON, as `mapping` of the answer has"
                " them; without it they are proposed from the headings",
            ),
        ] = None,
    ) -> ImportPreview:
        """Shows how a file of contacts would be read, and saves nothing.

        A row is rejected where it might otherwise find somebody else: a number that lost digits
        in a spreadsheet, or cells in the wrong columns.
        """
        chosen = _mapping(mapping)
        data = bytes(await read_upload(request, self._limits.bytes_max))
        profile = self._require_tenant(caller.tenant).numbers
        open_file = partial(
            read_import,
            data,
            encoding=encoding,
            separator=separator,
            sheet=sheet,
            limits=self._limits,
        )
        try:
            async with self._turn:
                return await asyncio.to_thread(_preview, open_file, chosen, profile)
        except ImportFileError as error:
            raise ProblemError(error.code, "body", **error.params) from None


def _mapping(text: str | None) -> ColumnMapping | None:
    """The mapping in a parameter. Raises ProblemError 422."""
    if text is None:
        return None
    try:
        return _MAPPING.validate_json(text)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ProblemError("json-invalid", "mapping", reason=reason) from None


def _preview(
    open_file: Callable[[], ImportFile], mapping: ColumnMapping | None, profile: NumberProfile
) -> ImportPreview:
    """Reads the beginning of a file. Raises ImportFileError."""
    file = open_file()
    table = file.table
    read = list(islice(file.rows(profile, mapping), _ROWS_MAX))
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
        unread_columns=file.unread_columns(mapping),
        mapping=mapping or file.proposal,
        rows=tuple(PreviewRow.of(row, profile) for row in rows[:_SHOWN_MAX]),
        rejections=tuple(rejections[:_SHOWN_MAX]),
        rows_read=len(read),
    )
