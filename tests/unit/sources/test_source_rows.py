"""Items of a source that give no record become rows that are rejected, so nothing is removed."""

from typing import Any

import pytest

from softphone_matcher.imports.mapping import ColumnMapping
from softphone_matcher.imports.rows.imported_row import ImportedRow
from softphone_matcher.imports.rows.limits import LIMITS
from softphone_matcher.outbound.json_pages import line_of
from softphone_matcher.runs.rows import RunRows
from softphone_matcher.runs.run import FetchProgress
from support.import_files import PROFILE
from support.store_contracts.runs import stored_run

MAPPING = ColumnMapping(name=("name",), host_id="id")


async def read(*items: Any, source_id: str = "s1") -> tuple[list[str], int]:
    """The codes of the rows, or their ids, and how many rejected rows have no known id."""
    fetch = FetchProgress(position="")
    run = stored_run("r1", kind="json", mapping=MAPPING, source_id=source_id, fetch=fetch)
    data = b"".join(line_of(item, ("id", "name"), LIMITS.cell_max) for item in items)
    rows = await RunRows.open(run, data, PROFILE, LIMITS)
    read = await rows.take(10)
    texts = [row.host_id if isinstance(row, ImportedRow) else row.code for row in read]
    assert [row.row for row in read] == [*range(1, len(items) + 1)]
    return texts, rows.unknown


@pytest.mark.parametrize("item", ["kaputt", 5, None, True, [], ["Huber"], {}])
async def test_item_without_any_field_is_rejected(item: Any) -> None:
    texts, unknown = await read({"id": 1, "name": "Huber"}, item, {"id": 2, "name": "Kurz"})
    assert (texts, unknown) == (["1", "line-unreadable", "2"], 1)


@pytest.mark.parametrize("empty", [None, "", " "])
async def test_record_of_a_source_without_an_id_is_rejected(empty: str | None) -> None:
    texts, unknown = await read({"id": empty, "name": "Huber"}, {"id": 2, "name": "Kurz"})
    assert (texts, unknown) == (["host-id-missing", "2"], 1)


async def test_row_of_a_file_without_an_id_is_kept() -> None:
    [made], unknown = await read({"id": "", "name": "Huber"}, source_id="")
    assert (made[:5], unknown) == ("name-", 0)
