"""When a tenant is due for its nightly sweep; a pure answer, kept by nobody."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def due_night(now: datetime, time_zone: str, hour: int) -> date:
    """The local date of the latest night whose sweep should have begun by `now`.

    Around a change of clocks an hour that is left out begins when the next one does, and one that
    comes twice counts the first time, so each date has its sweep exactly once.
    """
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    begins = datetime.combine(today, time(hour), zone).astimezone(UTC)
    return today if now >= begins else today - timedelta(days=1)
