"""Whatever single part dies, and each service with each server: nothing lost, nothing doubled."""

import pytest

from faults import table
from faults.fault import Fault
from faults.ordeal import Pace, suffer
from faults.site import Site
from faults.table import Row


async def test_nothing_is_lost_and_nothing_doubled(
    site: Site, each_fault: Fault, pace: Pace, rows: list[Row], capsys: pytest.CaptureFixture[str]
) -> None:
    row, verdict = await suffer(site, str(each_fault), each_fault.on(site), pace)
    rows.append(row)
    table.keep(rows)
    with capsys.disabled():
        print(f"\n{table.lines([row])[1]}")  # noqa: T201 - long work shows progress
    assert verdict.why == [], "\n".join(verdict.why[:10])
    assert (row.lost, row.doubled) == (0, 0)
    assert row.acknowledged >= pace.hits_per_second * (pace.before + pace.fault)
