"""Users as the services read them; only notifier writes them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Protocol

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import User
from softphone_common.contracts.events import UserChanged
from softphone_common.http.auth import Caller
from softphone_common.stores.cache import CollectionCache
from softphone_common.stores.documents import from_document
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "users"
OF_NOTIFIER = (
    "password_hash",
    "password_version",
    "invitation",
    "seen_at",
    "preferences",
    "subject",
)
"""The fields of a document that only notifier reads."""


class UserReader(Protocol):
    """Reads the users of all tenants."""

    async def read_all(self) -> Iterable[Document]:
        """The documents of all users, removed ones too, without the fields OF_NOTIFIER."""


class MongoUserReader:
    """Reads the users in MongoDB; a `UserReader`."""

    def __init__(self, database: Database) -> None:
        self._users = database[COLLECTION]

    async def read_all(self) -> Iterable[Document]:
        with reaching():
            return await self._users.find({}, dict.fromkeys(OF_NOTIFIER, 0)).to_list(None)


class UserCache(CollectionCache[User]):
    """All users in memory, without secrets, indexed by extension."""

    def __init__(self, reader: UserReader, bus: Bus, seconds: float) -> None:
        super().__init__("users", reader.read_all, partial(from_document, User), seconds)
        self._at: dict[str, dict[str, set[str]]] = {}
        self._by_login: dict[tuple[str, str], str] = {}
        bus.subscribe(UserChanged, self.on_user_changed, on_reconnect=self.refresh)

    def apply(self, item: User) -> bool:
        """Stores the user unless a newer version is cached. Returns whether it was stored."""
        self._at.pop(item.tenant, None)
        before = self.get(item.id)
        applied = super().apply(item)
        if applied:
            # the login that the user had may be another user's by now
            if before is not None and self.with_login(before.tenant, before.login) is None:
                self._by_login.pop((before.tenant, before.login), None)
            if item.active:
                self._by_login[item.tenant, item.login] = item.id
        return applied

    def with_login(self, tenant: str, login: str) -> User | None:
        """The active user with this login, found in constant time."""
        user = self.get(self._by_login.get((tenant, login), ""))
        return user if user is not None and user.active and user.login == login else None

    def token_refusal(self, caller: Caller) -> str | None:
        """`login-revoked` if the user is removed or locked, `token-outdated` if changed."""
        cached = self.get(caller.user)
        if cached is None:
            return None
        if not cached.active or cached.locked:
            return "login-revoked"
        return "token-outdated" if caller.version < cached.version else None

    def at(self, tenant: str) -> Mapping[str, Iterable[str]]:
        """The ids of the tenant's active users by extension."""
        if tenant not in self._at:
            by_extension: dict[str, set[str]] = defaultdict(set)
            for user in self:
                if user.tenant == tenant and user.active:
                    for extension in user.extensions:
                        by_extension[extension].add(user.id)
            self._at[tenant] = by_extension
        return self._at[tenant]

    async def on_user_changed(self, message: UserChanged) -> None:
        """Takes the user as they are in the message, unless a newer version is cached."""
        self.apply(message.user)
