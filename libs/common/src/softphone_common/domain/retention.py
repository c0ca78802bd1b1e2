"""What is stale: begun by the connector and never completed, so that the sweep may take it."""

from datetime import datetime, timedelta

from softphone_common.domain.call_view import CallView

GRACE = timedelta(hours=1)
"""A call nobody answered or ended is left alone for this long after its last sign of life."""

LIVE_LIMIT = timedelta(hours=12)
"""A connected call counts as live for this long after its last sign of life."""


def is_stale(
    call: CallView, now: datetime, grace: timedelta = GRACE, live_limit: timedelta = LIVE_LIMIT
) -> bool:
    """Whether the call has no duration, cannot be live any more and nobody ever finished it.

    Missed calls are complete (their talk time is 0) and stay, and so does a call of which any leg
    has ended: its talk happened or it was missed, even if other legs never told of their end.
    """
    if call.talk_seconds is not None:
        return False
    if any(leg.ended_at for leg in call.legs):
        return False
    limit = live_limit if call.phase == "connected" else grace
    return now - call.last_at > limit
