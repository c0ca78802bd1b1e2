"""Calls as reported by users of real phones: which hits are one call, and what it shows.

A case has the preset of one device or of several, and a hit of the second begins with `@2`.
"""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from softphone_common.domain.call import Call, fold
from softphone_common.domain.call_view import CallView, view
from softphone_ingest.mapping.request import HitRequest
from support.stack.memory_ingest import NOW, MemoryIngest, memory_ingest

DATA = Path(__file__).parents[3] / "data"
LINES = (DATA / "field_cases_calls.jsonl").read_text("utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]


@pytest.fixture
async def ingest(tmp_path: Path) -> AsyncIterator[MemoryIngest]:
    async with memory_ingest(tmp_path) as made:
        yield made


def request_of(hit: str) -> HitRequest:
    """A path, a query, or the line of a text body."""
    if ";" in hit and not hit.startswith("?"):
        return HitRequest.parse(f"POST / HTTP/1.1\ncontent-type: text/plain\n\n{hit}")
    return HitRequest.parse(hit if hit.startswith("?") else f"/{hit}")


def shown(call: CallView) -> dict[str, Any]:
    """The fields that cases look at."""
    names = ("phase", "outcome", "name", "extension", "answered_by", "talk_seconds", "ended_at")
    return {"remote": call.remote.e164, **{name: getattr(call, name) for name in names}}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
async def test_calls_of_the_field(ingest: MemoryIngest, case: dict[str, Any]) -> None:
    presets = [case["preset"]] if isinstance(case["preset"], str) else case["preset"]
    ingest.configure(preset=presets[0])
    for n, preset in enumerate(presets[1:], 2):
        ingest.add_device(f"d{n}", f"key{n}", preset=preset)
    calls: dict[str, Call] = {}
    for seconds, step, *expected in case["steps"]:
        ingest.now = NOW + timedelta(seconds=seconds)
        key, hit = (f"key{step[1]}", step[3:]) if step.startswith("@") else ("key", step)
        result = await ingest.send(request_of(hit), key)
        assert result.call_id is not None
        for observation in ingest.observed():
            call = calls.get(observation.call_id, Call(observation.call_id))
            calls[observation.call_id] = fold(call, observation)
        for fields in expected:
            assert fields.items() <= shown(view(calls[result.call_id])).items()
    assert len(calls) == case["calls"]
