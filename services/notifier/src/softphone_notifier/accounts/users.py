"""The users of all tenants: a store in MongoDB."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import uuid4

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from softphone_common.contracts.entities import Preferences, User
from softphone_common.stores.documents import from_document, to_document
from softphone_common.stores.mongo import Document, reaching
from softphone_common.stores.users import COLLECTION, MongoUserReader, UserReader

INDEXES = {
    COLLECTION: [
        IndexModel(
            [("tenant", ASCENDING), ("login", ASCENDING)],
            unique=True,
            partialFilterExpression={"active": True},
        ),
        IndexModel([("invitation.hash", ASCENDING)], sparse=True),
        # of removed users, too: nobody gets in again who was removed
        IndexModel([("subject", ASCENDING)], unique=True, sparse=True),
    ]
}


class Account(User):
    """A user with what only notifier knows of them; never leaves this service.

    `invited_until` is the end of an invitation that was not accepted yet, past or to come.
    `password_version` grows with each new password, in the same write.
    `subject` is who the user is at an OpenID Connect provider, if the user is linked.
    `seen_at` is the time of the last sign-in or renewal, up to a few minutes ago.
    """

    preferences: Preferences = Preferences()
    password_set: bool = True
    password_version: int = 0
    invited_until: datetime | None = None
    subject: str | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with the hash of their password, if one was set; never leaves this service."""

    user: Account
    password_hash: str | None


class LoginTakenError(Exception):
    """The tenant has another user with this login."""


class SubjectTakenError(Exception):
    """Another user is linked to this subject."""


class UserStore(UserReader, Protocol):
    """Users of all tenants. Every method may raise UnavailableError.

    A removed user stays as an inactive document, so that its version keeps growing and caches can
    tell the removal from an older edit.
    """

    async def of(self, tenant: str) -> list[Account]:
        """The active users of the tenant, sorted by login."""

    async def get(self, tenant: str, user: str) -> Account | None:
        """The active user of the tenant with this id."""

    async def credentials(self, tenant: str, login: str) -> Credentials | None:
        """The active user with this login, with the hash of the password."""

    async def add(
        self, fields: Document, password_hash: str | None, subject: str | None = None
    ) -> Account:
        """Stores a new user, with an `id` among the fields or a new one.

        Raises LoginTakenError, also if there is or was a user with this id or subject.
        """

    async def with_subject(self, subject: str) -> Account | None:
        """The user who is linked to this subject; one who was removed is not active."""

    async def link(self, tenant: str, user: str, subject: str | None) -> bool:
        """Links the active user to this subject in place of another; False without this user.

        The subject of a removed user is free again. Raises SubjectTakenError if another active
        user has it.
        """

    async def relink(self, before: str, after: str) -> Account | None:
        """The active user of the first subject, linked to the second; None at a second call."""

    async def edit(
        self, tenant: str, user: str, changes: dict[str, Any], password_hash: str | None = None
    ) -> Account | None:
        """The user with these fields changed, or None if the tenant has no such user.

        With `password_hash` also None if the user has another one. A new password and a lock
        withdraw the user's invitation. Raises LoginTakenError.
        """

    async def prefer(self, tenant: str, user: str, changes: dict[str, Any]) -> Account | None:
        """The user with these preferences changed, or None if the tenant has no such user.

        Tokens stay valid, since the version of the user does not change.
        """

    async def note_seen(self, user: str, now: datetime) -> None:
        """Notes that the user was seen at this time; never goes back, and ignores an unknown user.

        Tokens stay valid, since the version of the user does not change.
        """

    async def invite(self, tenant: str, user: str, invitation: str, expires_at: datetime) -> bool:
        """Replaces the invitation of the user by one with this hash; False without this user."""

    async def invited(self, invitation: str, now: datetime) -> Account | None:
        """The user whose invitation has this hash and has not expired; None if they are locked."""

    async def accept(self, invitation: str, now: datetime, password_hash: str) -> Account | None:
        """The user `invited` by this hash with this password, at the first call; None at others."""

    async def seated(self, tenant: str) -> int:
        """The number of active users that take a seat, which operators do not."""

    async def any_operator(self) -> bool:
        """Whether the installation has an active operator."""

    async def has_had_operator(self) -> bool:
        """Whether the installation has an operator, or had one who was removed."""


class MongoUserStore(MongoUserReader):
    """Keeps the users in MongoDB; a `UserStore`."""

    async def of(self, tenant: str) -> list[Account]:
        with reaching():
            documents = self._users.find({"tenant": tenant, "active": True}).sort("login")
            return [account_of(document) async for document in documents]

    async def get(self, tenant: str, user: str) -> Account | None:
        return await self._one({"_id": user, "tenant": tenant, "active": True})

    async def credentials(self, tenant: str, login: str) -> Credentials | None:
        with reaching():
            document = await self._users.find_one(
                {"tenant": tenant, "login": login, "active": True}
            )
        if document is None:
            return None
        return Credentials(account_of(document), document["password_hash"])

    async def add(
        self, fields: Document, password_hash: str | None, subject: str | None = None
    ) -> Account:
        user = User.model_validate({"id": str(uuid4()), **fields})
        with _login_once(), reaching():
            # a sparse index has a document that has the field, even with a null
            linked = {} if subject is None else {"subject": subject}
            document = to_document(user, password_hash=password_hash, **linked)
            await self._users.insert_one(document)
        return account_of(document)

    async def edit(
        self, tenant: str, user: str, changes: dict[str, Any], password_hash: str | None = None
    ) -> Account | None:
        query = {"_id": user, "tenant": tenant, "active": True}
        if password_hash is not None:
            query["password_hash"] = password_hash
        return await self._change(query, with_invitation_ended(changes))

    async def prefer(self, tenant: str, user: str, changes: dict[str, Any]) -> Account | None:
        query = {"_id": user, "tenant": tenant, "active": True}
        fields = {f"preferences.{name}": value for name, value in changes.items()}
        with reaching():
            document = await self._users.find_one_and_update(
                query, {"$set": fields}, return_document=ReturnDocument.AFTER
            )
        return None if document is None else account_of(document)

    async def note_seen(self, user: str, now: datetime) -> None:
        with reaching():
            await self._users.update_one({"_id": user}, {"$max": {"seen_at": now}})

    async def invite(self, tenant: str, user: str, invitation: str, expires_at: datetime) -> bool:
        query = {"_id": user, "tenant": tenant, "active": True}
        change = {"$set": {"invitation": {"hash": invitation, "expires_at": expires_at}}}
        with reaching():
            return (await self._users.update_one(query, change)).matched_count == 1

    async def invited(self, invitation: str, now: datetime) -> Account | None:
        return await self._one(_invited(invitation, now))

    async def accept(self, invitation: str, now: datetime, password_hash: str) -> Account | None:
        # one update finds and withdraws the invitation, so that of two requests one gets the user
        changes = {"password_hash": password_hash}
        return await self._change(_invited(invitation, now), with_invitation_ended(changes))

    async def with_subject(self, subject: str) -> Account | None:
        return await self._one({"subject": subject})

    async def link(self, tenant: str, user: str, subject: str | None) -> bool:
        query, none = {"_id": user, "tenant": tenant, "active": True}, {"$unset": {"subject": ""}}
        change = none if subject is None else {"$set": {"subject": subject}}
        with _subject_once(), reaching():
            if subject is not None:
                await self._users.update_many({"subject": subject, "active": False}, none)
            return (await self._users.update_one(query, change)).matched_count == 1

    async def relink(self, before: str, after: str) -> Account | None:
        query = {"subject": before, "active": True}
        with _subject_once(), reaching():
            document = await self._users.find_one_and_update(
                query, {"$set": {"subject": after}}, return_document=ReturnDocument.AFTER
            )
        return None if document is None else account_of(document)

    async def seated(self, tenant: str) -> int:
        wanted = {"tenant": tenant, "active": True, "role": {"$ne": "operator"}}
        with reaching():
            return await self._users.count_documents(wanted)

    async def any_operator(self) -> bool:
        return await self._one({"role": "operator", "active": True}) is not None

    async def has_had_operator(self) -> bool:
        return await self._one({"role": "operator"}) is not None

    async def _change(self, query: Document, changes: Document) -> Account | None:
        with _login_once(), reaching():
            document = await self._users.find_one_and_update(
                query,
                {"$set": changes, "$inc": versions_of(changes)},
                return_document=ReturnDocument.AFTER,
            )
        return None if document is None else account_of(document)

    async def _one(self, query: Document) -> Account | None:
        with reaching():
            document = await self._users.find_one(query)
        return None if document is None else account_of(document)


def account_of(document: Document) -> Account:
    """The account in a whole document of the collection."""
    invitation = document.get("invitation") or {}
    return from_document(
        Account,
        document,
        password_set=document["password_hash"] is not None,
        invited_until=invitation.get("expires_at"),
    )


def with_invitation_ended(changes: Document) -> Document:
    """These changes; a new password and a lock also withdraw the invitation."""
    ends = "password_hash" in changes or changes.get("locked")
    return {**changes, "invitation": None} if ends else changes


def versions_of(changes: Document) -> dict[str, int]:
    """The versions that grow with these changes, and by how much."""
    return {"version": 1, "password_version": int("password_hash" in changes)}


def _invited(invitation: str, now: datetime) -> Document:
    return {
        "invitation.hash": invitation,
        "invitation.expires_at": {"$gt": now},
        "active": True,
        "locked": {"$ne": True},
    }


@contextmanager
def _login_once() -> Iterator[None]:
    try:
        yield
    except DuplicateKeyError as error:
        raise LoginTakenError from error


@contextmanager
def _subject_once() -> Iterator[None]:
    try:
        yield
    except DuplicateKeyError as error:
        raise SubjectTakenError from error
