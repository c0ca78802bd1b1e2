"""When a tenant is due for its nightly sweep; a pure answer, kept by nobody."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def due_night(now: datetime, time_zone: str, hour: int) -> date:
    """The local date of the latest night whose sweep should have begun by `now`.

    Around a change of clocks an hour that is left out begins when the next one does, and one that
    comes twice counts the first time, so each date has its sweep exactly once.
    """
    today = now.astimezone(ZoneInfo(time_zone)).date()
    return today if now >= _begins(today, time_zone, hour) else today - timedelta(days=1)


def next_begins(now: datetime, time_zone: str, hour: int) -> datetime:
    """When the night after the one that is due begins: always later than `now`, UTC."""
    return _begins(due_night(now, time_zone, hour) + timedelta(days=1), time_zone, hour)


def _begins(night: date, time_zone: str, hour: int) -> datetime:
    return datetime.combine(night, time(hour), ZoneInfo(time_zone)).astimezone(UTC)
