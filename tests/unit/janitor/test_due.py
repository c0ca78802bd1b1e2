"""Every local date has its sweep exactly once, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_janitor.clean_up.due import due_night, next_begins

BERLIN = "Europe/Berlin"
SECOND = timedelta(seconds=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


BEGINNINGS = {
    "winter": (BERLIN, 2, "2026-01-15T01:00", date(2026, 1, 15)),
    "summer": (BERLIN, 2, "2026-07-15T00:00", date(2026, 7, 15)),
    "02:00 is left out": (BERLIN, 2, "2026-03-29T01:00", date(2026, 3, 29)),
    "the night after": (BERLIN, 2, "2026-03-30T00:00", date(2026, 3, 30)),
    "02:00 comes twice": (BERLIN, 2, "2026-10-25T00:00", date(2026, 10, 25)),
    "the night after that": (BERLIN, 2, "2026-10-26T01:00", date(2026, 10, 26)),
    # the clocks change between midnight and 02:00, which is not two hours after midnight then
    "an hour is left out before": ("Europe/London", 2, "2026-03-29T01:00", date(2026, 3, 29)),
    "an hour comes twice before": ("Europe/London", 2, "2026-10-25T02:00", date(2026, 10, 25)),
    "midnight is left out": ("Africa/Cairo", 0, "2026-04-23T22:00", date(2026, 4, 24)),
    "east of us": ("Asia/Tokyo", 2, "2026-01-14T17:00", date(2026, 1, 15)),
    "west of us": ("America/New_York", 2, "2026-01-15T07:00", date(2026, 1, 15)),
    "half an hour off": ("Asia/Kolkata", 2, "2026-01-14T20:30", date(2026, 1, 15)),
    "on the other side": ("Pacific/Kiritimati", 2, "2026-01-14T12:00", date(2026, 1, 15)),
}


@pytest.mark.parametrize("when", BEGINNINGS)
def test_a_night_begins_at_its_hour_and_not_a_second_before(when: str) -> None:
    zone, hour, begins, night = BEGINNINGS[when]
    assert due_night(utc(begins) - SECOND, zone, hour) == night - timedelta(days=1)
    assert due_night(utc(begins), zone, hour) == night


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-03-29T01:00", "2026-03-29T23:59:59"), ("2026-10-25T00:00", "2026-10-26T00:59:59")],
)
def test_a_night_lasts_until_the_next_through_a_change_of_clocks(first: str, last: str) -> None:
    moment, nights = utc(first), set()
    while moment <= utc(last):
        nights.add(due_night(moment, BERLIN, 2))
        moment += timedelta(minutes=10)
    assert nights == {utc(first).date()}


@given(
    minute=st.integers(0, 10 * 365 * 24 * 60),
    zone=st.sampled_from(sorted(available_timezones())),
    hour=st.integers(0, 23),
)
def test_nights_follow_each_other_without_a_gap(minute: int, zone: str, hour: int) -> None:
    now = utc("2026-01-01T00:00") + timedelta(minutes=minute)
    nights = [due_night(now + timedelta(hours=h), zone, hour) for h in range(49)]
    steps = {(after - before).days for before, after in pairwise(nights)}
    assert steps == {0, 1}
    assert now.astimezone(ZoneInfo(zone)).date() - nights[0] in {timedelta(0), timedelta(days=1)}


@given(
    minute=st.integers(0, 10 * 365 * 24 * 60),
    zone=st.sampled_from(sorted(available_timezones())),
    hour=st.integers(0, 23),
)
def test_the_next_night_begins_when_it_becomes_due(minute: int, zone: str, hour: int) -> None:
    now = utc("2026-01-01T00:00") + timedelta(minutes=minute)
    coming, due = next_begins(now, zone, hour), due_night(now, zone, hour)
    assert now < coming <= now + timedelta(hours=26)
    assert due_night(coming - SECOND, zone, hour) == due
    assert due_night(coming, zone, hour) == due + timedelta(days=1)
