"""A new database of a test with its indexes, for tests of stores."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

from pymongo import IndexModel

from softphone_common.process.errors import UnavailableError
from softphone_common.stores.mongo import Mongo
from softphone_testing.until import until
from support.bus.buses import bus_settings
from support.stack.installation import database, drop


@asynccontextmanager
async def indexed(
    mongodb: str, indexes: Mapping[str, Sequence[IndexModel]]
) -> AsyncIterator[Mongo]:
    """A database on the server at the address, when all indexes are built."""
    url = database(mongodb, f"test-{uuid4().hex[:12]}")
    resource = Mongo(bus_settings("nowhere://", mongo_url=url), indexes)
    await resource.start()

    async def is_ready() -> bool:
        try:
            await resource.ping()
        except UnavailableError:
            return False
        return True

    try:
        await until(is_ready, what="the indexes")
        yield resource
        await drop(url)
    finally:
        await resource.stop()
