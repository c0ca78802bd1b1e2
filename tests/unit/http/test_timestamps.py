"""Times in requests are written as RFC 3339 does, and in no other way."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from softphone_common.http.timestamps import Timestamp

ADAPTER: TypeAdapter[datetime | None] = TypeAdapter(Timestamp | None)


def test_time_with_a_zone_is_read_in_utc() -> None:
    moment = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert ADAPTER.validate_json('"2026-03-02T09:00:00+01:00"') == moment
    assert ADAPTER.validate_json("null") is None


@pytest.mark.parametrize(
    "value",
    [438, 438.5, True, "438", "2026-03-02", "2026-03-02T09:00:00", "0001-01-01T00:00+14:00"],
)
def test_other_value_is_no_time(value: Any) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(value)
