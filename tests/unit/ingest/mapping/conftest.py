"""The floor that the cost of requests is compared with: a loop that takes as long as they may."""

import pytest

from softphone_ingest.mapping.budget import OPERATIONS_MAX
from support.costs import seconds

FLOOR_ROUNDS = OPERATIONS_MAX * 13
"""Rounds of a plain loop that take as long as all operations of a request: 50 ms where one takes
77 ns, as on the machine that the operations were measured on."""


@pytest.fixture(scope="session")
def floor() -> float:
    """Seconds in which this machine does OPERATIONS_MAX operations."""

    def rounds() -> None:
        table: dict[int, str] = {}
        for number in range(FLOOR_ROUNDS):
            table[number % 1000] = str(number)

    return seconds(rounds)
