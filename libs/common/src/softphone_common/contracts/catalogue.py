"""Every message, its key, who sends it and which queues it reaches: the wire's table as code.

The broker's topology, the AsyncAPI document and the contract tests are derived from it.
"""

from dataclasses import dataclass

from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.contracts.events import (
    CallChanged,
    CallMatched,
    CallObserved,
    CleanUpFinished,
    CommentSaved,
    DeviceChanged,
    HitSeen,
    Message,
    TenantChanged,
    UserChanged,
)

EXCHANGE = "softphone"


@dataclass(frozen=True, slots=True)
class Entry:
    """One message: its sender, the work queues it waits in, the services every instance hears."""

    message: type[Message]
    sender: str
    queues: tuple[str, ...] = ()
    listeners: tuple[str, ...] = ()


def patterns(message: type[Message], tenant: str = "*") -> tuple[str, ...]:
    """The topic patterns that select this message of one tenant, or of all."""
    return tuple(f"{message.noun}.{verb}.{tenant}" for verb in message.verbs)


_ALL = ("ingest", "matcher", "calllog", "notifier", "janitor")
_PHASED = ("matcher.call", "calllog.call")

CATALOGUE: tuple[Entry, ...] = (
    Entry(CallObserved, "ingest", queues=_PHASED, listeners=("notifier",)),
    Entry(CallMatched, "matcher", queues=("calllog.call", "ingest.match"), listeners=("notifier",)),
    Entry(CallChanged, "calllog", listeners=("notifier",)),
    Entry(CommentSaved, "calllog", listeners=("notifier",)),
    Entry(DeviceChanged, "ingest", listeners=("ingest",)),
    Entry(HitSeen, "ingest", listeners=("notifier",)),
    Entry(UserChanged, "notifier", listeners=_ALL),
    Entry(TenantChanged, "ingest", listeners=("ingest", "matcher", "calllog", "janitor")),
    Entry(CleanUpRequested, "janitor", queues=("calllog.clean-up",)),
    Entry(CleanUpFinished, "calllog", queues=("janitor.sweep",)),
)

BY_TYPE = {entry.message.type: entry for entry in CATALOGUE}
