"""Reads a file of contacts: its kind, its columns, a proposed mapping, and its rows one by one."""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_matcher.imports.address_book import CARD_MAX
from softphone_matcher.imports.cards.card import is_vcard, property_names, read_cards, unfold
from softphone_matcher.imports.cards.card_fields import PROPERTIES, read_card
from softphone_matcher.imports.mapping import ColumnMapping, propose_mapping
from softphone_matcher.imports.rows.fields import NOTHING, NumberText, RawFields, RowMaker, Text
from softphone_matcher.imports.rows.imported_row import ImportedRow, ImportFileError, Rejection
from softphone_matcher.imports.rows.limits import LIMITS, ImportLimits
from softphone_matcher.imports.tables.csv_table import open_csv
from softphone_matcher.imports.tables.encodings import choose_encoding, first_letters
from softphone_matcher.imports.tables.json_lines import open_json_lines
from softphone_matcher.imports.tables.table import Table, TableRow
from softphone_matcher.imports.tables.workbook import open_workbook

Kind = Literal["csv", "xlsx", "vcard", "json"]

_ANY_TEXT = re.compile(rb"[^\s\0\xef\xbb\xbf\xff\xfe]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_ZIP = b"PK\x03\x04"
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The container of Excel before 2007, and of every workbook that is encrypted."""


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file of contacts.

    - `columns`: of a table its columns; of cards the properties that are in the file
    - `table`: None for cards, whose properties need no mapping
    """

    kind: Kind
    columns: tuple[str, ...]
    proposal: ColumnMapping
    encoding: str
    table: Table | None
    limits: ImportLimits
    _data: bytes

    def rows(
        self,
        profile: NumberProfile,
        mapping: ColumnMapping | None = None,
        source: str = "",
        *,
        needs_ids: bool = False,
    ) -> Iterator[ImportedRow | Rejection]:
        """Each row of the file as a record or as a rejection, in the order of the file.

        Without a mapping the proposed one is used; the profile is that of the tenant. With
        `needs_ids`, rows without an id are rejected. Rows are read while the iterator is consumed.
        Raises ImportFileError `column-unknown` at once, and
        `file-damaged` later.
        """
        mapping = mapping or self.proposal
        if self.table is not None:
            mapping.check(self.columns)
        maker = RowMaker(profile, source, mapping.record_type, self.limits, needs_ids=needs_ids)
        rows = self._table_rows(mapping, maker) if self.table else self._card_rows(maker)
        return self._limited(rows)

    def unread_columns(self, mapping: ColumnMapping | None = None) -> tuple[str, ...]:
        """The columns or properties that no field is read from."""
        read = PROPERTIES if self.table is None else set((mapping or self.proposal).columns())
        return tuple(column for column in self.columns if column not in read)

    def _limited(
        self, rows: Iterator[ImportedRow | Rejection]
    ) -> Iterator[ImportedRow | Rejection]:
        yield from islice(rows, self.limits.rows_max)
        for row in rows:
            yield Rejection(row.row, "rows-too-many", limit=self.limits.rows_max)
            return

    def _table_rows(
        self, mapping: ColumnMapping, maker: RowMaker
    ) -> Iterator[ImportedRow | Rejection]:
        assert self.table is not None
        raw_fields = _reader(self.table, mapping)
        for row in self.table.rows():
            yield row if isinstance(row, Rejection) else maker.make(raw_fields(row))

    def _card_rows(self, maker: RowMaker) -> Iterator[ImportedRow | Rejection]:
        encoding = "utf-8" if self.encoding.startswith("utf-") else self.encoding
        for card in read_cards(self._data, encoding, self.limits):
            raw = card if isinstance(card, Rejection) else read_card(card)
            if isinstance(raw, Rejection):
                yield replace(raw, host_id=maker.known_id(Text(raw.host_id, "UID")))
            else:
                yield maker.make(raw)


def read_import(
    data: bytes,
    *,
    encoding: str | None = None,
    separator: str | None = None,
    sheet: str | None = None,
    limits: ImportLimits = LIMITS,
) -> ImportFile:
    """Opens a file; its content decides the kind, since names and content types are often wrong.

    `encoding` and `separator` (of a CSV) and `sheet` (of a workbook) replace what would be found.
    Raises ImportFileError with any of its codes except `column-unknown`.
    """
    if not _ANY_TEXT.search(data):
        raise ImportFileError("file-empty")
    if len(data) > limits.bytes_max:
        raise ImportFileError("file-too-large", limit=limits.bytes_max)
    if data.startswith(_COMPOUND_FILE):
        raise ImportFileError("file-encrypted")
    if data.startswith(_ZIP):
        return _of_table("xlsx", open_workbook(data, limits, sheet), data, limits)
    chosen = choose_encoding(data, encoding)
    head = data[:4096].decode(chosen, errors="replace").lstrip("\ufeff \t\r\n")
    if is_vcard(head):
        return _of_cards(data, encoding, limits)
    # web pages and XML are often called .xls; a single control character is damage of a text
    if head[:1] in {"<", "{"} or len(_CONTROL.findall(head)) > 1 + len(head) // 100:
        raise ImportFileError("file-kind-unknown")
    return _of_table("csv", open_csv(data, limits, encoding, separator), data, limits)


def open_lines(data: bytes, limits: ImportLimits = LIMITS) -> ImportFile:
    """The records of a source, as `json_lines` keeps them. Raises ImportFileError."""
    return _of_table("json", open_json_lines(data, limits), data, limits)


def open_cards(data: bytes, limits: ImportLimits = LIMITS) -> ImportFile:
    """The cards of an address book, as `reduced_card` makes them. Raises ImportFileError."""
    if len(data) > limits.bytes_max:
        raise ImportFileError("file-too-large", limit=limits.bytes_max)
    return _of_cards(data, "utf-8", replace(limits, card_bytes_max=CARD_MAX))


def _of_table(kind: Kind, table: Table, data: bytes, limits: ImportLimits) -> ImportFile:
    proposal = propose_mapping(table)
    return ImportFile(kind, table.columns, proposal, table.encoding, table, limits, data)


def _of_cards(data: bytes, encoding: str | None, limits: ImportLimits) -> ImportFile:
    """The cards of a file. Lines are joined as bytes, because a fold may cut a character."""
    chosen = choose_encoding(unfold(first_letters(data)), encoding)
    if chosen.startswith(("utf-16", "utf-32")):
        data = data.decode(chosen, errors="replace").removeprefix("\ufeff").encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    return ImportFile("vcard", property_names(data), ColumnMapping(), chosen, None, limits, data)


def _reader(table: Table, mapping: ColumnMapping) -> Callable[[TableRow], RawFields]:
    """A function that takes the texts of each field out of a row of the table."""
    places = {column: place for place, column in enumerate(table.columns)}

    def texts(row: TableRow, names: tuple[str, ...]) -> list[Text]:
        return [Text(row.cells[places[name]], name) for name in names]

    def one(row: TableRow, name: str) -> Text:
        return Text(row.cells[places[name]], name) if name else NOTHING

    def numbers(row: TableRow) -> list[NumberText]:
        return [
            NumberText(
                row.cells[places[number.column]],
                # Google marks the first of several with a star
                one(row, number.label_column).text.removeprefix("* ") or number.label,
                number.column,
                table.may_lack_zero(row, places[number.column]),
            )
            for number in mapping.numbers
        ]

    def address(row: TableRow) -> list[Text]:
        lines = (texts(row, line) for line in mapping.address)
        return [Text(" ".join(t.text for t in line if t.text), line[0].column) for line in lines]

    def read(row: TableRow) -> RawFields:
        return RawFields(
            row=row.row,
            names=texts(row, mapping.name),
            organization=one(row, mapping.organization),
            numbers=numbers(row),
            emails=texts(row, mapping.emails),
            address=address(row),
            notes=texts(row, mapping.note),
            url=one(row, mapping.url),
            tags=texts(row, mapping.tags),
            owner=one(row, mapping.owner),
            team=one(row, mapping.team),
            inactive=one(row, mapping.inactive),
            type=one(row, mapping.type),
            host_id=one(row, mapping.host_id),
        )

    return read
