"""Checks API keys in every service; only notifier makes and removes them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from softphone_common.access.scopes import scope_of
from softphone_common.access.use_reports import UseReports
from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import ApiKey
from softphone_common.contracts.events import ApiKeyChanged
from softphone_common.http.auth import API_KEY_USER, Caller, unauthorized
from softphone_common.http.problem import ProblemError
from softphone_common.process import metrics
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.secret_hash import hash_secret
from softphone_common.stores.cache import CollectionCache
from softphone_common.stores.documents import from_document
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "api_keys"
_NEVER = datetime.max.replace(tzinfo=UTC)


class ApiKeyReader(Protocol):
    """Reads the API keys of all tenants."""

    async def read_all(self) -> Iterable[Document]:
        """The documents of all keys, removed ones too. Raises UnavailableError."""


class MongoApiKeyReader:
    """Reads the API keys in MongoDB; an `ApiKeyReader`."""

    def __init__(self, database: Database) -> None:
        self._keys = database[COLLECTION]

    async def read_all(self) -> Iterable[Document]:
        with reaching():
            return await self._keys.find().to_list(None)


class ApiKeyCache(CollectionCache[ApiKey]):
    """All API keys in memory, found by their hash; ApiKeyChanged keeps them fresh."""

    def __init__(self, reader: ApiKeyReader, bus: Bus, clock: Clock, seconds: float) -> None:
        super().__init__("API keys", reader.read_all, partial(from_document, ApiKey), seconds)
        self._clock = clock
        self._uses = UseReports(bus)
        self._by_hash: dict[str, str] = {}
        bus.subscribe(ApiKeyChanged, self.on_api_key_changed, on_reconnect=self.refresh)

    def apply(self, item: ApiKey) -> bool:
        """Stores the key unless a newer version is cached. Returns whether it was stored."""
        applied = super().apply(item)
        if applied:
            self._by_hash[item.key_hash] = item.id
        return applied

    def check(self, key: str) -> Caller:
        """The application that the key stands for: an administrator with the scopes of the key.

        Raises ProblemError 401 api-key-invalid or api-key-expired, and UnavailableError until the
        keys were read once.
        """
        # found by its hash: how long the search takes tells nothing about the key
        found = self.get(self._by_hash.get(hash_secret(key), ""))
        if found is None and not self.loaded:
            raise UnavailableError(self.name, "not read from the store yet")
        if found is None or not found.active:
            raise unauthorized("api-key-invalid")
        now = self._clock()
        if found.expires_at is not None and found.expires_at <= now:
            raise unauthorized("api-key-expired")
        return Caller(
            user=f"{API_KEY_USER}{found.id}",
            tenant=found.tenant,
            login=f"{API_KEY_USER}{found.name}",
            role="admin",
            extensions=(),
            expires_at=found.expires_at or _NEVER,
            scopes=found.scopes,
        )

    def note_use(self, application: Caller) -> None:
        """Counts a request of the application, and reports when its key was used."""
        metrics.API_KEY_REQUESTS.labels(application.tenant, application.login).inc()
        self._uses.note(application, self._clock())

    def require_scope(self, application: Caller, method: str, path: str) -> None:
        """Raises ProblemError 403 scope-required, or api-key-refused for what is for people only.

        `path` is that of the route, with its placeholders.
        """
        scope, scopes = scope_of(method, path), application.scopes or ()
        if scope is None:
            raise ProblemError("api-key-refused")
        if scope not in scopes and "admin" not in scopes:
            raise ProblemError("scope-required", scope=scope)

    async def start(self) -> None:
        """Also begins to report when keys are used."""
        await self._uses.start()
        await super().start()

    async def stop(self) -> None:
        """Stops reading, and reports no further uses."""
        await super().stop()
        await self._uses.task.stop()

    async def on_api_key_changed(self, message: ApiKeyChanged) -> None:
        """Takes the key as it is in the message, unless a newer version is cached."""
        self.apply(message.key)
