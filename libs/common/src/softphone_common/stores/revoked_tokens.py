"""Remembers which users changed and which sessions ended, so that their tokens are refused.

Only notifier writes the revocations; a service that starts reads those of the tokens' life.
"""

from collections.abc import Iterable
from functools import partial
from typing import Protocol

from pydantic import BaseModel, ConfigDict
from pymongo import ASCENDING

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import SessionsEnded, UserChanged
from softphone_common.http.auth import Caller
from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import Settings
from softphone_common.stores.cache import CollectionCache
from softphone_common.stores.documents import from_document
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "revocations"


class Revocation(BaseModel):
    """Refuses the tokens of the session with this id, or those of the user with this id that were
    issued before `version`. The store adds `expires_at`, when the last of these tokens is over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int = 0


class RevocationReader(Protocol):
    """Reads the revocations of all tenants."""

    async def read_all(self) -> Iterable[Document]:
        """Those that have not expired, the oldest first. Raises UnavailableError."""


class MongoRevocationReader:
    """Reads the revocations in MongoDB; a `RevocationReader`."""

    def __init__(self, database: Database) -> None:
        self._revocations = database[COLLECTION]

    async def read_all(self) -> Iterable[Document]:
        with reaching():
            return await self._revocations.find().sort("expires_at", ASCENDING).to_list(None)


class RevokedTokens(CollectionCache[Revocation]):
    """The newest SOFTPHONE_OUTDATED_MAX revocations in memory; messages keep them fresh.

    A service that missed a message accepts the token until it next reads the store.
    """

    def __init__(self, reader: RevocationReader, bus: Bus, settings: Settings) -> None:
        read, parse = reader.read_all, partial(from_document, Revocation)
        super().__init__("revoked tokens", read, parse, settings.mirror_seconds)
        self._most = settings.outdated_max
        bus.subscribe(UserChanged, self.on_user_changed, on_reconnect=self.refresh)
        bus.subscribe(SessionsEnded, self.on_sessions_ended, on_reconnect=self.refresh)

    def refusal(self, caller: Caller) -> str | None:
        """The code with which the token of this user is refused; None if it is accepted.

        Raises UnavailableError until the store was read once: a service that has just started
        does not know which sessions ended before.
        """
        if not self.loaded:
            raise UnavailableError(self.name, "not read from the store yet")
        if self.get(caller.session) is not None:
            return "session-ended"
        changed = self.get(caller.user)
        return "token-outdated" if changed and caller.version < changed.version else None

    def apply(self, item: Revocation) -> bool:
        """Notes the revocation, and forgets the one that was noted longest ago."""
        applied = super().apply(item)
        if applied:
            # set again, so that the dict's first key is the one that was noted longest ago
            self._items[item.id] = self._items.pop(item.id)
            if len(self._items) > self._most:
                del self._items[next(iter(self._items))]
        return applied

    async def on_user_changed(self, message: UserChanged) -> None:
        """Notes the version of the user, unless a newer one is noted."""
        self.apply(Revocation(id=message.user.id, version=message.user.version))

    async def on_sessions_ended(self, message: SessionsEnded) -> None:
        """Notes that these sessions have ended."""
        for session in message.sessions:
            self.apply(Revocation(id=session))
