"""Stores the links that users dial with instead of the link of their device or tenant."""

from typing import Protocol

from softphone_common.contracts.dial_link import DialLink
from softphone_common.stores.mongo import Database, reaching

COLLECTION = "dial_links"


class DialLinks(Protocol):
    """The dial links of users, at most one for each user."""

    async def get(self, tenant: str, user: str) -> DialLink | None:
        """The user's own link, or None. Raises UnavailableError if MongoDB does not answer."""

    async def put(self, tenant: str, user: str, link: DialLink) -> None:
        """Stores the user's link and replaces an earlier one."""

    async def remove(self, tenant: str, user: str) -> bool:
        """Deletes the user's link. Returns False if there was none."""


class MongoDialLinks:
    """Keeps the links in MongoDB; a `DialLinks`."""

    def __init__(self, database: Database) -> None:
        self._links = database[COLLECTION]

    async def get(self, tenant: str, user: str) -> DialLink | None:
        with reaching():
            document = await self._links.find_one({"_id": link_key(tenant, user)})
        return None if document is None else DialLink.model_validate(document)

    async def put(self, tenant: str, user: str, link: DialLink) -> None:
        fields = {"_id": link_key(tenant, user), **link.model_dump()}
        with reaching():
            await self._links.replace_one({"_id": fields["_id"]}, fields, upsert=True)

    async def remove(self, tenant: str, user: str) -> bool:
        with reaching():
            result = await self._links.delete_one({"_id": link_key(tenant, user)})
        return result.deleted_count == 1


def link_key(tenant: str, user: str) -> str:
    """The `_id` of a user's link."""
    # A tenant id has no colon, so two pairs never have the same key.
    return f"{tenant}:{user}"
