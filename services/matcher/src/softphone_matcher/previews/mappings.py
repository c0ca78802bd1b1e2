"""The mapping that was last used for each source, which the next file of it is read with."""

from datetime import datetime
from typing import Literal, Protocol

from pydantic import TypeAdapter, ValidationError
from pymongo import ASCENDING, DESCENDING, IndexModel

from softphone_common.stores.mongo import Database, Document, reaching
from softphone_matcher.imports.import_file import ImportFile
from softphone_matcher.imports.mapping import ColumnMapping

COLLECTION = "import_mappings"
INDEXES = {COLLECTION: [IndexModel([("tenant", ASCENDING), ("saved_at", DESCENDING)])]}
MAPPINGS_MAX = 100
"""Sources of a tenant whose mappings are kept."""

Origin = Literal["request", "source", "headings"]
_MAPPING = TypeAdapter(ColumnMapping)


class Mappings(Protocol):
    """Mappings of all tenants by source. Every method may raise UnavailableError."""

    async def save(self, tenant: str, source: str, mapping: ColumnMapping, at: datetime) -> None:
        """Keeps a mapping for the next file of the source, and the latest ones of the tenant."""

    async def get(self, tenant: str, source: str) -> ColumnMapping | None:
        """The mapping that was last used for the source."""


class MongoMappings:
    """Keeps mappings in MongoDB; a `Mappings`."""

    def __init__(self, database: Database) -> None:
        self._mappings = database[COLLECTION]

    async def save(self, tenant: str, source: str, mapping: ColumnMapping, at: datetime) -> None:
        document = mapping_document(tenant, source, mapping, at)
        query = {"tenant": tenant}
        with reaching():
            await self._mappings.replace_one({"_id": document["_id"]}, document, upsert=True)
            old = self._mappings.find(query, {"_id": 1}).sort("saved_at", DESCENDING)
            ids = [each["_id"] for each in await old.skip(MAPPINGS_MAX).to_list(None)]
            if ids:
                await self._mappings.delete_many({"_id": {"$in": ids}})

    async def get(self, tenant: str, source: str) -> ColumnMapping | None:
        with reaching():
            document = await self._mappings.find_one({"_id": mapping_id(tenant, source)})
        return stored_mapping(document)


def mapping_id(tenant: str, source: str) -> str:
    """The id of a stored mapping; no tenant has a slash in its id."""
    return f"{tenant}/{source}"


def mapping_document(tenant: str, source: str, mapping: ColumnMapping, at: datetime) -> Document:
    """The mapping of a source as it is stored."""
    id_ = mapping_id(tenant, source)
    fields = _MAPPING.dump_python(mapping, mode="json")
    return {"_id": id_, "tenant": tenant, "mapping": fields, "saved_at": at}


def stored_mapping(document: Document | None) -> ColumnMapping | None:
    """The mapping in a document; None for one that another release wrote differently."""
    try:
        return _MAPPING.validate_python(document["mapping"]) if document else None
    except ValidationError:
        return None


def choose_mapping(
    file: ImportFile, chosen: ColumnMapping | None, stored: ColumnMapping | None
) -> tuple[ColumnMapping, Origin]:
    """The mapping of the request, that of the source, or the one that the headings suggest.

    That of the source counts only if the file has all of its columns.
    """
    if chosen is not None:
        return chosen, "request"
    if stored is not None and set(stored.columns()) <= set(file.columns):
        return stored, "source"
    return file.proposal, "headings"
