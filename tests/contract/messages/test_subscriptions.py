"""Holds the catalogue against the handlers that the five services really register with the bus."""

from collections import defaultdict
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from softphone_common.bus.bus import Bus
from softphone_common.contracts.catalogue import CATALOGUE
from softphone_common.contracts.events import Message
from softphone_common.runtime.registry import installed_services
from softphone_testing.installation_keys import KEYS

Registered = dict[str, set[type[Message]]]


@pytest.fixture(scope="module")
async def buses() -> AsyncIterator[dict[str, Bus]]:
    """The bus of every service, built without any server."""
    services = {}
    for name, definition in installed_services().items():
        settings = definition.settings(
            amqp_url=SecretStr("amqp://nobody@localhost/"),
            mongo_url=SecretStr("mongodb://localhost/softphone"),
            redis_url=SecretStr("redis://localhost/"),
            **KEYS,
        )
        services[name] = await definition.build(settings)
    yield {
        name: bus
        for name, service in services.items()
        for bus in service.resources
        if isinstance(bus, Bus)
    }
    for service in services.values():
        for resource in service.resources:
            await resource.stop()


def test_every_service_has_one_bus(buses: dict[str, Bus]) -> None:
    assert {name: bus.service for name, bus in buses.items()} == {
        n: n for n in installed_services()
    }


def test_subscriptions_are_the_listeners_of_the_catalogue(buses: dict[str, Bus]) -> None:
    listed: Registered = defaultdict(set)
    for entry in CATALOGUE:
        for service in entry.subscribers:
            listed[service].add(entry.message)
    assert {name: set(bus.subscribed) for name, bus in buses.items()} == listed


def test_consumers_are_the_work_queues_of_the_catalogue(buses: dict[str, Bus]) -> None:
    listed: Registered = defaultdict(set)
    for entry in CATALOGUE:
        for queue in entry.queues:
            listed[queue].add(entry.message)
    consumed = {q: set(types) for bus in buses.values() for q, types in bus.consumed.items()}
    assert consumed == listed


def test_a_queue_is_consumed_by_the_service_it_is_named_after(buses: dict[str, Bus]) -> None:
    for name, bus in buses.items():
        assert all(queue.startswith(f"{name}.") for queue in bus.consumed)
