"""A run: one import of a file or of what a source answered, as it is stored and shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from softphone_matcher.imports.import_file import Kind
from softphone_matcher.imports.mapping import ColumnMapping
from softphone_matcher.imports.rows.imported_row import Rejection
from softphone_matcher.previews.choices import FileChoices

RunState = Literal[
    "fetching", "waiting", "running", "held", "finished", "failed", "cancelled", "unknown"
]
OPEN: tuple[RunState, ...] = ("waiting", "running")
"""The states of a run that has work left."""
UNDECIDED: tuple[RunState, ...] = ("fetching", *OPEN, "held")
"""The states of a run that needs its file."""
HELD_MAX = 5
"""Held runs of a tenant, whose files are stored; the oldest ends when there are more."""

PROBLEMS_MAX = 5000
"""Rejected rows of a run that its report names; further ones are only counted."""


class RowProblem(BaseModel):
    """A row of a file that was not saved, and one reason why."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    row: int = Field(description="The line of the file or the row of the sheet")
    field: str = Field(description="Empty if the row as a whole cannot be read")
    code: str = Field(description="Stable; docs/problems.md lists all codes")
    column: str = Field("", description="Name of the column, or of the property of a card")
    text: str = Field("", description="The beginning of the text that the file has there")
    params: dict[str, Any] = Field({}, description="The values in the text of the code")

    @classmethod
    def of(cls, rejection: Rejection) -> "RowProblem":
        """The problem that the readers of files found."""
        return cls(
            row=rejection.row,
            field=rejection.field,
            code=rejection.code,
            column=rejection.column,
            text=rejection.text,
            params={"limit": rejection.limit} if rejection.limit else {},
        )


class RunCounts(BaseModel):
    """How far a run is, in rows of its file."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rows_read: int = Field(0, description="Rows or cards of the file that are done")
    created: int = 0
    updated: int = 0
    unchanged: int = Field(0, description="Rows whose records had been sent alike before")
    rejected: int = Field(0, description="Rows that were not saved; the report names them")

    def plus(self, **more: int) -> "RunCounts":
        """The counts with these added."""
        return RunCounts(**{name: n + more.get(name, 0) for name, n in self.model_dump().items()})


class FetchProgress(BaseModel):
    """How far the answers of a source are read.

    - `position`: where the next page is, in the words of the reader of the source
    - `digest`: that of the last page, by which one that comes again is noticed
    - `is_increment`: whether only changes are read, of which there may be none
    - `marks`: how far the source is read, in the words of its reader, for the run after this one
    - `parts`: the number behind the last part of the file that is stored
    - `beginnings`: how often the source was read anew, because its position was lost
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    position: str
    pages: int = 0
    records: int = 0
    size: int = 0
    parts: int = 0
    digest: str = ""
    is_increment: bool = False
    marks: dict[str, str] = {}
    beginnings: int = 0


class ImportRun(RunCounts):
    """An import of a file or from a source, and how far it is."""

    id: str
    source: str
    source_id: str = Field("", description="The scheduled source; empty for the import of a file")
    fetched: int = Field(0, description="Records that the source has answered with so far")
    file: str = Field(description="Name of the file, as its sender called it")
    size: int = Field(description="Bytes of the file")
    kind: Kind | None = Field(description="null for an import in the state `unknown`")
    encoding: str = Field(description="Empty for a workbook")
    separator: str = Field(description="The separator of a CSV")
    sheet: str = Field(description="The sheet of a workbook that is read")
    mapping: ColumnMapping
    complete: bool = Field(False, description="Whether the file is everything that the source has")
    state: RunState = Field(
        "waiting",
        description="`fetching` while a source is read, before any row is saved; `held` if the"
        " rows are saved, and records would be removed that a person has to look at first: `code`"
        " says why, and `confirm` goes on. `unknown` if another release of the service wrote the"
        " import, and this one reads only some of its fields",
    )
    absent: int = Field(0, description="Records of the source that a complete file does not have")
    removed: int = Field(0, description="Absent records that were moved to the recycle bin")
    confirmed_by: str = Field("", description="Login of the user who confirmed the removal")
    requested_by: str = Field(description="Login of the user, or name of the API key")
    requested_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    code: str = Field(
        "", description="The code of the reason why the import failed, is held, or removed nothing"
    )
    params: dict[str, Any] = Field({}, description="The values in the text of the code")


class ImportDetails(ImportRun):
    """An import with the first rows that were not saved."""

    problems: list[RowProblem] = Field(description="The first rows that were not saved")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a worker leaves a run; `held` is no end, since a person decides how it goes on."""

    state: RunState
    code: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    absent: int = 0
    removed: int = 0

    def fields(self) -> dict[str, Any]:
        """The fields that are stored for it."""
        params = dict(self.params)
        return {
            "state": self.state,
            "code": self.code,
            "params": params,
            "absent": self.absent,
            "removed": self.removed,
        }


class StoredRun(ImportRun):
    """A run with everything that a worker needs.

    - `choices`: how its sender wanted the file to be read; the mapping is that of the run
    - `planned`: the counts after the batch that is being written. They are stored before its
      records are, so that a batch that is written twice is counted once
    - `attempts`: how often the run was taken up since its last batch, or page of a source
    - `fetch`: how far its source is read
    """

    tenant: str
    actor: str
    choices: FileChoices
    planned: RunCounts | None = None
    attempts: int = 0
    fetch: FetchProgress | None = None

    @property
    def counts(self) -> RunCounts:
        """How far the run is, without the batch that is being written."""
        return RunCounts.model_validate(self.model_dump())

    def shown(self) -> ImportRun:
        """The run as its tenant sees it."""
        return ImportRun.model_validate(self.model_dump(include={*ImportRun.model_fields}))
