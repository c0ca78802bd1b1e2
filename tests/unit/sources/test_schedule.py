"""A source is read at its interval, or once a day at a time of its tenant."""

from datetime import UTC, datetime, timedelta

import pytest

from softphone_matcher.fetching.schedule import next_begin
from softphone_matcher.sources.source import Schedule

BERLIN = "Europe/Berlin"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "at", "zone", "expected"),
    [
        ("2026-01-10 00:00", "02:30", BERLIN, "2026-01-10 01:30"),
        ("2026-01-10 01:30", "02:30", BERLIN, "2026-01-11 01:30"),
        ("2026-07-10 12:00", "02:30", BERLIN, "2026-07-11 00:30"),
        ("2026-01-10 00:00", "02:30", "Asia/Tokyo", "2026-01-10 17:30"),
        # 02:30 does not exist, and 02:30 comes twice
        ("2026-03-28 12:00", "02:30", BERLIN, "2026-03-29 01:30"),
        ("2026-10-24 12:00", "02:30", BERLIN, "2026-10-25 00:30"),
        ("2026-10-25 00:30", "02:30", BERLIN, "2026-10-26 01:30"),
    ],
)
def test_time_of_the_day_is_that_of_the_tenant(now: str, at: str, zone: str, expected: str) -> None:
    assert next_begin(Schedule(at=at), moment(now), zone) == moment(expected)


def test_interval_counts_from_the_last_begin() -> None:
    now = moment("2026-01-10 00:00")
    schedule = Schedule(every_minutes=15)
    assert next_begin(schedule, now, BERLIN) == now + timedelta(minutes=15)


def test_source_without_a_schedule_waits_for_a_person() -> None:
    assert next_begin(Schedule(), moment("2026-01-10 00:00"), BERLIN) is None
