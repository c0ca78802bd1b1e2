"""Stores of notifier in memory: users, sessions, second factors and API keys."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from softphone_common.contracts.entities import ApiKey, User
from softphone_common.stores.documents import from_document, from_optional, to_document
from softphone_common.stores.mongo import Document
from softphone_common.stores.revoked_tokens import Revocation
from softphone_common.stores.users import OF_NOTIFIER
from softphone_notifier.accounts.session_store import LoginSession
from softphone_notifier.accounts.users import (
    Account,
    Credentials,
    LoginTakenError,
    SubjectTakenError,
    account_of,
    versions_of,
    with_invitation_ended,
)
from softphone_notifier.api_keys.store import StoredApiKey
from softphone_notifier.second_factor.store import SecondFactor
from softphone_testing.memory.collection import Condition, MemoryCollection

_NEVER = datetime.fromtimestamp(0, UTC)


class MemoryUserStore:
    """Users in memory with the hashes of their passwords."""

    def __init__(self) -> None:
        self._users = MemoryCollection()

    async def read_all(self) -> Iterable[Document]:
        documents = self._users.find(lambda _: True)
        return [{k: v for k, v in d.items() if k not in OF_NOTIFIER} for d in documents]

    async def of(self, tenant: str) -> list[Account]:
        documents = self._users.find(lambda d: d["tenant"] == tenant and d["active"])
        users = [account_of(document) for document in documents]
        return sorted(users, key=lambda user: user.login)

    async def get(self, tenant: str, user: str) -> Account | None:
        document = self._users.get(user)
        is_own = document is not None and document["tenant"] == tenant and document["active"]
        return account_of(document) if document is not None and is_own else None

    async def credentials(self, tenant: str, login: str) -> Credentials | None:
        for document in self._with_login(tenant, login):
            return Credentials(account_of(document), document["password_hash"])
        return None

    async def add(
        self, fields: Document, password_hash: str | None, subject: str | None = None
    ) -> Account:
        user = User.model_validate({"id": str(uuid4()), **fields})
        if user.active and self._with_login(user.tenant, user.login):
            raise LoginTakenError
        if subject is not None and await self.with_subject(subject):
            raise LoginTakenError
        document = to_document(user, password_hash=password_hash, subject=subject)
        if not self._users.insert(document):
            raise LoginTakenError
        return account_of(document)

    async def edit(
        self, tenant: str, user: str, changes: dict[str, Any], password_hash: str | None = None
    ) -> Account | None:
        before = await self.get(tenant, user)
        if before is None:
            return None
        after = before.model_copy(update=changes)
        others = [d for d in self._with_login(tenant, after.login) if d["_id"] != user]
        if after.active and others:
            raise LoginTakenError

        def has_hash(document: Document) -> bool:
            return password_hash is None or document["password_hash"] == password_hash

        changes = with_invitation_ended(changes)
        document = self._users.update(user, has_hash, changes, **versions_of(changes))
        return None if document is None else account_of(document)

    async def prefer(self, tenant: str, user: str, changes: dict[str, Any]) -> Account | None:
        before = await self.get(tenant, user)
        if before is None:
            return None
        preferences = {**before.preferences.model_dump(), **changes}
        document = self._users.update(user, lambda _: True, {"preferences": preferences})
        return None if document is None else account_of(document)

    async def note_seen(self, user: str, now: datetime) -> None:
        def is_older(document: Document) -> bool:
            seen_at = document.get("seen_at")
            return seen_at is None or seen_at < now

        self._users.update(user, is_older, {"seen_at": now})

    async def invite(self, tenant: str, user: str, invitation: str, expires_at: datetime) -> bool:
        if await self.get(tenant, user) is None:
            return False
        change = {"invitation": {"hash": invitation, "expires_at": expires_at}}
        return self._users.update(user, lambda _: True, change) is not None

    async def invited(self, invitation: str, now: datetime) -> Account | None:
        def is_invited(document: Document) -> bool:
            stored = document.get("invitation") or {"hash": None, "expires_at": now}
            valid = stored["hash"] == invitation and stored["expires_at"] > now
            return bool(valid and document["active"] and not document["locked"])

        return next(map(account_of, self._users.find(is_invited)), None)

    async def accept(self, invitation: str, now: datetime, password_hash: str) -> Account | None:
        user = await self.invited(invitation, now)
        changes = {"password_hash": password_hash}
        return None if user is None else await self.edit(user.tenant, user.id, changes)

    async def with_subject(self, subject: str) -> Account | None:
        linked = self._users.find(lambda d: d["subject"] == subject)
        return next(map(account_of, linked), None)

    async def link(self, tenant: str, user: str, subject: str | None) -> bool:
        before = None if subject is None else await self.with_subject(subject)
        if before is not None and not before.active:
            self._users.update(before.id, lambda _: True, {"subject": None})
        elif before is not None and before.id != user:
            raise SubjectTakenError
        if await self.get(tenant, user) is None:
            return False
        return self._users.update(user, lambda _: True, {"subject": subject}) is not None

    async def relink(self, before: str, after: str) -> Account | None:
        user = await self.with_subject(before)
        if user is None or not user.active:
            return None
        if await self.with_subject(after) is not None:
            raise SubjectTakenError
        document = self._users.update(user.id, lambda _: True, {"subject": after})
        return None if document is None else account_of(document)

    async def seated(self, tenant: str) -> int:
        return sum(user.role != "operator" for user in await self.of(tenant))

    async def any_operator(self) -> bool:
        return bool(self._users.find(lambda d: d["role"] == "operator" and d["active"]))

    async def has_had_operator(self) -> bool:
        return bool(self._users.find(lambda d: d["role"] == "operator"))

    def _with_login(self, tenant: str, login: str) -> list[Document]:
        return self._users.find(
            lambda d: d["tenant"] == tenant and d["login"] == login and d["active"]
        )


class MemorySessionStore:
    """Sessions in memory; expired ones stay and are not found. A `RevocationReader` too."""

    def __init__(self) -> None:
        self._sessions = MemoryCollection()
        self._revocations: dict[str, Document] = {}

    async def add(self, session: LoginSession) -> None:
        self._sessions.insert(to_document(session))

    async def get(self, session: str, now: datetime) -> LoginSession | None:
        document = self._sessions.get(session)
        is_over = document is None or document["expires_at"] <= now
        return None if is_over else from_optional(LoginSession, document)

    async def of(self, user: str, now: datetime) -> list[LoginSession]:
        documents = self._sessions.find(lambda d: d["user"] == user and d["expires_at"] > now)
        sessions = [from_document(LoginSession, document) for document in documents]
        sessions.sort(key=lambda session: session.id)
        return sorted(sessions, key=lambda s: s.used_at or _NEVER, reverse=True)

    async def change(self, session: str, secret: str | None, changes: dict[str, Any]) -> bool:
        def is_present(document: Document) -> bool:
            return bool(document["secret"] == secret)

        return self._sessions.update(session, is_present, changes) is not None

    async def end(self, sessions: Collection[str]) -> None:
        self._sessions.delete(lambda document: document["_id"] in sessions)

    async def revoke(self, revocations: Collection[Revocation], expires_at: datetime) -> None:
        for each in revocations:
            before = self._revocations.pop(each.id, {"version": 0})
            version = max(each.version, before["version"])
            document = {"_id": each.id, "version": version, "expires_at": expires_at}
            self._revocations[each.id] = document

    async def read_all(self) -> Iterable[Document]:
        return list(self._revocations.values())


class MemorySecondFactorStore:
    """Second factors in memory, with their secrets as sealed."""

    def __init__(self) -> None:
        self._factors = MemoryCollection()

    async def get(self, user: str) -> SecondFactor | None:
        return from_optional(SecondFactor, self._factors.get(user))

    async def begin(self, factor: SecondFactor) -> bool:
        before = self._factors.get(factor.id)
        if before is not None and before["confirmed"]:
            return False
        self._factors.put(to_document(factor))
        return True

    async def confirm(self, user: str, step: int, recovery: list[str]) -> bool:
        changes = {"confirmed": True, "last_step": step, "recovery": recovery}
        return self._change(user, lambda document: not document["confirmed"], changes)

    async def use_step(self, user: str, step: int, sealed: str) -> bool:
        def is_later(document: Document) -> bool:
            return bool(document["confirmed"] and document["last_step"] < step)

        return self._change(user, is_later, {"last_step": step, "secret_sealed": sealed})

    async def use_recovery(self, user: str, recovery: str) -> bool:
        def has_code(document: Document) -> bool:
            return bool(document["confirmed"] and recovery in document["recovery"])

        factor = await self.get(user)
        left = [] if factor is None else [code for code in factor.recovery if code != recovery]
        return self._change(user, has_code, {"recovery": left})

    async def remove(self, user: str) -> bool:
        return self._factors.delete(lambda document: document["_id"] == user) == 1

    async def confirmed(self, tenant: str) -> set[str]:
        found = self._factors.find(lambda d: d["tenant"] == tenant and d["confirmed"])
        return {document["_id"] for document in found}

    def _change(self, user: str, condition: Condition, changes: Document) -> bool:
        return self._factors.update(user, condition, changes) is not None


class MemoryApiKeyStore:
    """API keys in memory, with their hashes; an `ApiKeyStore`."""

    def __init__(self) -> None:
        self._keys = MemoryCollection()

    async def read_all(self) -> Iterable[Document]:
        return self._keys.find(lambda _: True)

    async def of(self, tenant: str) -> list[StoredApiKey]:
        found = self._keys.find(lambda d: d["tenant"] == tenant and d["active"])
        newest_first = sorted(found, key=lambda d: d["created_at"], reverse=True)
        return [from_document(StoredApiKey, document) for document in newest_first]

    async def count(self, tenant: str) -> tuple[int, int]:
        stored = self._keys.find(lambda d: d["tenant"] == tenant)
        return sum(document["active"] for document in stored), len(stored)

    async def add(self, key: ApiKey) -> None:
        self._keys.put(to_document(key))

    async def remove(self, tenant: str, key: str, now: datetime) -> ApiKey | None:
        stored = self._keys.get(key) or {"version": 0}
        changes = {"active": False, "removed_at": now, "version": stored["version"] + 1}
        active = lambda d: d["tenant"] == tenant and d["active"]  # noqa: E731
        return from_optional(ApiKey, self._keys.update(key, active, changes))

    async def note_used(self, tenant: str, key: str, used_at: datetime) -> None:
        earlier = lambda d: d["tenant"] == tenant and (d.get("used_at") or used_at) <= used_at  # noqa: E731
        self._keys.update(key, earlier, {"used_at": used_at})
