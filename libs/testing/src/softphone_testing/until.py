"""Waiting in tests: until something is so, with a deadline; refuses to wait for time to pass."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, overload

T = TypeVar("T")

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 120.0
"""So long that only what never comes is waited for in vain, on the busiest machine."""


@overload
async def until(
    check: Callable[[], Coroutine[Any, Any, T | None]], within: float = ..., what: str = ...
) -> T: ...
@overload
async def until(check: Callable[[], T | None], within: float = ..., what: str = ...) -> T: ...
async def until(
    check: Callable[[], Any], within: float = PATIENCE_SECONDS, what: str = "the condition"
) -> Any:
    """The first true value of `check`, asked again and again for at most `within` seconds.

    An AssertionError inside the check counts as "not yet"; the last one is told at the end.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    last: object = None
    while True:
        try:
            value = check()
            result = await value if inspect.isawaitable(value) else value
        except AssertionError as error:
            last = error
        else:
            if result:
                return result
            last = result
        if loop.time() >= end:
            raise AssertionError(f"{what} did not come true within {within:g} s; last: {last!r}")
        await asyncio.sleep(POLL_SECONDS)  # the only pause in the tests
