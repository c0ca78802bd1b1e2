"""The table of all messages: their senders, work queues and subscribers.

The topology of the broker, the AsyncAPI document and contract tests are derived from it.
"""

from dataclasses import dataclass

from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.contracts.events import (
    ApiKeyChanged,
    ApiKeyUsed,
    AuditRecorded,
    CallChanged,
    CallMatched,
    CallObserved,
    CleanUpFinished,
    CommentSaved,
    DeviceChanged,
    HitSeen,
    Message,
    NumbersMatched,
    RangesChanged,
    RecordShared,
    SessionsEnded,
    TenantChanged,
    UserChanged,
)

EXCHANGE = "softphone"


@dataclass(frozen=True, slots=True)
class Entry:
    """A message, its senders and work queues, and the services all of whose instances get it."""

    message: type[Message]
    senders: tuple[str, ...]
    queues: tuple[str, ...] = ()
    subscribers: tuple[str, ...] = ()


def patterns(message: type[Message], tenant: str = "*") -> tuple[str, ...]:
    """The topic patterns that select the message for one tenant, by default for all tenants."""
    return tuple(f"{message.noun}.{verb}.{tenant}" for verb in message.verbs)


# Every service accepts tokens and API keys, so each subscribes to what makes them invalid: changes
# of users, sessions, tenants and keys.
_ALL = ("ingest", "matcher", "calllog", "notifier", "janitor")
# RabbitMQ confirms a publish when all of these queues have the message on disk: a call that ingest
# has acknowledged is in both.
_PHASED = ("matcher.call", "calllog.call")

CATALOGUE: tuple[Entry, ...] = (
    Entry(CallObserved, ("ingest",), queues=_PHASED, subscribers=("notifier",)),
    Entry(
        CallMatched,
        ("matcher",),
        queues=("calllog.call", "ingest.match"),
        subscribers=("notifier",),
    ),
    Entry(NumbersMatched, ("matcher",), queues=("calllog.number",), subscribers=("notifier",)),
    Entry(RangesChanged, ("matcher",), subscribers=("matcher",)),
    Entry(RecordShared, ("matcher",), queues=("calllog.record",), subscribers=("notifier",)),
    Entry(CallChanged, ("calllog",), subscribers=("notifier",)),
    Entry(CommentSaved, ("calllog",), subscribers=("notifier",)),
    Entry(DeviceChanged, ("ingest",), subscribers=("ingest",)),
    Entry(HitSeen, ("ingest",), subscribers=("notifier",)),
    Entry(UserChanged, ("notifier",), queues=("matcher.user",), subscribers=_ALL),
    Entry(SessionsEnded, ("notifier",), subscribers=_ALL),
    Entry(ApiKeyChanged, ("notifier",), subscribers=_ALL),
    Entry(ApiKeyUsed, _ALL, subscribers=("notifier",)),
    Entry(TenantChanged, ("ingest",), subscribers=_ALL),
    Entry(CleanUpRequested, ("janitor",), queues=("calllog.clean-up",)),
    Entry(CleanUpFinished, ("calllog",), queues=("janitor.sweep",)),
    Entry(AuditRecorded, _ALL, queues=("calllog.audit",)),
)

BY_TYPE = {
    type_: entry
    for entry in CATALOGUE
    for type_ in (entry.message.type, *entry.message.earlier_types)
}
