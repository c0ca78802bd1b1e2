"""Assigns the columns of a table to the fields of a record, and proposes it from the headings."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import ConfigDict

from softphone_common.domain.matching import RecordType
from softphone_matcher.imports.rows.fields import read_type
from softphone_matcher.imports.rows.headings import Field, Heading, recognise
from softphone_matcher.imports.rows.imported_row import ImportFileError
from softphone_matcher.imports.tables.table import Table

_PARTS_IN_ORDER = (("street", "house"), ("code", "city"), ("region",), ("country",))


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of numbers; their label is a text, or in another column of the row."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    column: str
    label: str = ""
    label_column: str = ""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """The columns of each field, by their names; an empty name or tuple leaves the field empty.

    - `name`: columns whose texts are joined by a blank, such as first and last name
    - `address`: lines, each of them columns that are joined by a blank: street; code and city
    - `note`: columns whose texts are joined by line ends
    - `record_type`: the type of rows without one in the column `type`
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: tuple[str, ...] = ()
    numbers: tuple[NumberColumn, ...] = ()
    organization: str = ""
    emails: tuple[str, ...] = ()
    address: tuple[tuple[str, ...], ...] = ()
    note: tuple[str, ...] = ()
    url: str = ""
    tags: tuple[str, ...] = ()
    owner: str = ""
    team: str = ""
    inactive: str = ""
    type: str = ""
    host_id: str = ""
    record_type: RecordType = "contact"

    def columns(self) -> Iterator[str]:
        """The name of every column that is read."""
        singles = (self.organization, self.url, self.owner, self.team, self.inactive, self.type)
        yield from filter(None, (*singles, self.host_id))
        yield from (*self.name, *self.emails, *self.note, *self.tags)
        for line in self.address:
            yield from line
        for number in self.numbers:
            yield from filter(None, (number.column, number.label_column))

    def check(self, columns: Iterable[str]) -> None:
        """Raises ImportFileError `column-unknown` for a column that the file does not have."""
        unknown = set(self.columns()) - set(columns)
        if unknown:
            raise ImportFileError("column-unknown", column=min(unknown))


def extended(stored: ColumnMapping, proposal: ColumnMapping, new: Collection[str]) -> ColumnMapping:
    """The mapping with columns it does not know yet, as they are proposed.

    A field that one column fills gets a new one only if it has none; so does a name, since a whole
    name and its parts are not joined.
    """

    def more(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(column for column in columns if column in new)

    singles = ("organization", "url", "owner", "team", "inactive", "type", "host_id")
    proposed = {name: getattr(proposal, name) for name in singles if not getattr(stored, name)}
    lines = tuple(filter(None, map(more, proposal.address)))
    return replace(
        stored,
        name=stored.name or more(proposal.name),
        numbers=(*stored.numbers, *(each for each in proposal.numbers if each.column in new)),
        emails=(*stored.emails, *more(proposal.emails)),
        address=stored.address or lines,
        note=(*stored.note, *more(proposal.note)),
        tags=(*stored.tags, *more(proposal.tags)),
        **{name: column for name, column in proposed.items() if column in new},
    )


def propose_mapping(table: Table) -> ColumnMapping:
    """The mapping that the headings suggest. Columns with headings of no field are left out."""
    headings = {column: recognise(column) for column in table.columns}
    for column, heading in headings.items():
        if heading and heading.field == "number" and not _may_be_numbers(table, column):
            headings[column] = None  # "Privat" of Outlook is no number, but true or false
    by_field: dict[Field, list[str]] = {}
    for column, heading in headings.items():
        if heading is not None:
            by_field.setdefault(heading.field, []).append(column)

    def one(field: Field) -> str:
        return by_field.get(field, [""])[0]

    mapping = ColumnMapping(
        name=_name(by_field),
        numbers=tuple(_numbers(headings)),
        organization=one("organization"),
        emails=tuple(by_field.get("email", ())),
        address=_address(headings),
        note=tuple(by_field.get("note", ())),
        url=one("url"),
        tags=tuple(by_field.get("tags", ())),
        owner=one("owner"),
        team=one("team"),
        inactive=one("inactive"),
        host_id=one("host_id"),
    )
    column = one("type")
    return replace(mapping, type=column) if column and _has_types(table, column) else mapping


def _name(by_field: dict[Field, list[str]]) -> tuple[str, ...]:
    """One column with whole names, or first and last name; `Name` next to `Vorname` is the last."""
    names, lasts = by_field.get("name", []), by_field.get("last_name", [])
    firsts = by_field.get("first_name", [])
    if names and (lasts or not firsts):
        # the headings of Google and Outlook have both, and a contact may have only the parts
        return tuple(names[:1]) if not lasts else _parts(by_field)
    return _parts(by_field) if firsts or lasts else ()


def _parts(by_field: dict[Field, list[str]]) -> tuple[str, ...]:
    last = by_field.get("last_name") or by_field.get("name", [])
    firsts, middles = by_field.get("first_name", []), by_field.get("middle_name", [])
    return (*firsts[:1], *middles[:1], *last[:1])


def _numbers(headings: dict[str, Heading | None]) -> Iterator[NumberColumn]:
    label_columns = {
        _in_common(column): column
        for column, heading in headings.items()
        if heading and heading.field == "number_label"
    }
    for column, heading in headings.items():
        if heading and heading.field == "number":
            yield NumberColumn(column, heading.detail, label_columns.get(_in_common(column), ""))


def _in_common(column: str) -> str:
    """`Phone 1` of Google's columns `Phone 1 - Value` and `Phone 1 - Label`."""
    return column.rpartition(" - ")[0] or column


def _address(headings: dict[str, Heading | None]) -> tuple[tuple[str, ...], ...]:
    """The columns of the address at work, or of the first one there is."""
    parts: dict[str, dict[str, str]] = {}
    for column, heading in headings.items():
        if heading and heading.field == "address":
            parts.setdefault(heading.place, {}).setdefault(heading.detail, column)
    place = next((place for place in ("business", "", "home", "other") if place in parts), None)
    columns = parts.get(place, {}) if place is not None else {}
    lines = (tuple(columns[part] for part in line if part in columns) for line in _PARTS_IN_ORDER)
    return tuple(line for line in lines if line)


def _has_types(table: Table, column: str) -> bool:
    texts = _sample(table, column)
    return all(map(read_type, texts)) and bool(texts)


def _may_be_numbers(table: Table, column: str) -> bool:
    texts = _sample(table, column)
    return not texts or any(re.search(r"[0-9#]", text) for text in texts)


def _sample(table: Table, column: str) -> Sequence[str]:
    place = table.columns.index(column)
    return [row.cells[place] for row in table.sample if any(row.cells[place : place + 1])]
