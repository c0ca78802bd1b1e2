"""The services as processes, and the database that they use."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import IndexModel

from softphone_common.stores.mongo import Database
from softphone_testing.activation_codes import code
from softphone_testing.processes import ServiceFleet
from support.web_client import web_client


@dataclass(frozen=True)
class Site:
    """Running services, and the database that they use."""

    fleet: ServiceFleet
    client: httpx.AsyncClient
    database: Database

    async def new_tenant(self) -> str:
        tenant = f"t-{uuid4().hex[:12]}"
        body = {"name": "Load", "activation_code": code(tenant)}
        url = f"{self.fleet['ingest'].url}/api/tenants/{tenant}"
        headers = {"Authorization": f"Bearer {self.fleet.token('operator', 'operator')}"}
        answer = await self.client.put(url, json=body, headers=headers)
        answer.raise_for_status()
        return tenant

    async def ask(
        self, tenant: str, service: str, method: str, path: str, **arguments: Any
    ) -> Mapping[str, Any]:
        """The answer of a service to an administrator of the tenant."""
        headers = {"Authorization": f"Bearer {self.fleet.token(tenant, 'admin')}"}
        url = f"{self.fleet[service].url}{path}"
        answer = await self.client.request(method, url, headers=headers, **arguments)
        answer.raise_for_status()
        described: Mapping[str, Any] = answer.json()
        return described


@asynccontextmanager
async def running_site(
    fleet: ServiceFleet, mongodb: str, bare: Mapping[str, Sequence[IndexModel]]
) -> AsyncIterator[Site]:
    """The services of the fleet and their database, with these collections for the bare driver."""
    motor: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongodb, tz_aware=True)
    database = motor.get_default_database("softphone")
    try:
        # SecantusDB 0.7 may hang if a collection is made while others are in use
        for collection, indexes in bare.items():
            await database[collection].create_indexes(indexes)
        async with fleet.running(), web_client() as client:
            yield Site(fleet, client, database)
        for collection in bare:
            await database.drop_collection(collection)
    finally:
        motor.close()
