"""A moment in a query, as RFC 3339 writes it: `2026-03-02T09:00:00+01:00`."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from softphone_common.contracts.problem_codes import invalid


def _written_out(given: Any) -> Any:
    if isinstance(given, str) and "T" not in given.upper():
        raise invalid("timestamp-invalid")
    return given


def in_utc(moment: datetime) -> datetime:
    """The same moment. Raises ValueError for one that no store can hold."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise invalid("timestamp-out-of-range") from None


Timestamp = Annotated[AwareDatetime, AfterValidator(in_utc), BeforeValidator(_written_out)]
"""In UTC, whatever zone it was written in; a number of seconds is none."""
