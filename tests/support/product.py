"""Running services as tests reach them: all behind one address, or each at its own."""

from typing import Any, Protocol

import httpx

from softphone_common.contracts.entities import Role
from softphone_testing.processes import ServiceFleet
from support.web_client import web_client

Json = dict[str, Any]

PASSWORD = "long enough to do"

_OWNERS = (
    ("/hit", "ingest"),
    ("/api/tenant", "ingest"),
    ("/api/devices", "ingest"),
    ("/api/directory", "matcher"),
    ("/api/calls", "calllog"),
    ("/api/users", "notifier"),
    ("/ws", "notifier"),
    ("/api/sweeps", "janitor"),
)
"""The service that answers below each path; the gateway is not part of these tests."""


class Product(Protocol):
    """Running services, a client for them, and tokens that they accept."""

    @property
    def client(self) -> httpx.AsyncClient: ...

    def address(self, path: str) -> str:
        """The base address of the service that answers at this path."""

    def token(
        self, tenant: str, role: Role = ..., extensions: tuple[str, ...] = ..., user: str = ...
    ) -> str:
        """A bearer token of a user, who need not exist."""


class FleetProduct:
    """A fleet of processes, each reached at its own address."""

    def __init__(self, fleet: ServiceFleet) -> None:
        self.fleet = fleet
        self.client = web_client(timeout=30)

    def address(self, path: str) -> str:
        return self.fleet[next(name for start, name in _OWNERS if path.startswith(start))].url

    def token(
        self, tenant: str, role: Role = "admin", extensions: tuple[str, ...] = (), user: str = ""
    ) -> str:
        return self.fleet.token(tenant, role, extensions, user)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
