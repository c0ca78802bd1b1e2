"""The records that hits show, to administrators and to the keys of applications."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from softphone_common.contracts.entities import KeyScope
from softphone_common.contracts.events import CallMatched
from softphone_common.domain.matching import Match
from softphone_common.http.auth import Caller
from softphone_common.stores.tenants import Tenants
from softphone_ingest.inspector.routes import InspectorApi, InspectorLimits
from softphone_testing.memory.devices import MemoryDeviceStore
from support.observations import at
from support.stack.memory_ingest import MemoryIngest, memory_ingest
from support.write_limits import rate_limiter

ALL = Match("all", "contact", "Seen by all", "exact", "number")
OF_BOSS = replace(ALL, record="boss", visible_to="admins")
NUMBER = "+498999998001"


@pytest.fixture
async def ingest(tmp_path: Path) -> AsyncIterator[MemoryIngest]:
    async with memory_ingest(tmp_path) as made:
        yield made


def caller(*scopes: KeyScope) -> Caller:
    """An administrator, or the key of an application with these scopes."""
    return Caller(
        user="u1",
        tenant="acme",
        login="boss",
        role="admin",
        extensions=(),
        scopes=scopes or None,
        expires_at=at(3600),
    )


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (caller(), ["all", "boss"]),
        (caller("hits:read", "directory:read"), ["all", "boss"]),
        (caller("hits:read"), []),
    ],
)
async def test_hit_shows_the_records_of_its_reader(
    ingest: MemoryIngest, who: Caller, seen: list[str]
) -> None:
    devices, store = MemoryDeviceStore(), {"tenants": None}
    database: Any = store
    await devices.add(ingest.device)
    tenants, limits = Tenants(database, ingest.bus, 60), InspectorLimits(9, 50, 9999)
    api = InspectorApi(ingest.inspector, devices, tenants, rate_limiter(), limits, "")
    await ingest.get("/ringing?extension=21&number=08999998001")
    (observation,) = ingest.observed()
    message = CallMatched(
        tenant="acme",
        call_id=observation.call_id,
        number=NUMBER,
        matches=(ALL, OF_BOSS),
        matched_at=at(1),
    )
    await ingest.inspector.on_call_matched([message])
    (hit,) = (await api.list_hits("d1", who)).items
    assert [match.record for match in hit.events[0].matches] == seen
