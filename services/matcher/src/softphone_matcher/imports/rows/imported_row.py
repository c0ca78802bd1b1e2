"""Defines the results of reading a file: rows, rejected rows, and errors of the whole file."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from softphone_common.domain.matching import RecordType
from softphone_matcher.imports.rows.limits import TEXT_MAX

RejectionCode = Literal[
    # the row as a whole
    "row-too-long",
    "row-too-short",
    "rows-too-many",
    "quotes-damaged",
    "cell-unreadable",
    "card-unended",
    "card-too-large",
    "card-outside",
    "card-is-group",
    "line-unreadable",
    # one field of it
    "name-missing",
    "number-rounded",
    "number-computed",
    "number-zero-lost",
    "formula-error",
    "text-damaged",
    "text-too-long",
    "items-too-many",
    "email-invalid",
    "url-invalid",
    "type-unknown",
    "flag-unreadable",
    "host-id-repeated",
    "host-id-missing",
]


@dataclass(frozen=True, slots=True)
class ImportedNumber:
    """A number in the spelling of the file, and its use, such as `mobile`."""

    number: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A record of the directory, and the line of the file or the row of the sheet it begins in.

    Where the file has no id of a row, `host_id` is made of its name and organisation, so that it
    replaces the row of an earlier import. Further rows with both get other ids, in their order,
    unless they repeat an earlier row.
    """

    row: int
    source: str
    host_id: str
    type: RecordType
    name: str
    numbers: tuple[ImportedNumber, ...] = ()
    organization: str = ""
    emails: tuple[str, ...] = ()
    address: str = ""
    note: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()
    owner: str = ""
    team: str = ""
    inactive: bool = False

    def item(self) -> dict[str, Any]:
        """The record alone, with values of JSON."""
        fields = asdict(self)
        del fields["row"]
        return {name: list(v) if isinstance(v, tuple) else v for name, v in fields.items()}


@dataclass(frozen=True, slots=True)
class Rejection:
    """A part of a file that gives no record, and the reason as a code.

    - `row`: the line of the file, or the row of the sheet, where the part begins
    - `field`: the field that cannot be filled; empty if the row as a whole cannot be read
    - `column`: the name of the column, or of the property of a card
    - `text`: the beginning of the text that the file has there
    - `limit`: the most that is allowed, if the code says that there is too much
    - `host_id`: the id that the row has in the file, if it can be read
    """

    row: int
    code: RejectionCode
    field: str = ""
    column: str = ""
    text: str = ""
    limit: int = 0
    host_id: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text.strip()[:TEXT_MAX])


class ImportFileError(Exception):
    """A file, or what a caller chose in it, that cannot be read; `code` and `params` say why.

    Codes: `file-empty`, `file-too-large`, `file-kind-unknown`, `file-encrypted`, `file-damaged`,
    `columns-too-many`, `encoding-unknown`, `sheet-unknown`, `column-unknown`.
    """

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: dict[str, Any] = {**params}
