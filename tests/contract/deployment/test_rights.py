"""The rights that the deployment gives to the services, compared with the code."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

from softphone_common.roles.broker import SERVICES, definitions
from softphone_common.roles.database import COLLECTIONS, actions
from softphone_common.stores import tenants, users
from support.deployment import DEPLOY

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


def test_rights_file_is_that_of_the_code() -> None:
    written = json.loads((DEPLOY / "rabbitmq" / "rights.json").read_text())
    assert written == definitions(), "run `make contracts`"
