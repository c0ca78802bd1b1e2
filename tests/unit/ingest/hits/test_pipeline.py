"""The way of a hit without a server: what is published, what is answered, what is logged."""

import hmac
import inspect
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import softphone_ingest
from softphone_common.contracts.hit import HitJson
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.http.problem import ProblemError
from softphone_common.process.secret_hash import hash_secret
from softphone_ingest.hits.pipeline import HitResult
from softphone_ingest.mapping.parsed_event import ParsedEvent
from softphone_ingest.mapping.request import HitRequest
from support.stack.memory_ingest import TENANT, MemoryIngest, memory_ingest

RING = "/ringing?extension=21&number=08999998001&call_id=A"
FILES_MAX = 22


@pytest.fixture
async def ingest(tmp_path: Path) -> AsyncIterator[MemoryIngest]:
    async with memory_ingest(tmp_path, hits=5, wrong_keys=2) as made:
        yield made


async def logged(ingest: MemoryIngest) -> HitJson:
    """The latest hit of the log."""
    return (await ingest.inspector.latest(ingest.device, None, 1)).items[0]


async def refused(ingest: MemoryIngest, path: str, key: str = "key") -> ProblemError:
    with pytest.raises(ProblemError) as error:
        await ingest.get(path, key)
    assert ingest.observed() == []
    return error.value


async def test_hit_is_published_answered_and_logged(ingest: MemoryIngest) -> None:
    result = await ingest.get(RING)
    (observation,) = ingest.observed()
    assert result == HitResult(observation.call_id, None)
    assert (observation.phase, observation.extension) == ("ringing", "21")
    assert (observation.external_id, observation.device) == ("A", "d1")
    assert (observation.at, observation.identity) == (ingest.now, "phone")
    hit = await logged(ingest)
    assert (hit.outcome, hit.status, hit.device) == ("accepted", 202, "d1")
    (event,) = hit.events
    assert (event.call, event.call_id, event.number) == (observation.call_id, "A", "08999998001")
    assert event.remote == observation.remote == normalise("08999998001", TENANT.numbers)


async def test_click_is_joined_by_its_call(ingest: MemoryIngest) -> None:
    resolver = ingest.inspector._resolver
    remote = normalise("08999998001", TENANT.numbers)
    await resolver.expect("acme", "21", remote, "clicked")
    result = await ingest.get(RING.replace("ringing", "dialed"))
    assert result.call_id == "clicked"
    (observation,) = ingest.observed()
    assert observation.identity == "click"


async def test_ring_of_a_number_rings_at_all_its_extensions(ingest: MemoryIngest) -> None:
    ingest.configure(preset="placetel", extensions={"08999998000": "31, 32"})
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = b"event=IncomingCall&direction=in&from=08999998062&to=08999998000&call_id=c"
    result = await ingest.send(HitRequest("POST", "", "", form, body, ""))
    observations = ingest.observed()
    assert [each.extension for each in observations] == ["31", "32"]
    assert {each.call_id for each in observations} == {result.call_id}


async def test_request_that_is_no_event_is_ignored(ingest: MemoryIngest) -> None:
    ingest.configure(mapping={"fields": {"event": [{"value": "ignore"}]}})
    assert await ingest.get(RING) == HitResult(None, None)
    assert ingest.observed() == []
    assert (await logged(ingest)).outcome == "ignored"


async def test_unreadable_hit_is_refused_with_its_field(ingest: MemoryIngest) -> None:
    error = await refused(ingest, "/flying?extension=21&number=1")
    assert (error.status, error.code) == (422, "event-unknown")
    hit = await logged(ingest)
    assert (hit.outcome, hit.status, hit.field) == ("refused", 422, "event")


async def test_inactive_tenant_is_refused(ingest: MemoryIngest) -> None:
    ingest.now += timedelta(days=366)
    assert (await refused(ingest, RING)).code == "tenant-code-expired"
    ingest.tenant = TENANT.model_copy(update={"active": False})
    assert (await refused(ingest, RING)).code == "tenant-switched-off"
    assert (await logged(ingest)).status == 403


async def test_unknown_keys_never_cost_a_device_its_hits(ingest: MemoryIngest) -> None:
    statuses = [(await refused(ingest, RING, "strange")).status for _ in range(4)]
    assert statuses == [404, 404, 429, 429]
    for _ in range(5):
        await ingest.get(RING)
    assert len(ingest.observed()) == 5
    assert (await refused(ingest, RING)).status == 429


async def test_local_time_is_that_of_the_tenant(ingest: MemoryIngest) -> None:
    ingest.tenant = TENANT.model_copy(update={"time_zone": "America/New_York"})
    await ingest.get(f"{RING}&time=02.03.2026+03:59:58")
    (event,) = (await logged(ingest)).events
    assert event.time == datetime(2026, 3, 2, 8, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize(("off", "noted"), [(-301, True), (-299, False), (299, False), (301, True)])
async def test_time_far_from_the_arrival_is_noted(
    ingest: MemoryIngest, off: int, noted: bool
) -> None:
    moment = ingest.now + timedelta(seconds=off)
    await ingest.get(f"{RING}&time={moment:%Y-%m-%dT%H:%M:%SZ}")
    (event,) = (await logged(ingest)).events
    assert [(n.field, n.code) for n in event.notes] == [("time", "time-not-close")] * noted
    (observation,) = ingest.observed()
    assert observation.at == (ingest.now if noted or off > 0 else moment)


async def test_signature_is_checked_before_the_content(ingest: MemoryIngest) -> None:
    ingest.configure(preset="placetel", secret_sealed=ingest.seal.encrypt("12345"))
    body = b"event=nonsense"
    good = hmac.new(b"12345", body, "sha256").hexdigest()
    headers = {"content-type": "application/x-www-form-urlencoded"}

    async def code(signature: str) -> str:
        signed = {**headers, "x-placetel-signature": signature}
        with pytest.raises(ProblemError) as error:
            await ingest.send(HitRequest("POST", "", "", signed, body, ""))
        return error.value.code

    assert await code("wrong") == "signature-wrong"
    assert await code(good) == "event-unknown"


async def test_hit_is_refused_while_its_secret_is_unreadable(ingest: MemoryIngest) -> None:
    ingest.configure(preset="placetel", secret_sealed="sealed with another key")
    assert (await refused(ingest, RING)).code == "device-secret-unreadable"
    assert ingest.observed() == []


@pytest.mark.parametrize("event", ["ringing", "flying"])
async def test_key_and_secret_in_a_request_are_not_logged(ingest: MemoryIngest, event: str) -> None:
    key, secret = "key-of-the-desk", "secret-of-the-desk"
    ingest.configure(key_hash=hash_secret(key), secret_sealed=ingest.seal.encrypt(secret))
    headers = {"user-agent": f"phone/{secret}", "referer": f"https://pbx.example/hit/{key}"}
    query, body = f"extension=21&number=1&user={secret}", f"{key} {secret}".encode()
    with suppress(ProblemError):
        await ingest.send(HitRequest("POST", f"/{event}/{key}", query, headers, body, ""), key)
    hit = await logged(ingest)
    stored = await ingest.store.get("acme", "d1", hit.id)
    assert stored is not None
    assert (hit.outcome == "accepted") == (event == "ringing")
    for text in (hit.model_dump_json(), repr(stored.request)):
        assert "***" in text
        assert key not in text
        assert secret not in text


async def test_secret_in_a_broken_head_is_not_logged(ingest: MemoryIngest) -> None:
    secret = "secret-of-the-desk"
    ingest.configure(secret_sealed=ingest.seal.encrypt(secret))
    request = HitRequest("GET", "/ringing", f"number=1&user={secret}", {}, b"", "")
    with pytest.raises(ProblemError):
        await ingest.pipeline.refuse("key", request, ProblemError("hit-head-broken"))
    assert (await logged(ingest)).request.query == "number=1&user=***"


async def test_hit_goes_to_the_spool_while_the_broker_is_away(ingest: MemoryIngest) -> None:
    ingest.broker.stop()
    result = await ingest.get(RING)
    assert result.call_id
    assert ingest.observed() == []
    assert (await logged(ingest)).outcome == "accepted"


async def test_hit_passes_few_files(ingest: MemoryIngest) -> None:
    """Counts the files of ingest whose functions run before the broker has confirmed."""
    root = Path(inspect.getfile(softphone_ingest)).parent
    files: set[str] = set()

    def trace(frame: FrameType, event: str, arg: Any) -> None:
        path = Path(frame.f_code.co_filename)
        # functions that dataclasses generate have no file
        if path.is_relative_to(root) and not ingest.broker.ready("calllog.call"):
            files.add(path.relative_to(root).as_posix())

    sys.setprofile(trace)
    try:
        await ingest.get(RING)
    finally:
        sys.setprofile(None)
    assert "identity/resolver.py" in files
    # the route, and in place of the memory of the test the one in Redis
    touched = files | {"hits/routes.py", "identity/redis_memory.py"}
    assert len(touched) <= FILES_MAX, sorted(touched)


def test_parsed_event_has_the_senders_id_only() -> None:
    assert "external_id" in ParsedEvent.__slots__
    assert "call_id" not in ParsedEvent.__slots__


async def test_unreadable_member_is_noted_at_the_accepted_hit(ingest: MemoryIngest) -> None:
    fields = {"extension": "each.x", "event": "each.e", "number": "any.number"}
    ingest.configure(mapping={"each": "json", "fields": fields})
    body = b'[{"x": "21", "e": "ringing"}, {"x": "22", "e": "?"}]'
    await ingest.send(HitRequest("POST", "", "number=08999998001", {}, body, ""))
    (hit,) = (await ingest.inspector.latest(ingest.device, None, 1)).items
    (note,) = hit.unread
    assert (hit.outcome, hit.field, note.field, note.code) == (
        *("accepted", None),
        *("each.1.event", "event-unknown"),
    )
    assert [event.extension for event in hit.events] == ["21"]
    assert len(ingest.observed()) == 1
