"""The rights of the user of each service in RabbitMQ, derived from the table of messages.

`python -m softphone_common.roles.broker` prints the rights as definitions that RabbitMQ imports,
and with the argument `exchanges` the exchanges that they name:
https://www.rabbitmq.com/docs/access-control and https://www.rabbitmq.com/docs/definitions.
"""

import json
import sys
from dataclasses import dataclass
from typing import Any

from softphone_common.bus import topology
from softphone_common.contracts.catalogue import CATALOGUE, EXCHANGE, patterns

SERVICES = tuple(sorted({name for entry in CATALOGUE for name in entry.subscribers}))
"""Every service accepts tokens, so each subscribes to some message."""

REPLAYING = "janitor"
"""The service that reads all dead letters and sends them to their queues again."""

_INSTANCE = r"[0-9a-f]{12}[.][0-9a-f]{8}"
"""The rest of the name of an instance's exclusive queue, see `Bus`."""
_COMPLETION = rf"{topology.COMPLETION.replace('.', '[.]')}[.][0-9a-f]{{12}}"
"""The exchange that says that everything is declared; one without a right may not see it."""
_VHOST = "/"
_NOTHING = "^$"


@dataclass(frozen=True, slots=True)
class TopicRights:
    """Regular expressions of the routing keys a user may publish with, and bind its queue with."""

    exchange: str
    write: str
    read: str


@dataclass(frozen=True, slots=True)
class BrokerRights:
    """Regular expressions of the exchanges and queues a user may configure, write and read.

    To bind a queue takes the right to write to the queue and to read from the exchange.
    """

    user: str
    configure: str
    write: str
    read: str
    topics: tuple[TopicRights, ...]


def broker_rights(service: str) -> BrokerRights:
    """The rights of one service: its messages, its queues, its instances and nothing else."""
    queues = [queue.name for queue in topology.work_queues()]
    work = [name for name in queues if _owner(name) == service and not _is_dead(name)]
    dead = [name for name in queues if _is_dead(name)] if service == REPLAYING else []
    delays = [name for name, _ in topology.retry_queues()] if work else []
    names, instance = [EXCHANGE, topology.QUEUES], rf"{service}[.]{_INSTANCE}"
    return BrokerRights(
        user=service,
        configure=f"^{instance}([.]overflow)?$",
        write=_any_of([*names, *delays], f"{instance}([.]overflow)?"),
        read=_any_of([*names, *work, *dead], f"{instance}([.]overflow)?", _COMPLETION),
        topics=(
            TopicRights(EXCHANGE, _keys(_sent_by(service)), _keys(_received_by(service))),
            TopicRights(
                topology.QUEUES, _any_of(_addressed_by(service)), f"^{instance}[.]overflow$"
            ),
            *(TopicRights(name, _any_of(work), _NOTHING) for name in delays),
        ),
    )


def definitions() -> dict[str, Any]:
    """The rights of all services in the form that RabbitMQ imports. It has no user in it.

    RabbitMQ 4.3 imports no right to an exchange that it does not have yet, and of one file rights
    first: the exchanges are another file, which is imported before.
    """
    rights = [broker_rights(service) for service in SERVICES]
    return {
        "permissions": [
            {
                "user": each.user,
                "vhost": _VHOST,
                "configure": each.configure,
                "write": each.write,
                "read": each.read,
            }
            for each in rights
        ],
        "topic_permissions": [
            {
                "user": each.user,
                "vhost": _VHOST,
                "exchange": topic.exchange,
                "write": topic.write,
                "read": topic.read,
            }
            for each in rights
            for topic in each.topics
        ],
    }


def exchange_definitions() -> dict[str, Any]:
    """The exchanges that rights name, as the services declare them."""
    kind = {"type": "topic", "durable": True, "auto_delete": False, "internal": False}
    names = topology.exchanges()
    rows = [{"name": name, "vhost": _VHOST, **kind, "arguments": {}} for name in names]
    return {"exchanges": rows}


def _sent_by(service: str) -> list[str]:
    entries = (entry for entry in CATALOGUE if service in entry.senders)
    return [key for entry in entries for key in patterns(entry.message)]


def _received_by(service: str) -> list[str]:
    """One pattern for each noun, as `Subscriber` binds them."""
    entries = (entry for entry in CATALOGUE if service in entry.subscribers)
    return [f"{entry.message.noun}.*.*" for entry in entries]


def _addressed_by(service: str) -> list[str]:
    """The queues a service sends to by name: dead letters of its own, and what it replays."""
    names = [queue.name for queue in topology.work_queues()]
    dead = [name for name in names if _is_dead(name) and _owner(name) == service]
    return dead + ([n for n in names if not _is_dead(n)] if service == REPLAYING else [])


def _owner(queue: str) -> str:
    return queue.split(".", maxsplit=1)[0]


def _is_dead(queue: str) -> bool:
    return queue.endswith(topology.dead(""))


def _keys(topics: list[str]) -> str:
    """An expression for these keys with any tenant, and with `*` for all tenants."""
    starts = sorted({_literal(topic.removesuffix("*")) for topic in topics})
    return f"^({'|'.join(starts)})[^.]+$" if starts else _NOTHING


def _any_of(names: list[str], *expressions: str) -> str:
    either = [*map(_literal, names), *expressions]
    return f"^({'|'.join(either)})$" if either else _NOTHING


def _literal(name: str) -> str:
    return name.replace(".", "[.]").replace("*", "[*]")


if __name__ == "__main__":
    wanted = exchange_definitions() if "exchanges" in sys.argv[1:] else definitions()
    sys.stdout.write(json.dumps(wanted, indent=2) + "\n")
