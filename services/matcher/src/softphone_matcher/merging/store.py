"""The store of merges that have begun, on the records themselves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from softphone_common.stores.mongo import Database, Document, reaching
from softphone_matcher.directory.documents import deletion
from softphone_matcher.directory.store import COLLECTION, MERGING, stored_version


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that has begun: the record that gets another one, the version of that one, the
    tenant, and the id and the login of the user."""

    tenant: str
    into: str
    record: str
    version: int
    user: str
    login: str
    at: datetime


class Merges(Protocol):
    """Merges of all tenants. Every method may raise UnavailableError.

    A merge begins with the write of the record that stays, which has the merge from then on.
    """

    async def put_away(self, merge: Merge) -> bool:
        """Moves the merged record to the recycle bin, where it names the other one.

        False if it is another version, or there already without the merge.
        """

    async def list_begun(self, size: int) -> list[Merge]:
        """Up to `size` merges of all tenants that have begun and not ended."""

    async def begun(self, tenant: str, into: str) -> Merge | None:
        """The merge into this record that has begun and not ended."""

    async def end_merge(self, merge: Merge) -> None:
        """Notes that everything that belongs to the merge is done."""


class MongoMerges:
    """Keeps merges in the records of MongoDB; a `Merges`."""

    def __init__(self, database: Database) -> None:
        self._records = database[COLLECTION]

    async def put_away(self, merge: Merge) -> bool:
        version = stored_version(merge.version)
        query = {"_id": merge.record, "tenant": merge.tenant, "version": version}
        gone = deletion(merge.login, merge.at) | {"merged_into": merge.into}
        with reaching():
            change = {"$set": gone, "$inc": {"version": 1}}
            result = await self._records.update_one({**query, "deleted_at": None}, change)
            if result.matched_count:
                return True
            # the same merge was here before
            merged = {"_id": merge.record, "tenant": merge.tenant, "merged_into": merge.into}
            return await self._records.find_one(merged, {"_id": 1}) is not None

    async def list_begun(self, size: int) -> list[Merge]:
        with reaching():
            cursor = self._records.find(MERGING, {"tenant": 1, "merging": 1}).limit(size)
            return [merge_of(document) async for document in cursor]

    async def begun(self, tenant: str, into: str) -> Merge | None:
        query = {"_id": into, "tenant": tenant, **MERGING}
        with reaching():
            document = await self._records.find_one(query, {"tenant": 1, "merging": 1})
        return None if document is None else merge_of(document)

    async def end_merge(self, merge: Merge) -> None:
        query = {"_id": merge.into, "tenant": merge.tenant, "merging.record": merge.record}
        with reaching():
            await self._records.update_one(query, {"$set": {"merging": None}})


def merging_of(merge: Merge) -> Document:
    """The stored field of a merge that has begun."""
    return {name: getattr(merge, name) for name in ("record", "version", "user", "login", "at")}


def merge_of(document: Document) -> Merge:
    """The merge in a stored record."""
    return Merge(tenant=document["tenant"], into=document["_id"], **document["merging"])
