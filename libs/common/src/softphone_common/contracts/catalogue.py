"""The table of all messages: their senders, work queues and subscribers.

The topology of the broker, the AsyncAPI document and contract tests are derived from it.
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
    """A message, its sender and work queues, and the services that receive it in every instance."""

    message: type[Message]
    sender: str
    queues: tuple[str, ...] = ()
    subscribers: tuple[str, ...] = ()


def patterns(message: type[Message], tenant: str = "*") -> tuple[str, ...]:
    """The topic patterns that select the message for one tenant, by default for all tenants."""
    return tuple(f"{message.noun}.{verb}.{tenant}" for verb in message.verbs)


# Every service accepts tokens, so each subscribes to the users whose tokens become invalid.
_ALL = ("ingest", "matcher", "calllog", "notifier", "janitor")
# RabbitMQ confirms a publish when all of these queues have the message on disk: a call that ingest
# has acknowledged is in both.
_PHASED = ("matcher.call", "calllog.call")

CATALOGUE: tuple[Entry, ...] = (
    Entry(CallObserved, "ingest", queues=_PHASED, subscribers=("notifier",)),
    Entry(
        CallMatched, "matcher", queues=("calllog.call", "ingest.match"), subscribers=("notifier",)
    ),
    Entry(CallChanged, "calllog", subscribers=("notifier",)),
    Entry(CommentSaved, "calllog", subscribers=("notifier",)),
    Entry(DeviceChanged, "ingest", subscribers=("ingest",)),
    Entry(HitSeen, "ingest", subscribers=("notifier",)),
    Entry(UserChanged, "notifier", subscribers=_ALL),
    Entry(TenantChanged, "ingest", subscribers=("ingest", "matcher", "calllog", "janitor")),
    Entry(CleanUpRequested, "janitor", queues=("calllog.clean-up",)),
    Entry(CleanUpFinished, "calllog", queues=("janitor.sweep",)),
)

BY_TYPE = {
    type_: entry
    for entry in CATALOGUE
    for type_ in (entry.message.type, *entry.message.earlier_types)
}
