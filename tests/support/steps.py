"""Counts the steps of a piece of work, which depend on no other load of the machine."""

import sys
from collections.abc import Callable
from typing import Any


def steps_of(work: Callable[[], object]) -> int:
    """How many functions are called while this one runs, those of C included."""
    count = 0

    def trace(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(trace)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count
