"""Computes when a source is read next, in the time zone of its tenant."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from softphone_matcher.sources.source import Schedule


def next_begin(schedule: Schedule, now: datetime, time_zone: str) -> datetime | None:
    """The next beginning after `now` (aware) in UTC; None without a schedule.

    A time of the day comes once a day, also when clocks change: one that is skipped comes when the
    next hour does, and of one that comes twice the first counts.
    """
    if schedule.every_minutes is not None:
        return now + timedelta(minutes=schedule.every_minutes)
    if schedule.at is None:
        return None
    today = now.astimezone(ZoneInfo(time_zone)).date()
    begin = _begin(today, schedule.at, time_zone)
    return begin if begin > now else _begin(today + timedelta(days=1), schedule.at, time_zone)


def is_same_day(earlier: datetime, now: datetime, time_zone: str) -> bool:
    """Whether both times (aware) are of one day in the time zone."""
    zone = ZoneInfo(time_zone)
    return earlier.astimezone(zone).date() == now.astimezone(zone).date()


def _begin(day: date, at: str, time_zone: str) -> datetime:
    # PEP 495: fold=0 takes the first of two equal times, and for one that does not exist the
    # offset from before the change
    return datetime.combine(day, time.fromisoformat(at), ZoneInfo(time_zone)).astimezone(UTC)
