"""Which API keys a service accepts, and how it reports their use."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from softphone_common.access.api_keys import ApiKeyCache
from softphone_common.access.scopes import LOOKUP
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import ApiKey
from softphone_common.contracts.events import ApiKeyChanged, ApiKeyUsed
from softphone_common.http.problem import ProblemError
from softphone_common.process.errors import UnavailableError
from softphone_common.process.secret_hash import hash_secret
from softphone_testing.memory.accounts import MemoryApiKeyStore
from softphone_testing.until import until
from support.bus.buses import memory_bus
from support.observations import at
from support.stack.routes import LEAST
from support.store_contracts.api_keys import api_key

TEXT = "spk_of-the-crm"


def crm(**fields: Any) -> ApiKey:
    return api_key("crm").model_copy(update={"key_hash": hash_secret(TEXT), **fields})


class Site:
    """A service that checks keys, and what it reports of their use."""

    def __init__(self) -> None:
        self.now: datetime = at(0)
        self.used: list[ApiKeyUsed] = []
        self.store, broker = MemoryApiKeyStore(), MemoryBroker()
        self.bus, self.listener = memory_bus(broker, "matcher"), memory_bus(broker)
        self.keys = ApiKeyCache(self.store, self.bus, lambda: self.now, 60)
        self.listener.subscribe(ApiKeyUsed, self.on_api_key_used)

    async def on_api_key_used(self, message: ApiKeyUsed) -> None:
        self.used.append(message)

    async def start(self) -> None:
        for resource in (self.listener, self.bus, self.keys):
            await resource.start()
        await until(lambda: self.keys.loaded, what="the first read")

    async def stop(self) -> None:
        for resource in (self.keys, self.bus, self.listener):
            await resource.stop()

    def code(self, text: str = TEXT) -> str | None:
        """The code with which the key is refused; None if it is accepted."""
        try:
            self.keys.note_use(self.keys.check(text))
        except ProblemError as error:
            return error.code
        return None


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    yield made
    await made.stop()


async def test_key_stands_for_an_application(site: Site) -> None:
    await site.store.add(crm())
    await site.start()
    caller = site.keys.check(TEXT)
    assert (caller.tenant, caller.user, caller.login) == (
        "acme",
        "api-key/crm",
        "api-key/name of crm",
    )
    assert caller.scopes == ("directory:read",)
    assert caller.extensions == ()
    assert not caller.may("operator")


async def test_unknown_and_removed_keys_are_refused(site: Site) -> None:
    await site.start()
    assert site.code() == "api-key-invalid"
    await site.keys.on_api_key_changed(ApiKeyChanged(tenant="acme", key=crm()))
    assert site.code() is None
    assert site.code(hash_secret(TEXT)) == "api-key-invalid", "the hash is no key"
    removed = crm(active=False, version=2)
    await site.keys.on_api_key_changed(ApiKeyChanged(tenant="acme", key=removed))
    await site.keys.on_api_key_changed(ApiKeyChanged(tenant="acme", key=crm()))
    assert site.code() == "api-key-invalid", "an older message brings no key back"


async def test_key_is_refused_from_its_expiry_on(site: Site) -> None:
    await site.store.add(crm(expires_at=at(60)))
    await site.start()
    site.now = at(59)
    assert site.code() is None
    site.now = at(60)
    assert site.code() == "api-key-expired"


async def test_route_of_another_scope_is_refused(site: Site) -> None:
    await site.store.add(crm(scopes=("directory:read", "calls:read")))
    await site.start()
    caller = site.keys.check(TEXT)
    site.keys.require_scope(caller, "GET", "/api/directory/records")
    site.keys.require_scope(caller, "GET", "/api/calls/{call}")
    for method, path in (("POST", "/api/directory/records"), ("GET", "/api/users")):
        with pytest.raises(ProblemError) as refused:
            site.keys.require_scope(caller, method, path)
        assert refused.value.code == "scope-required"
    administrator = caller.model_copy(update={"scopes": ("admin",)})
    site.keys.require_scope(administrator, "POST", "/api/directory/records")
    site.keys.require_scope(administrator, "GET", "/api/users")


@pytest.mark.parametrize("path", ["/api/me", "/api/keys/{key}", "/api/dial", "/api/users/{user}"])
async def test_route_of_people_is_refused(site: Site, path: str) -> None:
    await site.store.add(crm(scopes=("admin",)))
    await site.start()
    with pytest.raises(ProblemError) as refused:
        site.keys.require_scope(site.keys.check(TEXT), "DELETE", path)
    assert refused.value.code == "api-key-refused"


@pytest.mark.parametrize("route", LEAST)
async def test_lookup_key_opens_no_route(site: Site, route: str) -> None:
    await site.store.add(crm(scopes=LOOKUP))
    await site.start()
    with pytest.raises(ProblemError) as refused:
        site.keys.require_scope(site.keys.check(TEXT), *route.split(" "))
    assert refused.value.code in {"scope-required", "api-key-refused"}


async def test_service_that_has_read_no_keys_cannot_tell(site: Site) -> None:
    with pytest.raises(UnavailableError):
        site.keys.check(TEXT)


async def test_use_is_reported_once_a_minute(site: Site) -> None:
    await site.store.add(crm())
    await site.start()
    for seconds in (0, 30, 59, 61, 62):
        site.now = at(seconds)
        assert site.code() is None
    assert site.code("spk_guessed") == "api-key-invalid"
    await until(lambda: len(site.used) == 2, what="the reports")
    assert [(each.key, each.used_at) for each in site.used] == [("crm", at(0)), ("crm", at(61))]
