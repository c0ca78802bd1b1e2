"""Runs fuzz tests for `FUZZ_SECONDS` each, with inputs that are the same in every run."""

import os
from collections.abc import Callable
from time import monotonic
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis.strategies import SearchStrategy

_EXAMPLES = 300


def fuzz(tried: Callable[[Any], None], inputs: SearchStrategy[Any]) -> None:
    """Tests one round of inputs, the same on every machine, and more rounds until time is up."""
    end = monotonic() + float(os.environ.get("FUZZ_SECONDS", "0"))
    limits = settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    number = 0
    while number == 0 or monotonic() < end:
        seed(number)(limits(given(inputs)(tried)))()
        number += 1
