"""Counts the calls that have no end yet, for monitoring."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

from softphone_calllog.calls import COLLECTION
from softphone_common.contracts.entities import Tenant
from softphone_common.process.clock import Clock
from softphone_common.stores.mongo import Database, Document, reaching

_SILENT = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
_COUNT_MAX = 10_000
"""Where counting ends: nobody needs a larger number, and a scrape must not take long."""


class OpenCalls:
    """The calls of all tenants without an end. Those older than a week have no interest."""

    def __init__(self, database: Database, tenants: Iterable[Tenant], clock: Clock) -> None:
        self._calls = database[COLLECTION]
        self._tenants = tenants
        self._clock = clock

    async def count(self) -> dict[str, float]:
        """Their number by how long nothing was heard of them. Raises UnavailableError."""
        now = self._clock()
        ids = [tenant.id for tenant in self._tenants]
        ages = [timedelta(0), *_SILENT.values()]
        ranges = [{"$gt": now - older, "$lte": now - younger} for younger, older in pairwise(ages)]
        counts = await asyncio.gather(*(self._count(ids, heard) for heard in ranges))
        return dict(zip(_SILENT, counts, strict=True))

    async def _count(self, tenants: list[str], heard: Document) -> int:
        with reaching():
            return await self._calls.count_documents(open_query(tenants, heard), limit=_COUNT_MAX)


def open_query(tenants: list[str], heard: Document) -> Document:
    """The condition for open calls whose last sign is in this range.

    The index INCOMPLETE answers all of it, so a limit also bounds the calls that the server reads.
    """
    return {
        "tenant": {"$in": tenants},
        "talk_seconds": None,
        "deleted_at": None,
        "last_at": heard,
    }
