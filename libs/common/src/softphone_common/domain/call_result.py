"""Says how a call went for somebody who reads it, and whether a call without an end is stale."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal

from softphone_common.domain.call_view import CallView

Result = Literal[
    "running", "no_end_signal", "answered", "answered_elsewhere", "missed", "unanswered"
]
"""`unanswered` is an outbound call that nobody answered.

`answered_elsewhere` is an inbound one that rang at the reader's extensions and was answered at
another.
"""

GRACE = timedelta(hours=1)
"""Time after the last event in which a call that nobody answered is left alone."""

LIVE_LIMIT = timedelta(hours=12)
"""Time after the last event in which a connected call counts as live."""

RING_LIMIT = timedelta(minutes=15)
"""Time after the last event in which a call that nobody answered counts as ringing."""


def result_of(call: CallView, own: Collection[str], now: datetime) -> Result:
    """The result of a call at this time for a reader with these extensions.

    It depends on the time, so it is never stored: an end that comes late changes it.
    """
    if call.outcome is None:
        return "no_end_signal" if has_no_end_signal(call, now) else "running"
    if call.outcome != "answered" or call.direction == "outbound":
        return call.outcome
    answerers = answerers_of(call)
    has_part = any(leg.extension in own for leg in call.legs)
    elsewhere = has_part and answerers and not answerers.intersection(own)
    return "answered_elsewhere" if elsewhere else "answered"


def has_no_end_signal(call: CallView, now: datetime) -> bool:
    """Whether a running call was silent for so long that its end must have got lost."""
    return now - call.last_at > silence_limit(is_connected=call.phase == "connected")


def silence_limit(*, is_connected: bool) -> timedelta:
    """The time without an event in which a call counts as running."""
    return LIVE_LIMIT if is_connected else RING_LIMIT


def answerers_of(call: CallView) -> frozenset[str]:
    """The extensions that answered the call."""
    return frozenset(leg.extension for leg in call.legs if leg.answered) - {""}


def is_stale(
    call: CallView, now: datetime, grace: timedelta = GRACE, live_limit: timedelta = LIVE_LIMIT
) -> bool:
    """Whether the sweep may move the call to the recycle bin.

    Missed calls are complete, with a talk time of 0, and stay. So does a call with any leg that has
    ended: it took place, even if other legs never report their end.
    """
    if call.talk_seconds is not None:
        return False
    if any(leg.ended_at or leg.reopened_at for leg in call.legs):
        return False
    limit = live_limit if call.phase == "connected" else grace
    return now - call.last_at > limit
