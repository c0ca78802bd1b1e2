"""The call memory in memory keeps the contract, and forgets by its clock."""

import pytest

from softphone_testing.memory.call_memory import MemoryCallMemory
from support.store_contracts.call_memory import CallMemoryContract, Exchange
from support.store_contracts.call_sharing import CallSharingContract


class TestCallMemoryInMemory(CallMemoryContract, CallSharingContract):
    @pytest.fixture
    def memory(self) -> MemoryCallMemory:
        return MemoryCallMemory()


async def test_calls_expire_by_the_given_clock() -> None:
    seconds = 0.0
    exchange = Exchange(MemoryCallMemory(lambda: seconds))
    first = await exchange.call(0, "ringing", remote=None)
    seconds = 14_399
    assert await exchange.call(1, "connected", remote=None) == first
    seconds += 14_400
    assert await exchange.call(2, "connected", remote=None) != first
