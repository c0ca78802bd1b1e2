"""The connection to MongoDB: one client for each service, writing with journaled majority."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import IndexModel, monitoring
from pymongo.errors import (
    ConnectionFailure,
    DocumentTooLarge,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from softphone_common.process import metrics
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.error_text import error_text
from softphone_common.process.errors import PoisonError, UnavailableError
from softphone_common.process.settings import Settings
from softphone_common.process.telemetry import log

Document = dict[str, Any]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]
Indexes = Mapping[str, Sequence[IndexModel]]

READ_MILLIS = 8000
"""How long the server works on one page of a list. It ends before the socket's timeout: after that
the driver opens another connection and sends the query again, while the server still works on the
first; a busy server that does not greet the new one in time has the driver drop all connections."""
_AWAY = (ConnectionFailure, ExecutionTimeout, WTimeoutError)
_NAME = "MongoDB"
_TOO_LARGE = {10334, 17280, 17419, 17420}
"""BSONObjectTooLarge, KeyTooLong, and the codes of updates whose result is too large."""


@contextmanager
def reaching() -> Iterator[None]:
    """Turns errors that end by themselves into UnavailableError; a context manager for each call.

    A document that is too large becomes a PoisonError, since no later try makes it smaller.
    Server selection and changes of the primary are ConnectionFailures; the driver marks the others
    it would retry itself with the label RetryableWriteError, and timeouts with `timeout`.
    """
    try:
        yield
    except DocumentTooLarge as error:  # of the driver, before it asks the server
        raise PoisonError(f"too large to store: {error_text(error)}") from error
    except PyMongoError as error:
        waiting = isinstance(error, _AWAY) or error.timeout
        if waiting or error.has_error_label("RetryableWriteError"):
            raise UnavailableError(_NAME, error) from error
        if _is_too_large(error):
            raise PoisonError(f"too large to store: {error_text(error)}") from error
        raise


def _is_too_large(error: PyMongoError) -> bool:
    if not isinstance(error, OperationFailure):
        return False
    writes = (error.details or {}).get("writeErrors", [])
    return bool(_TOO_LARGE & {error.code, *(write.get("code") for write in writes)})


class _CommandTimes(monitoring.CommandListener):
    """Measures commands; the driver calls it in its threads. A timeout counts as a failure does."""

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Does nothing: a command is counted when it has ended."""

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        self._observe(event)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        self._observe(event)

    def _observe(
        self, event: monitoring.CommandSucceededEvent | monitoring.CommandFailedEvent
    ) -> None:
        seconds = event.duration_micros / 1_000_000
        metrics.MONGODB_SECONDS.labels(event.command_name).observe(seconds)


class Mongo:
    """The database of a service with the indexes of its stores. A resource of `service.run`."""

    name = _NAME

    def __init__(self, settings: Settings, indexes: Indexes, *, essential: bool = True) -> None:
        self.essential = essential
        self._indexes = indexes
        self._pause = settings.ping_seconds
        client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            settings.mongo_url.get_secret_value(),
            tz_aware=True,
            event_listeners=[_CommandTimes()],
            w="majority",
            journal=True,
            serverSelectionTimeoutMS=int(settings.ping_seconds * 1000),
            connectTimeoutMS=int(settings.ping_seconds * 1000),
            # motor runs the driver in threads, which can't be cancelled and would delay the stop
            socketTimeoutMS=int(settings.shutdown_seconds * 1000 / 2),
        )
        self._client = client
        self.database: Database = client.get_default_database("softphone")
        self._prepared = False
        self.task = BackgroundTask(self._prepare, "indexes")

    async def start(self) -> None:
        """Starts creating the indexes and returns at once; the server need not be there yet."""
        self.task.start()

    async def ping(self) -> None:
        """Raises UnavailableError without an answer, and until all indexes exist."""
        with reaching():
            await self.database.command("ping")
        if not self._prepared:
            raise UnavailableError(self.name, "its indexes are still being created")

    async def stop(self) -> None:
        """Closes all connections of the client."""
        await self.task.stop()
        self._client.close()

    async def _prepare(self) -> None:
        while not self._prepared:
            try:
                for collection, indexes in self._indexes.items():
                    with reaching():
                        await self.database[collection].create_indexes(list(indexes))
                self._prepared = True
            except UnavailableError as error:
                log.warning("creating indexes postponed", error=str(error))
                await asyncio.sleep(self._pause)
