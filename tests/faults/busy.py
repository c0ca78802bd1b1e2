"""A machine whose cores are all busy, as a flood of hits keeps them, without any hit."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

_UNTIL_INPUT_ENDS = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print(flush=True)
while True:
    pass
"""


@asynccontextmanager
async def busy_machine() -> AsyncIterator[None]:
    """Has as many processes compute inside as we have cores, each at our own priority."""
    async with AsyncExitStack() as stack:
        for _ in os.sched_getaffinity(0):
            await stack.enter_async_context(_busy_core())
        yield


@asynccontextmanager
async def _busy_core() -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _UNTIL_INPUT_ENDS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        await process.stdout.readline()
        yield
    finally:
        await process.communicate(b"")
