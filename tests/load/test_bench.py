"""The bench measures what it promises, and knows a goal that was missed."""

from pathlib import Path

import pytest

from load.directory import AT_ONCE, BARE, Size, measure
from load.measurement import Measurement, Relation, percentile, table
from load.site import running_site
from softphone_testing.processes import ServiceFleet
from softphone_testing.real_servers import RealServer


async def test_bench_of_the_directory_measures_each_goal(
    rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer, tmp_path: Path
) -> None:
    fleet = ServiceFleet(rabbitmq.url, mongodb.url, redis_server.url, tmp_path, {})
    progress: list[str] = []
    async with running_site(fleet, mongodb.url, BARE) as site:
        taken = await measure(site, Size(records=2 * AT_ONCE, pairs=2, bursts=1), progress.append)
    assert [measurement.name for measurement in taken] == [
        "contacts imported from CSV",
        "the same file again",
        "look-up p95, 50 at once",
        "look-up p95, 100 times the records",
        "search p95, 100 times the records",
    ]
    assert all(min(*each.values, *each.floors) > 0 for each in taken)
    assert progress
    assert len(table(taken).splitlines()) == 1 + len(taken)


@pytest.mark.parametrize(
    ("relation", "goal", "beyond", "figure", "met"),
    [
        ("at most", 1.5, False, 2, False),
        ("at most", 2, False, 2, True),
        ("at least", 2.5, False, 2, False),
        ("at least", 2, False, 2, True),
        ("at most", 9, True, 10, False),
        ("at most", 10, True, 10, True),
    ],
)
def test_goal_is_compared_with_the_median_of_the_pairs(
    relation: Relation, goal: float, beyond: bool, figure: float, met: bool
) -> None:
    measured = Measurement("x", "ms", (20, 90, 11), (10, 10, 10), relation, goal, beyond=beyond)
    row = measured.row()
    assert row["difference" if beyond else "ratio"] == figure
    assert (row["met"], row["pairs"]) == (met, 3)


def test_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([*range(1, 101)], 95) == 95
    assert percentile([7.0], 95) == 7.0
    assert percentile([1, 2], 50) == 1
