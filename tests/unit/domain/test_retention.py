"""The sweep takes stale calls and leaves all others alone."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_common.domain.call import PHASES, Observation
from softphone_common.domain.call_result import GRACE, LIVE_LIMIT, is_stale
from support.observations import at, observed, seen

LONG = timedelta(days=365)
DIALED = [observed("dialed", 0, direction="outbound", identity="click")]
RINGING = [observed("ringing", 0)]
CONNECTED = [observed("ringing", 0), observed("connected", 10)]
COMPLETE = {
    "answered": [*CONNECTED, observed("ended", 70)],
    "missed": [*RINGING, observed("missed", 20)],
    "unanswered": [*DIALED, observed("ended", 20)],
    "end without start": [observed("ended", 0)],
    "length only": [observed("ended", 0, talk_seconds=9)],
    "silent siblings": [*CONNECTED, observed("ringing", 1, "22"), observed("ended", 70)],
    "missed here, silent there": [*RINGING, observed("missed", 0, "22")],
    "ended without an extension": [*CONNECTED, observed("ended", 70, "")],
    "never had an extension": [observed("connected", 10, ""), observed("ended", 70, "")],
    "only the end, of nobody": [observed("ended", 0, "", remote=None)],
    "transfer never ended": [*CONNECTED, observed("ringing", 60, "31"), observed("ended", 62)],
    "transfer answered, never ended": [
        *CONNECTED,
        observed("ringing", 60, "31"),
        observed("ended", 62),
        observed("connected", 65, "31"),
    ],
}
BEGUN = {
    "dialed": (DIALED, GRACE),
    "ringing": (RINGING, GRACE),
    "dialed, then ringing": ([*DIALED, observed("ringing", 0)], GRACE),
    "connected": (CONNECTED, LIVE_LIMIT),
    "ringing nobody in particular": ([observed("ringing", 0, "", remote=None)], GRACE),
    "answered by nobody knows whom": (
        [*RINGING, observed("ringing", 0, "22"), observed("connected", 10, "")],
        LIVE_LIMIT,
    ),
}


@pytest.mark.parametrize("observations", COMPLETE.values(), ids=COMPLETE.keys())
def test_what_was_completed_stays(observations: list[Observation]) -> None:
    assert not is_stale(seen(*observations), at(0) + LONG)


@pytest.mark.parametrize(("observations", "limit"), BEGUN.values(), ids=BEGUN.keys())
def test_what_was_only_begun_goes_after_its_limit(
    observations: list[Observation], limit: timedelta
) -> None:
    call = seen(*observations)
    assert not is_stale(call, call.last_at)
    assert not is_stale(call, call.last_at + limit)
    assert is_stale(call, call.last_at + limit + timedelta(milliseconds=1))


def test_a_sign_of_life_begins_the_wait_anew() -> None:
    now = at(0) + GRACE + timedelta(minutes=1)
    assert is_stale(seen(*RINGING), now)
    assert not is_stale(seen(*RINGING, observed("ringing", 90)), now)


def test_the_limits_are_the_callers() -> None:
    minute, now = timedelta(minutes=1), at(100)
    assert is_stale(seen(*RINGING), now, grace=minute)
    assert not is_stale(seen(*CONNECTED), now, grace=minute)
    assert is_stale(seen(*CONNECTED), now, live_limit=minute)


@given(
    ended=st.sampled_from(["21", "22"]),
    more=st.lists(
        st.builds(
            observed,
            st.sampled_from(PHASES),
            st.integers(0, 500),
            st.sampled_from(["21", "22", "31"]),
        ),
        max_size=6,
    ),
)
def test_a_call_somebody_talked_in_to_the_end_is_never_taken(
    ended: str, more: list[Observation]
) -> None:
    talked = [observed("connected", 1, ended), observed("ended", 9, ended)]
    assert not is_stale(seen(*talked, *more), at(0) + LONG)
