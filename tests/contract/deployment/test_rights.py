"""The rights that the deployment gives to the services, compared with the code."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from softphone_common.bus import topology
from softphone_common.roles.broker import (
    SERVICES,
    broker_rights,
    definitions,
    exchange_definitions,
)
from softphone_common.roles.database import COLLECTIONS, actions
from softphone_common.stores import tenants, users
from support.deployment import CONTAINERS, DEPLOY

SHARED = {tenants.COLLECTION, users.COLLECTION}
"""Collections that several services have a store for."""


def collections_of(service: str) -> Iterator[str]:
    """The names of the collections that modules of the service are about."""
    package = importlib.import_module(f"softphone_{service}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            names: dict[str, Any] = vars(importlib.import_module(module.name))
            yield from names.get("INDEXES", {})
            yield from (names[name] for name in ("COLLECTION", "MATCHES") if name in names)


@pytest.mark.parametrize("service", SERVICES)
def test_role_covers_the_collections_of_the_service(service: str) -> None:
    owned = {name for name, ownership in COLLECTIONS.items() if ownership.owner == service}
    assert owned - SHARED == set(collections_of(service)) - SHARED
    assert {name for name, allowed in actions(service).items() if "insert" in allowed} == owned
    read = {name for name, ownership in COLLECTIONS.items() if service in ownership.readers}
    assert set(actions(service)) == owned | read


def test_exchanges_are_imported_before_the_rights_that_name_them() -> None:
    folder = DEPLOY / "rabbitmq"
    written = json.loads((folder / "exchanges.json").read_text())
    assert written == exchange_definitions(), "run `make contracts`"
    named = {right["exchange"] for right in definitions()["topic_permissions"]}
    assert named == {exchange["name"] for exchange in written["exchanges"]}
    broker = CONTAINERS["rabbitmq"]
    mounted = [volume.split(":")[1] for volume in broker["volumes"]]
    mounted += [s["target"] for s in broker["secrets"] if isinstance(s, dict)]
    imported = sorted(Path(target).name for target in mounted if "/definitions.d/" in target)
    assert imported == ["10-users.json", "15-exchanges.json", "20-rights.json"]


@pytest.mark.parametrize("service", SERVICES)
def test_service_has_a_right_to_all_that_it_waits_for(service: str) -> None:
    """RabbitMQ 4.3 refuses a passive declaration by a user without any right to the name."""
    rights = broker_rights(service)
    names = [*topology.exchanges_of(service), topology.completion(), *topology.queues_of(service)]
    allowed = (rights.configure, rights.write, rights.read)
    assert [n for n in names if not any(re.match(each, n) for each in allowed)] == []


def test_rights_file_is_that_of_the_code() -> None:
    written = json.loads((DEPLOY / "rabbitmq" / "rights.json").read_text())
    assert written == definitions(), "run `make contracts`"
