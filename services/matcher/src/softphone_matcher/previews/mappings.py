"""The mapping that was last used for each source, which the next file of it is read with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from pydantic import TypeAdapter, ValidationError
from pymongo import ASCENDING, DESCENDING, IndexModel

from softphone_common.stores.mongo import Database, Document, reaching
from softphone_matcher.imports.import_file import ImportFile
from softphone_matcher.imports.mapping import ColumnMapping, extended

COLLECTION = "import_mappings"
INDEXES = {COLLECTION: [IndexModel([("tenant", ASCENDING), ("saved_at", DESCENDING)])]}
MAPPINGS_MAX = 100
"""Sources of a tenant whose mappings are kept."""

Origin = Literal["request", "source", "headings"]


@dataclass(frozen=True, slots=True)
class UsedMapping:
    """The mapping of a file and all columns that the file had, those that were left out as well."""

    mapping: ColumnMapping
    columns: tuple[str, ...]


class Mappings(Protocol):
    """Mappings of all tenants by source. Every method may raise UnavailableError."""

    async def save(self, tenant: str, source: str, used: UsedMapping, at: datetime) -> None:
        """Keeps a mapping for the next file of the source, and the latest ones of the tenant."""

    async def get(self, tenant: str, source: str) -> UsedMapping | None:
        """The mapping that was last used for the source."""


_USED = TypeAdapter(UsedMapping)


class MongoMappings:
    """Keeps mappings in MongoDB; a `Mappings`."""

    def __init__(self, database: Database) -> None:
        self._mappings = database[COLLECTION]

    async def save(self, tenant: str, source: str, used: UsedMapping, at: datetime) -> None:
        document = mapping_document(tenant, source, used, at)
        query = {"tenant": tenant}
        with reaching():
            await self._mappings.replace_one({"_id": document["_id"]}, document, upsert=True)
            old = self._mappings.find(query, {"_id": 1}).sort("saved_at", DESCENDING)
            ids = [each["_id"] for each in await old.skip(MAPPINGS_MAX).to_list(None)]
            if ids:
                await self._mappings.delete_many({"_id": {"$in": ids}})

    async def get(self, tenant: str, source: str) -> UsedMapping | None:
        with reaching():
            document = await self._mappings.find_one({"_id": mapping_id(tenant, source)})
        return stored_mapping(document)


def mapping_id(tenant: str, source: str) -> str:
    """The id of a stored mapping; no tenant has a slash in its id."""
    return f"{tenant}/{source}"


def mapping_document(tenant: str, source: str, used: UsedMapping, at: datetime) -> Document:
    """The mapping of a source as it is stored."""
    fields = _USED.dump_python(used, mode="json")
    return {"_id": mapping_id(tenant, source), "tenant": tenant, "saved_at": at, **fields}


def stored_mapping(document: Document | None) -> UsedMapping | None:
    """The mapping in a document; None for one that another release wrote differently."""
    if document is None:
        return None
    fields = {name: document.get(name) for name in ("mapping", "columns")}
    try:
        return _USED.validate_python(fields)
    except ValidationError:
        return None


def choose_mapping(
    file: ImportFile, chosen: ColumnMapping | None, stored: UsedMapping | None
) -> tuple[ColumnMapping, Origin]:
    """The mapping of the request, that of the source, or the one that the headings suggest.

    That of the source counts only if the file has all of its columns. Columns that were not in the
    file before become what their headings suggest.
    """
    if chosen is not None:
        return chosen, "request"
    if stored is not None and set(stored.mapping.columns()) <= set(file.columns):
        new = set(file.columns).difference(stored.columns)
        return extended(stored.mapping, file.proposal, new), "source"
    return file.proposal, "headings"
