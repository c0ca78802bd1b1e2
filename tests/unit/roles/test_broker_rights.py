"""The rights in RabbitMQ are those of the table of messages: one's own queues and messages."""

import re

import pytest

from softphone_common.bus import topology
from softphone_common.contracts.catalogue import CATALOGUE, EXCHANGE, Entry, patterns
from softphone_common.roles.broker import SERVICES, broker_rights
from softphone_common.runtime.registry import service_names

QUEUES = [queue.name for queue in topology.work_queues()]
DELAYS = [name for name, _ in topology.retry_queues()]
INSTANCE = "0123456789ab.01234567"
"""The end of the name of an instance's own queue."""


def topic(service: str, exchange: str, right: str, key: str) -> bool:
    """Whether RabbitMQ would let the service publish or bind with this key."""
    (rights,) = (each for each in broker_rights(service).topics if each.exchange == exchange)
    return bool(re.search(getattr(rights, right), key))


def test_rights_are_those_of_all_services() -> None:
    assert service_names() == SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_service_reads_its_own_queues_only(service: str) -> None:
    readable = {name for name in QUEUES if re.search(broker_rights(service).read, name)}
    dead = {name for name in QUEUES if name.endswith(".dead")}
    work = {name for name in QUEUES if name.startswith(f"{service}.")} - dead
    assert readable == work | (dead if service == "janitor" else set())


@pytest.mark.parametrize("service", SERVICES)
def test_service_has_its_own_instances_only(service: str) -> None:
    rights = broker_rights(service)
    for other in SERVICES:
        for name in (f"{other}.{INSTANCE}", f"{other}.{INSTANCE}.overflow"):
            for right in (rights.configure, rights.write, rights.read):
                assert bool(re.search(right, name)) == (other == service), (other, right)


@pytest.mark.parametrize("service", SERVICES)
def test_service_configures_and_binds_nothing_shared(service: str) -> None:
    rights = broker_rights(service)
    names = [*QUEUES, *topology.exchanges(), *(queue.name for _, queue in topology.retry_queues())]
    assert [name for name in names if re.search(rights.configure, name)] == []
    assert [name for name in QUEUES if re.search(rights.write, name)] == []
    assert not re.search(rights.write, "amq.default")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.message.__name__)
def test_service_sends_and_receives_its_own_messages_only(service: str, entry: Entry) -> None:
    for key in patterns(entry.message, "acme"):
        assert topic(service, EXCHANGE, "write", key) == (service in entry.senders), key
    for tenant in ("acme", "*"):
        bound = f"{entry.message.noun}.*.{tenant}"
        assert topic(service, EXCHANGE, "read", bound) == (service in entry.subscribers), bound
    for everything in ("#", "*.*.*", "*.changed.*"):
        assert not topic(service, EXCHANGE, "read", everything)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.message.__name__)
def test_subscriber_receives_all_messages_of_a_noun(entry: Entry) -> None:
    """An instance binds its queue to a noun with any verb, so a right is for all of them."""
    others = [other for other in CATALOGUE if other.message.noun == entry.message.noun]
    assert {other.subscribers for other in others} == {entry.subscribers}


@pytest.mark.parametrize("service", SERVICES)
def test_service_sends_to_its_own_queues_only(service: str) -> None:
    own = {name for name in QUEUES if name.startswith(f"{service}.")}
    work = {name for name in QUEUES if not name.endswith(".dead")}
    by_name = {name for name in QUEUES if topic(service, topology.QUEUES, "write", name)}
    assert by_name == (own - work) | (work if service == "janitor" else set())
    for delay in DELAYS if own else ():
        assert {n for n in QUEUES if topic(service, delay, "write", n)} == own & work
        assert [key for key in ("#", *own) if topic(service, delay, "read", key)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_writable_exchange_has_topic_rights(service: str) -> None:
    """RabbitMQ lets a user without topic rights of an exchange publish with any key."""
    rights = broker_rights(service)
    writable = {name for name in topology.exchanges() if re.search(rights.write, name)}
    assert writable == {each.exchange for each in rights.topics}
