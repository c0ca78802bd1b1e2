"""The size of what one request becomes, whatever it contains."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from softphone_common.bus.envelope import MESSAGE_MAX
from softphone_common.contracts.events import CallObserved, HitSeen
from softphone_common.domain.numbers.normalise import RAW_MAX
from softphone_ingest.hit_log.hit_json import BODY_SHOWN_MAX
from softphone_ingest.mapping.request import HitRequest
from support.stack.memory_ingest import MemoryIngest, memory_ingest

REQUEST_MAX = 64 * 1024


@pytest.fixture
async def ingest(tmp_path: Path) -> AsyncIterator[MemoryIngest]:
    async with memory_ingest(tmp_path) as made:
        yield made


def largest() -> HitRequest:
    """A list of 100 members whose common number takes the rest of the body."""
    fields = {
        "event": "newCall",
        "direction": "in",
        "from": "0" * (REQUEST_MAX - 1500),
        "to": "4989999980",
        "callId": "x" * 250,
        "user": [f"{n:03}" for n in range(100)],
    }
    return HitRequest.parse(
        "POST / HTTP/1.1\ncontent-type: application/json\n\n" + json.dumps(fields)
    )


LONG = "0" * (REQUEST_MAX - 1500)
SHAPES = {
    "query": ("GET", f"number={LONG}&called={LONG[:9000]}", "", b""),
    "form": ("POST", "", "application/x-www-form-urlencoded", f"number={LONG}".encode()),
    "json": ("POST", "", "application/json", json.dumps({"number": LONG}).encode()),
    "xml": ("POST", "", "text/xml", f"<call><number>{LONG}</number></call>".encode()),
    "multipart": (
        "POST",
        "",
        "multipart/form-data; boundary=b",
        f'--b\r\nContent-Disposition: form-data; name="number"\r\n\r\n{LONG}\r\n--b--'.encode(),
    ),
}
ANY = {"number": "any.number", "called": "any.called", "extension": {"value": "21"}}


@pytest.mark.parametrize("shape", SHAPES)
async def test_hit_of_any_shape_becomes_small(ingest: MemoryIngest, shape: str) -> None:
    method, query, kind, body = SHAPES[shape]
    ingest.configure(mapping={"fields": ANY})
    await ingest.send(HitRequest(method, "/ringing", query, {"content-type": kind}, body, ""))
    (observation,) = ingest.observed()
    message = CallObserved(tenant="acme", observation=observation)
    assert len(message.model_dump_json()) < 2048
    assert observation.remote is not None
    assert len(observation.remote.raw) <= RAW_MAX
    assert observation.called is None or len(observation.called.raw) <= RAW_MAX
    await ingest.recorder.settled()
    (hit,) = (await ingest.store.latest("acme", "d1", None, 1, ingest.now)).items
    assert len(hit.request.body) <= BODY_SHOWN_MAX
    assert [len(event.number or "") for event in hit.events] == [RAW_MAX]
    seen = len(HitSeen(tenant="acme", hit=hit).model_dump_json())
    assert seen < len(query) + BODY_SHOWN_MAX + 4096


async def test_hit_of_the_largest_request_is_small(ingest: MemoryIngest) -> None:
    ingest.configure(preset="zammad")
    request = largest()
    await ingest.send(request)
    observations = ingest.observed()
    assert len(observations) == 100
    for observation in observations:
        message = CallObserved(tenant="acme", observation=observation)
        assert len(message.model_dump_json()) < 4096
    await ingest.recorder.settled()
    page = await ingest.store.latest("acme", "d1", None, 1, ingest.now)
    (hit,) = page.items
    assert len(hit.events) == 100
    assert len(HitSeen(tenant="acme", hit=hit).model_dump_json()) < MESSAGE_MAX / 4
    assert len(request.body) < REQUEST_MAX
