"""The routes of the counter of missed calls, `/api/calls/missed`."""

from datetime import datetime, timedelta

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from softphone_calllog.calls import CallStore
from softphone_calllog.missed.store import MissedMarks
from softphone_calllog.search.filter import CallFilter, ResultFilter
from softphone_common.http.auth import AnyCaller, Caller
from softphone_common.http.timestamps import Timestamp
from softphone_common.process.clock import Clock

COUNT_MAX = 99
"""Missed calls up to which they are counted."""
KEPT = timedelta(days=30)
"""Time after which a missed call is no longer counted, also if nobody has seen it."""
_LONGEST_RING = timedelta(days=1)
"""A call that was missed after the mark began at most so long before it."""


class MissedCalls(BaseModel):
    """The missed calls at the caller's own extensions that the caller has not seen."""

    count: int = Field(description="How many there are, up to 99, of the last 30 days")
    more_than_count: bool = Field(description="Whether there are more than `count`")
    seen_until: datetime | None = Field(
        description="Calls up to this time are seen; null before the first mark"
    )


class SeenInput(BaseModel):
    """The time up to which the caller has seen the missed calls."""

    model_config = ConfigDict(extra="forbid")

    until: Timestamp | None = Field(
        None, description="RFC 3339, such as the `ended_at` of the newest call seen; null for now"
    )


class MissedApi:
    """The counter of missed calls over HTTP."""

    def __init__(self, calls: CallStore, marks: MissedMarks, clock: Clock) -> None:
        self._calls = calls
        self._marks = marks
        self._clock = clock
        self.router = APIRouter(prefix="/api/calls/missed", tags=["history"])
        self.router.add_api_route("", self.count_missed, methods=["GET"])
        self.router.add_api_route("/seen", self.mark_seen, methods=["POST"])

    async def count_missed(self, caller: AnyCaller) -> MissedCalls:
        """Counts the missed calls at the caller's own extensions that the caller has not seen.

        A call that somebody answered is not missed. Deleted calls are not counted.
        """
        seen_until = await self._marks.seen_until(caller.tenant, caller.user)
        return await self._count(caller, seen_until)

    async def mark_seen(self, seen: SeenInput, caller: AnyCaller) -> MissedCalls:
        """Marks the missed calls up to a time as seen by the caller, and counts the others.

        The mark never moves back, so the request can be repeated, and marks of two browsers may
        arrive in any order. A time to come counts as now.
        """
        now = self._clock()
        await self._marks.mark(caller.tenant, caller.user, min(seen.until or now, now))
        return await self.count_missed(caller)

    async def _count(self, caller: Caller, seen_until: datetime | None) -> MissedCalls:
        now, own = self._clock(), frozenset(caller.extensions)
        since = max(seen_until or now - KEPT, now - KEPT)
        missed = CallFilter(
            caller.tenant,
            own,
            started_from=since - _LONGEST_RING,
            result=ResultFilter(frozenset({"missed"}), own, now),
            as_guest=False,
            last_after=since,
        )
        count = await self._calls.count_calls(missed, COUNT_MAX + 1)
        return MissedCalls(
            count=min(count, COUNT_MAX), more_than_count=count > COUNT_MAX, seen_until=seen_until
        )
