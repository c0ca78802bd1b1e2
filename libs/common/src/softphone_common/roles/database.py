"""Who owns which collection of MongoDB, and the roles that follow from that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pymongo.errors import OperationFailure

from softphone_common.stores.mongo import Database, reaching

_OWNING = ("find", "insert", "update", "remove", "createIndex")
_READING = ("find",)
_EXISTS = frozenset({51002, 51003})
"""The codes for a role and for a user that exists."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """The service that writes a collection, and those that read it."""

    owner: str
    readers: tuple[str, ...] = ()


COLLECTIONS: Mapping[str, Ownership] = {
    "announcements": Ownership("matcher"),
    "api_keys": Ownership("notifier", ("calllog", "ingest", "janitor", "matcher")),
    "audit": Ownership("calllog"),
    "calls": Ownership("calllog"),
    "comments": Ownership("calllog"),
    "dead_letters": Ownership("janitor"),
    "device_states": Ownership("ingest"),
    "devices": Ownership("ingest"),
    "dial_links": Ownership("ingest"),
    "hit_matches": Ownership("ingest"),
    "hits": Ownership("ingest"),
    "import_files": Ownership("matcher"),
    "import_mappings": Ownership("matcher"),
    "import_problems": Ownership("matcher"),
    "imports": Ownership("matcher"),
    "missed_marks": Ownership("calllog"),
    "picks": Ownership("matcher"),
    "record_sharings": Ownership("calllog"),
    "records": Ownership("matcher"),
    "revocations": Ownership("notifier", ("calllog", "ingest", "janitor", "matcher")),
    "second_factors": Ownership("notifier"),
    "sessions": Ownership("notifier"),
    "source_books": Ownership("matcher"),
    "source_cards": Ownership("matcher"),
    "sources": Ownership("matcher"),
    "sweeps": Ownership("janitor"),
    "tenants": Ownership("ingest", ("calllog", "janitor", "matcher", "notifier")),
    "users": Ownership("notifier", ("calllog",)),
}


def actions(service: str) -> dict[str, tuple[str, ...]]:
    """MongoDB's names of the actions a service may perform, by collection."""
    return {
        collection: _OWNING if ownership.owner == service else _READING
        for collection, ownership in COLLECTIONS.items()
        if service in (ownership.owner, *ownership.readers)
    }


async def grant(database: Database, passwords: Mapping[str, str]) -> None:
    """Creates or updates a role and a user for each service. Raises UnavailableError.

    The caller's user needs the built-in roles userAdmin or dbOwner of the database.
    """
    for service, password in passwords.items():
        privileges = [
            {"resource": {"db": database.name, "collection": name}, "actions": list(allowed)}
            for name, allowed in actions(service).items()
        ]
        roles = [{"role": service, "db": database.name}]
        await _create_or_update(database, "Role", service, privileges=privileges, roles=[])
        await _create_or_update(database, "User", service, pwd=password, roles=roles)


async def _create_or_update(database: Database, kind: str, name: str, **fields: Any) -> None:
    with reaching():
        try:
            await database.command({f"create{kind}": name, **fields})
        except OperationFailure as error:
            if error.code not in _EXISTS:
                raise
            await database.command({f"update{kind}": name, **fields})
