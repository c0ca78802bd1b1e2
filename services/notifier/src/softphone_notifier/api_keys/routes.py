"""The routes of API keys, `/api/keys`, for administrators."""

import secrets
from datetime import datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from softphone_common.access.api_keys import ApiKeyCache
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import ApiKey, KeyScope
from softphone_common.contracts.events import ApiKeyChanged
from softphone_common.http.auth import API_KEY_PREFIX, AdminCaller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.http.timestamps import Timestamp
from softphone_common.process.clock import Clock
from softphone_common.process.secret_hash import hash_secret
from softphone_notifier.api_keys.store import ApiKeyStore
from softphone_notifier.settings import NotifierSettings

_BYTES = 32
_MADE_FACTOR = 10
"""Times the number of keys that a tenant may have, counted with those that were removed lately:
every service keeps these in memory to refuse them."""

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60),
    Field(description="The application that uses the key", examples=["CRM"]),
]
Scopes = Annotated[
    list[KeyScope],
    Field(
        description="The rights of the key. `admin` includes all others, and everything else an"
        " administrator may do, except for accounts, sessions and API keys. `lookup` goes with no"
        " other: its key stands in the address of `/api/lookup/{key}`, and opens nothing else.",
        examples=[["directory:read", "directory:write"]],
    ),
]


class ApiKeyInput(BaseModel):
    """A new API key."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    scopes: Scopes
    expires_at: Timestamp | None = Field(
        None, description="The key is refused from this time on; null: never"
    )


class ApiKeyOutput(BaseModel):
    """An API key without its text."""

    id: str
    name: str
    scopes: tuple[KeyScope, ...]
    created_by: str = Field(description="The login of the administrator who made the key")
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None = Field(None, description="The last use, up to a minute ago")


class NewApiKey(ApiKeyOutput):
    """A new API key. `key` is its text, which is shown this once."""

    key: str


class ApiKeyApi:
    """API keys over HTTP. A change is stored first, then published to all instances."""

    def __init__(
        self,
        store: ApiKeyStore,
        cache: ApiKeyCache,
        bus: Bus,
        security: SecurityLog,
        clock: Clock,
        settings: NotifierSettings,
    ) -> None:
        self._store = store
        self._cache = cache
        self._bus = bus
        self._security = security
        self._clock = clock
        self._most = settings.api_keys_max
        self.router = APIRouter(prefix="/api/keys", tags=["keys"])
        add = self.router.add_api_route
        add("", self.list_keys, methods=["GET"])
        add("", self.add_key, methods=["POST"], status_code=201)
        add("/{key}", self.remove_key, methods=["DELETE"], status_code=204)

    async def list_keys(self, caller: AdminCaller) -> Page[ApiKeyOutput]:
        """All API keys of the tenant, newest first."""
        keys = await self._store.of(caller.tenant)
        return Page(items=[ApiKeyOutput.model_validate(key.model_dump()) for key in keys])

    async def add_key(self, key: ApiKeyInput, caller: AdminCaller) -> NewApiKey:
        """Makes an API key, which every service takes in a header `Authorization: Bearer <key>`.

        The answer shows its text, which nobody can read again: only a hash of it is stored.
        `api-key-scopes-missing`: the key could do nothing. `api-key-lookup-alone`: `lookup` goes
        with no other scope. `api-key-expiry-past`: the expiry is not in the future.
        `api-keys-full`: the tenant has SOFTPHONE_API_KEYS_MAX keys already.
        """
        now = self._clock()
        if key.expires_at is not None and key.expires_at <= now:
            raise ProblemError("api-key-expiry-past", field="expires_at")
        if not key.scopes:
            raise ProblemError("api-key-scopes-missing", field="scopes")
        if "lookup" in key.scopes and len(set(key.scopes)) > 1:
            raise ProblemError("api-key-lookup-alone", field="scopes")
        active, made_lately = await self._store.count(caller.tenant)
        if active >= self._most or made_lately >= _MADE_FACTOR * self._most:
            raise ProblemError("api-keys-full", limit=self._most)
        text = f"{API_KEY_PREFIX}{secrets.token_urlsafe(_BYTES)}"
        added = ApiKey(
            id=uuid4().hex,
            tenant=caller.tenant,
            name=key.name,
            scopes=tuple(sorted(set(key.scopes))),
            key_hash=hash_secret(text),
            created_by=caller.login,
            created_at=now,
            expires_at=key.expires_at,
        )
        await self._store.add(added)
        scopes = " ".join(scope.replace(":", "-") for scope in added.scopes)
        self._security.act("api-key-added", caller, f"api-key/{added.id}", detail=scopes)
        await self._publish(added)
        return NewApiKey(**added.model_dump(), key=text)

    async def remove_key(self, key: str, caller: AdminCaller) -> None:
        """Removes an API key.

        Every service refuses the key from now on; one that is cut off from RabbitMQ does so within
        SOFTPHONE_MIRROR_SECONDS.
        """
        removed = await self._store.remove(caller.tenant, key, self._clock())
        if removed is None:
            raise ProblemError("api-key-unknown")
        self._security.act("api-key-removed", caller, f"api-key/{key}")
        await self._publish(removed)

    async def _publish(self, key: ApiKey) -> None:
        self._cache.apply(key)  # at this instance at once, also while the broker is away
        await self._bus.try_publish(ApiKeyChanged(tenant=key.tenant, key=key))
