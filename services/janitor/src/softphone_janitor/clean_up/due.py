"""Computes when a tenant is due for its nightly sweep, in the time zone of the tenant."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SWEEP_HOUR = 2
"""The local hour at which the sweep begins. Everybody may rely on it, so it is no setting."""


def due_night(now: datetime, time_zone: str, hour: int) -> date:
    """The local date of the latest night whose sweep should have begun by `now` (aware).

    Each date has one sweep, also when clocks change: an hour that is skipped begins when the next
    hour does, and of an hour that comes twice the first one counts.
    """
    today = now.astimezone(ZoneInfo(time_zone)).date()
    return today if now >= _begins(today, time_zone, hour) else today - timedelta(days=1)


def next_begins(now: datetime, time_zone: str, hour: int) -> datetime:
    """The beginning of the next night in UTC, always later than `now`."""
    return _begins(due_night(now, time_zone, hour) + timedelta(days=1), time_zone, hour)


def _begins(night: date, time_zone: str, hour: int) -> datetime:
    # PEP 495: fold=0 takes the first of two equal hours, and for an hour that does not exist the
    # offset from before the change, which is the moment at which the next hour begins
    return datetime.combine(night, time(hour), ZoneInfo(time_zone)).astimezone(UTC)
