"""Records what each service does in MongoDB, by the port through which its client connects."""

from collections.abc import Iterator
from typing import Any

from pymongo import monitoring

_ACTIONS = {
    "aggregate": "find",
    "count": "find",
    "createIndexes": "createIndex",
    "delete": "remove",
    "distinct": "find",
    "find": "find",
    "insert": "insert",
    "update": "update",
}
"""The action that a command needs by itself: https://www.mongodb.com/docs/manual/reference/privilege-actions/"""
_JOINS = ("$lookup", "$unionWith", "$graphLookup")
"""Stages of a pipeline that read another collection."""
_OF_EVERYBODY = frozenset(
    {"endSessions", "getMore", "hello", "killCursors", "ping", "saslContinue", "saslStart"}
)


class MongoCommands(monitoring.CommandListener):
    """The databases, collections and actions of each port, collected for ever once registered."""

    def __init__(self) -> None:
        self._by_port: dict[int, set[tuple[str, str, str]]] = {}

    def of_port(self, port: int) -> set[tuple[str, str, str]]:
        """Database, collection and action of everything that was sent through this port."""
        return self._by_port.get(port, set())

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        port = (event.connection_id or ("", 0))[1] or 0
        used = self._by_port.setdefault(port, set())
        for collection, action in _used(event.command_name, event.command):
            used.add((event.database_name, collection, action))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...


def _used(name: str, command: Any) -> Iterator[tuple[str, str]]:
    if name in _OF_EVERYBODY:
        return
    collection = str(command.get(name, ""))
    if name == "findAndModify":
        yield collection, "find"
        yield collection, "remove" if command.get("remove") else "update"
    else:
        yield collection, _ACTIONS.get(name, name)
    updates = command.get("updates", [command]) if name in {"update", "findAndModify"} else []
    if any(update.get("upsert") for update in updates):
        yield collection, "insert"
    for stage in command.get("pipeline", []):
        for other in (stage[key] for key in _JOINS if key in stage):
            yield other.get("from") or other["coll"], "find"
