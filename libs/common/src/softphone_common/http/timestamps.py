"""Times in requests, written as RFC 3339 does: `2026-03-02T09:00:00+01:00`."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from softphone_common.contracts.problem_codes import invalid


def _require_time(value: Any) -> Any:
    # pydantic would also take seconds since 1970, as numbers or texts, and dates without a time
    if isinstance(value, int | float) or (isinstance(value, str) and "T" not in value.upper()):
        raise invalid("timestamp-invalid")
    return value


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC. Raises ValueError if it is outside of what datetime can hold there."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise invalid("timestamp-out-of-range") from None


Timestamp = Annotated[AwareDatetime, AfterValidator(in_utc), BeforeValidator(_require_time)]
"""A moment converted to UTC from the zone it was written in."""
