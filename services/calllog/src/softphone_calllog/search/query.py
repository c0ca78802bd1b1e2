"""The parameters of the call list as clients send them."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    TypeAdapter,
    WithJsonSchema,
)

from softphone_common.contracts.problem_codes import invalid
from softphone_common.domain.call import Direction, Phase
from softphone_common.domain.call_result import Result
from softphone_common.http.problem import ProblemError
from softphone_common.http.timestamps import in_utc
from softphone_common.search.terms import terms_of

_MOMENT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day_or_moment(value: Any) -> date | datetime:
    text = str(value)
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        moment = _MOMENT.validate_python(text) if "T" in text.upper() else None
    except ValueError:  # pydantic's are ValueErrors too
        moment = None
    if moment is None:
        raise invalid("timestamp-invalid")
    return in_utc(moment)


DayOrMoment = Annotated[
    Any,
    AfterValidator(_day_or_moment),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": each} for each in ("date", "date-time")]}
    ),
]
"""A day, such as 2026-03-02, or a moment (RFC 3339), which is converted to UTC."""


Search = Annotated[
    str | None,
    Field(
        max_length=128,
        description=(
            "Only calls with all these words and numbers: beginnings of at least 2 letters of words"
            " in names, companies and comments, without regard to accents (`muller` finds Müller),"
            " and parts of at least 3 digits of the number in any spelling, such as `089 9999`."
            " Names of records that not everyone sees find no call"
        ),
    ),
]
"""A text that the keys of calls are searched for."""


class CallQuery(BaseModel):
    """Filters and page of the call list."""

    q: Search = None
    extension: str | None = Field(
        None, max_length=64, description="Only calls in which this extension has a part"
    )
    user: str | None = Field(
        None, max_length=64, description="Only calls at the extensions this user has now, by id"
    )
    mine: bool = Field(False, description="Only calls at the caller's own extensions")
    phase: list[Phase] = Field(
        default_factory=list, description="Only calls in one of these phases; may be repeated"
    )
    result: list[Result] = Field(
        default_factory=list,
        description="Only calls with one of these results for the caller; may be repeated",
    )
    direction: Direction | None = Field(None, description="Only calls in this direction")
    number: str | None = Field(
        None,
        max_length=128,
        description=(
            "Only calls with this number, in any spelling, such as `089 99998001` or"
            " `+498999998001`; an empty text finds calls with a withheld number"
        ),
    )
    record: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        description=(
            "Only calls that show this record of the directory, by id; none for readers who may"
            " not see the record"
        ),
    )
    from_: DayOrMoment = Field(
        None,
        alias="from",
        description=(
            "Only calls that began at this time or later (RFC 3339), or on this day of the"
            " tenant's time zone or later"
        ),
    )
    to: DayOrMoment = Field(
        None,
        description=(
            "Only calls that began before this time (RFC 3339), or on this day of the tenant's"
            " time zone or before"
        ),
    )
    count: bool = Field(False, description="Whether `total` is counted; on first pages only")
    cursor: str | None = Field(
        None, max_length=2000, description="`next` of the page before; empty for the first"
    )
    limit: int = Field(50, ge=1, description="Calls of a page; the installation has a maximum")

    @property
    def terms(self) -> tuple[str, ...]:
        """The keys that `q` asks for. Raises ProblemError 422 if it is too short for any."""
        return terms_of(self.q)

    @property
    def has_days(self) -> bool:
        """Whether the list begins or ends with a day, which is one of the tenant's time zone."""
        return any(each and not isinstance(each, datetime) for each in (self.from_, self.to))

    def started_from(self, time_zone: str) -> datetime | None:
        """The first moment, in UTC. Raises ProblemError 422 if it cannot be stored."""
        return _moment(self.from_, time_zone, "from", timedelta(0))

    def started_before(self, time_zone: str) -> datetime | None:
        """The first moment that is excluded, in UTC. Raises ProblemError 422 like the above."""
        return _moment(self.to, time_zone, "to", timedelta(days=1))


def _moment(
    value: date | datetime | None, time_zone: str, field: str, later: timedelta
) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    try:
        # the day is added before the zone, since days of a changed clock have 23 or 25 hours
        midnight = datetime.combine(value + later, time.min, ZoneInfo(time_zone))
        return midnight.astimezone(UTC)
    except OverflowError:
        raise ProblemError("timestamp-out-of-range", field=field) from None
