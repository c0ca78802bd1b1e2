"""Phones that call all the time while a test does something to the services."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from softphone_testing.until import until
from support.tenant.company import Company

CALLERS = 4


class Traffic:
    """Counts finished calls, and says whether callers begin another one."""

    def __init__(self) -> None:
        self.finished = 0
        self.ended = False

    async def more(self, calls: int) -> None:
        """Waits until this many more calls are finished."""
        enough = self.finished + calls
        await until(lambda: self.finished >= enough, what=f"{calls} more calls")


@asynccontextmanager
async def traffic_of(company: Company) -> AsyncIterator[Traffic]:
    """Callers that repeat every hit until it is accepted. At the end each finishes its call."""
    traffic = Traffic()

    async def caller() -> None:
        while not traffic.ended:
            call = company.next_call()
            for event in call.script.events:
                await call.insist(event)
            traffic.finished += 1

    async with asyncio.TaskGroup() as callers:
        for _ in range(CALLERS):
            callers.create_task(caller())
        try:
            yield traffic
        finally:
            traffic.ended = True
