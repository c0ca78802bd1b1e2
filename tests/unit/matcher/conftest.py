"""The directory over HTTP without a server."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import OwnNumber, Role, Tenant
from softphone_common.http import app as http_app
from softphone_common.http.auth import Caller, caller
from softphone_common.process.clock import utc_now
from softphone_matcher.directory.editing import Editing
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.directory.routes import DirectoryApi
from softphone_matcher.directory.upsert import Upsert
from softphone_matcher.directory.upsert_routes import ROUTE, UpsertApi
from softphone_matcher.matching.finder import MatchFinder
from softphone_matcher.matching.routes import MatchApi
from softphone_matcher.merging.merger import Merger
from softphone_matcher.merging.routes import MergeApi
from softphone_matcher.picks.ranking import Ranking
from softphone_matcher.picks.routes import PickApi
from softphone_matcher.settings import MatcherSettings
from softphone_testing.installation_keys import checked_tokens
from softphone_testing.memory.directory import (
    MemoryAnnouncements,
    MemoryDirectory,
    MemoryMerges,
    MemoryPickStore,
)
from support.bus.buses import bus_settings, memory_bus, running
from support.write_limits import read_limit, write_limit

TENANT = Tenant(
    id="acme",
    name="Acme",
    own_numbers=(OwnNumber(number="030 23125500", name="Zentrale"),),
    ignored_numbers=(
        OwnNumber(number="+49 30 23125-600", name="Tür"),
        OwnNumber(number="22", name="Fax"),
        OwnNumber(number="+54 11 2345-6789", name="Filiale"),
    ),
)


def caller_of(role: Role) -> Caller:
    return Caller(
        user="u1",
        tenant="acme",
        login="anna",
        role=role,
        extensions=[],
        version=1,
        expires_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


@pytest.fixture
def broker() -> MemoryBroker:
    """A broker in memory."""
    return MemoryBroker()


@pytest.fixture
async def bus(broker: MemoryBroker) -> AsyncIterator[Bus]:
    """The bus of matcher."""
    made = memory_bus(broker, "matcher")
    async with running(made):
        yield made


@pytest.fixture
def roles() -> list[Role]:
    """The role of the caller, which a test may replace."""
    return ["admin"]


@pytest.fixture
def asking() -> list[Caller]:
    """The caller, in tests for which a role is not enough."""
    return []


@pytest.fixture
def picks() -> MemoryPickStore:
    """The picks of all users."""
    return MemoryPickStore()


@pytest.fixture
def stored_records() -> MemoryDirectory:
    """The records of all tenants."""
    return MemoryDirectory(50)


@pytest.fixture
async def client(
    bus: Bus,
    roles: list[Role],
    asking: list[Caller],
    picks: MemoryPickStore,
    stored_records: MemoryDirectory,
) -> AsyncIterator[httpx.AsyncClient]:
    """The routes of the directory, with a directory in memory."""

    async def ready() -> dict[str, Any]:
        return {"ready": True}

    security = SecurityLog(bus, utc_now, bus_settings("amqp://memory"))
    settings = MatcherSettings.model_construct(upload_max=100_000)
    directory, numbers_max = stored_records, settings.record_numbers_max
    finder = MatchFinder(Ranking(directory, picks), lambda _: TENANT)
    rematching = Rematching(finder, MemoryAnnouncements(), bus, utc_now)
    editing = Editing(directory, lambda _: TENANT, rematching, utc_now, numbers_max)
    api = DirectoryApi(directory, editing, security, settings)
    upsert = Upsert(directory, lambda _: TENANT, rematching, utc_now, numbers_max)
    stores = (directory, MemoryMerges(directory), picks)
    merger = Merger(*stores, editing, lambda _: TENANT, rematching, security, utc_now)
    routers = [
        MatchApi(finder, lambda _: TENANT).router,
        api.router,
        MergeApi(merger).router,
        UpsertApi(upsert, settings).router,
        PickApi(picks, finder, lambda _: TENANT, rematching, utc_now).router,
    ]
    app = http_app.build(
        "matcher",
        routers,
        checked_tokens(),
        write_limit(),
        read_limit(),
        security,
        65_536,
        ready,
        uploads={ROUTE: settings.upload_max},
    )
    app.dependency_overrides[caller] = lambda: asking[0] if asking else caller_of(roles[0])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made
