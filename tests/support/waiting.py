"""Waiting for assertions to hold, on top of `until`, which waits for values."""

from collections.abc import Awaitable, Callable

from softphone_testing.until import until


async def until_passes(check: Callable[[], Awaitable[None]], what: str) -> None:
    """Returns as soon as the check raises no AssertionError."""

    async def passed() -> bool:
        await check()
        return True

    is_passed: bool = await until(passed, what=what)
    assert is_passed
