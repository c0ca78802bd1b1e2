"""Measures what a piece of work costs."""

from collections.abc import Callable, Generator
from contextlib import suppress
from time import thread_time

from softphone_ingest.mapping.parsed_event import HitError


def seconds(work: Callable[[], object]) -> float:
    """Time this thread spends on the work, whatever else the machine does; a refusal counts too."""
    taken = []
    for _ in range(3):
        begun = thread_time()
        with suppress(HitError):
            work()
        taken.append(thread_time() - begun)
    return min(taken)


def longest_step(work: Callable[[], Generator[None, None, object]]) -> float:
    """As `seconds`, of the longest step of work that lets others run after each of its steps."""
    taken = []
    for _ in range(3):
        steps, longest, has_more = work(), 0.0, True
        while has_more:
            begun, has_more = thread_time(), False
            with suppress(HitError, StopIteration):
                next(steps)
                has_more = True
            longest = max(longest, thread_time() - begun)
        taken.append(longest)
    return min(taken)
