"""A hit in the inspector repeats no secret of its request, neither as a reason nor in an event."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from softphone_common.contracts.hit import HitJson
from softphone_common.http.problem import ProblemError
from softphone_ingest.mapping.request import HitRequest
from support.stack.memory_ingest import MemoryIngest, memory_ingest

SECRET = "s3cret-of-a-phone"


@pytest.fixture
async def ingest(tmp_path: Path) -> AsyncIterator[MemoryIngest]:
    async with memory_ingest(tmp_path) as made:
        yield made


async def kept(ingest: MemoryIngest, request: str) -> HitJson:
    """The hit of the request as the inspector shows it."""
    with suppress(ProblemError):
        await ingest.send(HitRequest.parse(request))
    await ingest.recorder.settled()
    page = await ingest.store.latest("acme", "d1", None, 1, ingest.now)
    return page.items[0]


@pytest.mark.parametrize("token", [SECRET, SECRET.replace("s", "%73"), "ab"])
async def test_reason_of_a_refused_hit_names_no_secret(ingest: MemoryIngest, token: str) -> None:
    ingest.configure(mapping={"fields": {"event": [{"from": "query.token"}]}})
    hit = await kept(ingest, f"GET /?token={token}&extension=21&number=089")
    assert (hit.code, hit.params) == ("event-unknown", {"event": "***"})
    assert hit.why == "'***' is not an event this device knows"
    assert SECRET not in hit.model_dump_json()


async def test_event_with_a_secret_as_its_field_hides_it(ingest: MemoryIngest) -> None:
    ingest.configure(mapping={"fields": {"name": [{"from": "query.token"}]}})
    hit = await kept(ingest, f"GET /ringing?token={SECRET}&extension=21&number=08999998001")
    assert hit.outcome == "accepted"
    assert hit.events[0].name == "***"
    assert SECRET not in hit.model_dump_json()


async def test_call_id_with_the_name_of_a_secret_is_shown(ingest: MemoryIngest) -> None:
    ingest.configure(mapping={"fields": {"call_id": [{"from": "query.session"}]}})
    hit = await kept(ingest, "GET /ringing?session=a84b4c-76e6&extension=21&number=08999998001")
    assert hit.events[0].call_id == "a84b4c-76e6"
    assert "session=a84b4c-76e6" in hit.request.query
