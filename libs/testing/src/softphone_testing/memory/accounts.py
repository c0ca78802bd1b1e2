"""Accounts in memory: a `UserStore` and `LoginSessions`."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from softphone_common.contracts.entities import User
from softphone_common.stores.documents import from_document, from_optional, to_document
from softphone_common.stores.mongo import Document
from softphone_notifier.accounts.login_sessions import session_key
from softphone_notifier.accounts.users import Credentials, LoginTakenError
from softphone_testing.memory.collection import MemoryCollection


class MemoryUserStore:
    """Users in memory with the hashes of their passwords."""

    def __init__(self) -> None:
        self._users = MemoryCollection()

    async def read_all(self) -> Iterable[Document]:
        documents = self._users.find(lambda _: True)
        return [{k: v for k, v in d.items() if k != "password_hash"} for d in documents]

    async def of(self, tenant: str) -> list[User]:
        documents = self._users.find(lambda d: d["tenant"] == tenant and d["active"])
        users = [from_document(User, document) for document in documents]
        return sorted(users, key=lambda user: user.login)

    async def get(self, tenant: str, user: str) -> User | None:
        document = self._users.get(user)
        is_own = document is not None and document["tenant"] == tenant and document["active"]
        return from_optional(User, document if is_own else None)

    async def credentials(self, tenant: str, login: str) -> Credentials | None:
        for document in self._with_login(tenant, login):
            return Credentials(from_document(User, document), document["password_hash"])
        return None

    async def add(self, fields: Document, password_hash: str) -> User:
        user = User.model_validate({**fields, "id": str(uuid4())})
        if user.active and self._with_login(user.tenant, user.login):
            raise LoginTakenError
        self._users.insert(to_document(user, password_hash=password_hash))
        return user

    async def edit(self, tenant: str, user: str, changes: dict[str, Any]) -> User | None:
        before = await self.get(tenant, user)
        if before is None:
            return None
        after = before.model_copy(update=changes)
        others = [d for d in self._with_login(tenant, after.login) if d["_id"] != user]
        if after.active and others:
            raise LoginTakenError
        return from_optional(User, self._users.update(user, lambda _: True, changes, version=1))

    async def seated(self, tenant: str) -> int:
        return sum(user.role != "operator" for user in await self.of(tenant))

    async def any_operator(self) -> bool:
        return bool(self._users.find(lambda d: d["role"] == "operator" and d["active"]))

    def _with_login(self, tenant: str, login: str) -> list[Document]:
        return self._users.find(
            lambda d: d["tenant"] == tenant and d["login"] == login and d["active"]
        )


class MemoryLoginSessions:
    """Sessions in memory; expired ones stay and are not found."""

    def __init__(self, lifetime: timedelta) -> None:
        self._sessions = MemoryCollection()
        self.lifetime = lifetime

    async def begin(self, tenant: str, user: str, now: datetime) -> str:
        secret = secrets.token_urlsafe(32)
        expires_at = now + self.lifetime
        fields = {"tenant": tenant, "user": user, "expires_at": expires_at}
        self._sessions.insert({"_id": session_key(secret), **fields})
        return secret

    async def owner(self, secret: str, now: datetime) -> tuple[str, str] | None:
        document = self._sessions.get(session_key(secret))
        if document is None or document["expires_at"] <= now:
            return None
        return document["tenant"], document["user"]

    async def end(self, secret: str) -> None:
        self._sessions.delete(lambda document: document["_id"] == session_key(secret))

    async def end_all(self, user: str) -> None:
        self._sessions.delete(lambda document: document["user"] == user)
