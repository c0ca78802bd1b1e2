"""The states of the spool's line: what each event makes of each state."""

from collections.abc import Callable

import pytest

from softphone_ingest.spool.line import Line, State

FULL_DISK = "database or disk is full"


def line(state: State) -> Line:
    """A line brought into a state by events alone."""
    made = Line()
    if state is State.DIRECT:
        made.emptied(0)
        return made
    made.join()
    if state is State.FULL:
        made.refused(FULL_DISK)
    if state is State.FINISHING:
        made.finish()
    assert made.state is state
    return made


def emptied(made: Line) -> None:
    made.emptied(made.joined)


def emptied_too_late(made: Line) -> None:
    made.join()
    made.emptied(made.joined - 1)


EVENTS: dict[str, Callable[[Line], None]] = {
    "join": Line.join,
    "written": Line.written,
    "refused": lambda made: made.refused(FULL_DISK),
    "finish": Line.finish,
    "resume": Line.resume,
    "emptied": emptied,
    "emptied too late": emptied_too_late,
}
TRANSITIONS = [
    (State.DIRECT, "join", State.SPOOLING),
    (State.DIRECT, "resume", State.DIRECT),
    (State.DIRECT, "emptied", State.DIRECT),
    (State.SPOOLING, "join", State.SPOOLING),
    (State.SPOOLING, "written", State.SPOOLING),
    (State.SPOOLING, "refused", State.FULL),
    (State.SPOOLING, "finish", State.FINISHING),
    (State.SPOOLING, "resume", State.SPOOLING),
    (State.SPOOLING, "emptied", State.DIRECT),
    (State.SPOOLING, "emptied too late", State.SPOOLING),
    (State.FULL, "join", State.FULL),
    (State.FULL, "written", State.SPOOLING),
    (State.FULL, "refused", State.FULL),
    (State.FULL, "finish", State.FINISHING),
    (State.FULL, "resume", State.FULL),
    (State.FULL, "emptied", State.DIRECT),
    (State.FULL, "emptied too late", State.FULL),
    (State.FINISHING, "join", State.FINISHING),
    (State.FINISHING, "written", State.FINISHING),
    (State.FINISHING, "refused", State.FINISHING),
    (State.FINISHING, "finish", State.FINISHING),
    (State.FINISHING, "resume", State.SPOOLING),
    (State.FINISHING, "emptied", State.DIRECT),
    (State.FINISHING, "emptied too late", State.FINISHING),
]


@pytest.mark.parametrize(("before", "event", "after"), TRANSITIONS)
def test_an_event_leads_to_its_state(before: State, event: str, after: State) -> None:
    made = line(before)
    EVENTS[event](made)
    assert made.state is after


def test_a_line_begins_behind_what_an_earlier_process_left() -> None:
    assert Line().state is State.SPOOLING


def test_refusal_lasts_until_the_disk_takes_a_message() -> None:
    made = line(State.FULL)
    assert made.refusal == FULL_DISK
    made.written()
    assert not made.refusal


def test_refusal_outlasts_a_last_batch_that_fails() -> None:
    made = line(State.FULL)
    made.finish()
    assert made.refusal == FULL_DISK
    made.resume()
    assert made.state is State.FULL
    made.emptied(made.joined)
    assert not made.refusal


async def test_only_a_last_batch_makes_others_wait() -> None:
    for state in (State.DIRECT, State.SPOOLING, State.FULL):
        await line(state).settled()
    made = line(State.FINISHING)
    waiting = made.settled()
    made.resume()
    await waiting
