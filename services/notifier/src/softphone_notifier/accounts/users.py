"""The users of all tenants: a store in MongoDB, and a cache for sockets and tokens."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import User
from softphone_common.contracts.events import UserChanged
from softphone_common.stores.cache import CollectionCache
from softphone_common.stores.documents import from_document, from_optional, to_document
from softphone_common.stores.mongo import Database, Document, reaching

COLLECTION = "users"
INDEXES = {
    COLLECTION: [
        IndexModel(
            [("tenant", ASCENDING), ("login", ASCENDING)],
            unique=True,
            partialFilterExpression={"active": True},
        )
    ]
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with the hash of their password; never leaves this service."""

    user: User
    password_hash: str


class LoginTakenError(Exception):
    """The tenant has another user with this login."""


class UserCache(CollectionCache[User]):
    """All users in memory, without password hashes, indexed by extension."""

    def __init__(self, store: "UserStore", bus: Bus, seconds: float) -> None:
        super().__init__("users", store.read_all, partial(from_document, User), seconds)
        self._at: dict[str, dict[str, set[str]]] = {}
        bus.subscribe(UserChanged, self.on_user_changed, on_reconnect=self.refresh)

    def apply(self, item: User) -> bool:
        """Stores the user unless a newer version is cached. Returns whether it was stored."""
        self._at.pop(item.tenant, None)
        return super().apply(item)

    def is_token_outdated(self, user: str, version: int) -> bool:
        """Whether the user has changed since this version."""
        cached = self.get(user)
        return cached is not None and version < cached.version

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


class UserStore(Protocol):
    """Users of all tenants. Every method may raise UnavailableError.

    A removed user stays as an inactive document, so that its version keeps growing and caches can
    tell the removal from an older edit.
    """

    async def read_all(self) -> Iterable[Document]:
        """The documents of all users, removed ones too, without password hashes."""

    async def of(self, tenant: str) -> list[User]:
        """The active users of the tenant, sorted by login."""

    async def get(self, tenant: str, user: str) -> User | None:
        """The active user of the tenant with this id."""

    async def credentials(self, tenant: str, login: str) -> Credentials | None:
        """The active user with this login, with the hash of the password."""

    async def add(self, fields: Document, password_hash: str) -> User:
        """Stores a new user. Raises LoginTakenError."""

    async def edit(self, tenant: str, user: str, changes: dict[str, Any]) -> User | None:
        """The user with these fields changed, or None if the tenant has no such user.

        Raises LoginTakenError.
        """

    async def seated(self, tenant: str) -> int:
        """The number of active users that take a seat, which operators do not."""

    async def any_operator(self) -> bool:
        """Whether the installation has an active operator."""


class MongoUserStore:
    """Keeps the users in MongoDB; a `UserStore`."""

    def __init__(self, database: Database) -> None:
        self._users = database[COLLECTION]

    async def read_all(self) -> Iterable[Document]:
        with reaching():
            return await self._users.find({}, {"password_hash": 0}).to_list(None)

    async def of(self, tenant: str) -> list[User]:
        with reaching():
            documents = self._users.find({"tenant": tenant, "active": True}).sort("login")
            return [from_document(User, document) async for document in documents]

    async def get(self, tenant: str, user: str) -> User | None:
        return await self._one({"_id": user, "tenant": tenant, "active": True})

    async def credentials(self, tenant: str, login: str) -> Credentials | None:
        with reaching():
            document = await self._users.find_one(
                {"tenant": tenant, "login": login, "active": True}
            )
        if document is None:
            return None
        return Credentials(from_document(User, document), document["password_hash"])

    async def add(self, fields: Document, password_hash: str) -> User:
        user = User.model_validate({**fields, "id": str(uuid4())})
        with _login_once(), reaching():
            await self._users.insert_one(to_document(user, password_hash=password_hash))
        return user

    async def edit(self, tenant: str, user: str, changes: dict[str, Any]) -> User | None:
        with _login_once(), reaching():
            document = await self._users.find_one_and_update(
                {"_id": user, "tenant": tenant, "active": True},
                {"$set": changes, "$inc": {"version": 1}},
                return_document=ReturnDocument.AFTER,
            )
        return from_optional(User, document)

    async def seated(self, tenant: str) -> int:
        wanted = {"tenant": tenant, "active": True, "role": {"$ne": "operator"}}
        with reaching():
            return await self._users.count_documents(wanted)

    async def any_operator(self) -> bool:
        return await self._one({"role": "operator", "active": True}) is not None

    async def _one(self, query: Document) -> User | None:
        with reaching():
            document = await self._users.find_one(query)
        return from_optional(User, document)


@contextmanager
def _login_once() -> Iterator[None]:
    try:
        yield
    except DuplicateKeyError as error:
        raise LoginTakenError from error
