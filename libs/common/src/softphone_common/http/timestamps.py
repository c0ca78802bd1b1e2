"""A moment in a query, as RFC 3339 writes it: `2026-03-02T09:00:00+01:00`."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator


def _written_out(given: Any) -> Any:
    if isinstance(given, str) and "T" not in given.upper():
        raise ValueError("is a date, T, a time and a zone, as in 2026-03-02T09:00:00+01:00")
    return given


def in_utc(moment: datetime) -> datetime:
    """The same moment. Raises ValueError for one that no store can hold."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is before the first or after the last moment there is") from None


Timestamp = Annotated[AwareDatetime, AfterValidator(in_utc), BeforeValidator(_written_out)]
"""In UTC, whatever zone it was written in; a number of seconds is none."""
