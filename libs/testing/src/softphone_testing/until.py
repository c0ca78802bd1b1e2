"""Waits in tests until a condition is true, with a deadline."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, overload

T = TypeVar("T")

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 120.0
"""Long enough for the slowest machine, so that a timeout always means a fault."""


@overload
async def until(
    check: Callable[[], Coroutine[Any, Any, T | None]], within: float = ..., what: str = ...
) -> T: ...
@overload
async def until(check: Callable[[], T | None], within: float = ..., what: str = ...) -> T: ...
async def until(
    check: Callable[[], Any], within: float = PATIENCE_SECONDS, what: str = "the condition"
) -> Any:
    """The first true value that `check` returns within `within` seconds.

    An AssertionError in the check counts as "not yet"; the message of a timeout contains the last
    one. Tests must not sleep: a fixed pause is too short on one machine and too long on another.
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
        await asyncio.sleep(POLL_SECONDS)
