"""Decides which calls are stale: their end was never reported, and they can no longer be live."""

from datetime import datetime, timedelta

from softphone_common.domain.call_view import CallView

GRACE = timedelta(hours=1)
"""Time after the last event in which a call that nobody answered is left alone."""

LIVE_LIMIT = timedelta(hours=12)
"""Time after the last event in which a connected call counts as live."""


def is_stale(
    call: CallView, now: datetime, grace: timedelta = GRACE, live_limit: timedelta = LIVE_LIMIT
) -> bool:
    """Whether the sweep may move the call to the recycle bin.

    Missed calls are complete, with a talk time of 0, and stay. So does a call with any leg that has
    ended: it took place, even if other legs never report their end.
    """
    if call.talk_seconds is not None:
        return False
    if any(leg.ended_at for leg in call.legs):
        return False
    limit = live_limit if call.phase == "connected" else grace
    return now - call.last_at > limit
