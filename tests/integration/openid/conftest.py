"""A real provider, and notifiers that are configured for it, over one database."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from softphone_testing.real_servers import RealServer
from support.openid.provider import CLIENT, SECRET, RealProvider, real_provider
from support.openid.visitor import CALLBACK, Visitor
from support.product import Json
from support.stack.installation import Installation, ready, running

SETTINGS_OF_ALL = {
    "openid_client_id": CLIENT,
    "openid_client_secret": SECRET,
    "openid_name": "Keycloak",
    "openid_create_users": True,
    "openid_seconds": 100,  # a busy machine answers late, and means no outage
    "address_failures_max": 10_000,  # all tests come from one address
}


@dataclass(frozen=True)
class Connector:
    """A notifier with a provider, and the tenant of everybody whom a test adds there."""

    notifier: Installation
    """Shares its database with `company`, which has all services and no provider."""
    company: Installation
    provider: RealProvider
    tenant: str
    visitors: list[Visitor] = field(default_factory=list)

    def add(self, sub: str, **claims: Any) -> None:
        """Adds an account of this tenant at the provider, or replaces its claims."""
        self.provider.add(sub, **{"company": self.tenant, **claims})

    def visitor(self) -> Visitor:
        """A browser that has never been here."""
        self.visitors.append(Visitor(self.notifier.url))
        return self.visitors[-1]

    async def sign_in(self, sub: str, **claims: Any) -> str:
        """A sign-in with these claims in a new browser: the code of the problem, or nothing."""
        self.add(sub, **claims)
        return await self.visitor().sign_in(sub)

    async def users(self) -> dict[str, Json]:
        """The tenant's users by login, also while the tenant is switched off."""
        operator = self.company.operator
        listed = await self.company.get("/api/users", operator, tenant=self.tenant)
        return {user["login"]: user for user in listed["items"]}

    async def events(self, **filters: str) -> list[Json]:
        """The stored security events of the tenant, the newest first."""
        token = self.company.token(self.tenant)
        items: list[Json] = (await self.company.get("/api/audit", token, **filters))["items"]
        return items


Connect = Callable[..., Awaitable[Connector]]


class Notifiers:
    """Starts a notifier for each set of settings, once in a module."""

    def __init__(
        self, stack: AsyncExitStack, provider: RealProvider, servers: tuple[str, str, str]
    ) -> None:
        self._stack = stack
        self._provider = provider
        self._servers = servers
        self.started: dict[str, Installation] = {}

    async def with_settings(self, settings: Json) -> Installation:
        key = json.dumps(settings, sort_keys=True)
        if key not in self.started:
            values = {**SETTINGS_OF_ALL, "openid_issuer": self._provider.issuer, **settings}
            notifier = await self._stack.enter_async_context(
                running(*self._servers, only={"notifier"}, **values)
            )
            await ready(notifier)
            self._provider.redirects.append(f"{notifier.url}{CALLBACK}")
            await self._provider.restart()
            self.started[key] = notifier
        return self.started[key]


@pytest.fixture(scope="module")
async def provider(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealProvider]:
    async with real_provider(tmp_path_factory.mktemp("openid")) as provider:
        yield provider


@pytest.fixture(scope="module")
async def notifiers(
    installation: Installation,
    provider: RealProvider,
    rabbitmq: RealServer,
    redis_server: RealServer,
) -> AsyncIterator[Notifiers]:
    async with AsyncExitStack() as stack:
        yield Notifiers(stack, provider, (rabbitmq.url, installation.mongo, redis_server.url))


@pytest.fixture
async def connect(
    installation: Installation, provider: RealProvider, notifiers: Notifiers
) -> AsyncIterator[Connect]:
    """Makes a new tenant, at a notifier with these settings of the sign-in."""
    visitors: list[Visitor] = []

    async def start(**settings: Any) -> Connector:
        tenant = settings.get("openid_tenant") or await installation.make_tenant()
        if "openid_tenant" not in settings:
            settings["openid_tenant_claim"] = "company"
        notifier = await notifiers.with_settings(settings)
        return Connector(notifier, installation, provider, tenant, visitors)

    yield start
    provider.front.forge = None
    for notifier in notifiers.started.values():
        notifier.clock.reset()
    for visitor in visitors:
        await visitor.client.aclose()


@pytest.fixture
async def connector(connect: Connect) -> Connector:
    """A new tenant at a notifier that creates users at their first sign-in."""
    return await connect()
