"""Defines how large a file of contacts and its parts may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """The limits of one file; a part over its limit is rejected and never cut.

    - `bytes_max`: the file; `unpacked_max`: bytes of all parts of a workbook (XLSX)
    - `rows_max`: rows or cards behind the header; the first one that is not read is reported
    - `columns_max`: columns of a table; `cell_max`: characters of a cell or a value of a card
    - `record_lines_max`: lines of one row of a CSV, whose cells may have line ends
    - `card_bytes_max`: one card, with its pictures
    - `numbers_max`, `emails_max`, `tags_max`: values of one row
    """

    bytes_max: int = 32 * 1024 * 1024
    unpacked_max: int = 128 * 1024 * 1024
    rows_max: int = 200_000
    columns_max: int = 256
    cell_max: int = 10_000
    record_lines_max: int = 500
    card_bytes_max: int = 2 * 1024 * 1024
    numbers_max: int = 50
    emails_max: int = 20
    tags_max: int = 50


LIMITS = ImportLimits()

FIELD_MAX = {
    "name": 200,
    "organization": 200,
    "host_id": 200,
    "number": 128,
    "label": 50,
    "email": 254,
    "address": 500,
    "note": 2000,
    "url": 2000,
    "tag": 50,
    "owner": 200,
    "team": 200,
}
"""Characters of each field of a row."""

TEXT_MAX = 200
"""Characters of the text that a rejection quotes."""
