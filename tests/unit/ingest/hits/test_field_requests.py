"""Requests as phones really write them, from the field, become the calls that they mean.

A line of `data/field_cases_requests.jsonl` has the whole request, one character for each byte, and
what its event must have; `event` is null for a request that must not become a call.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from softphone_common.contracts.hit import EventJson
from softphone_common.edge.hit_head import mend
from softphone_common.http.problem import ProblemError
from softphone_ingest.mapping.request import HitRequest
from support.paths import DATA
from support.stack.memory_ingest import memory_ingest

LINES = (DATA / "field_cases_requests.jsonl").read_text("utf-8").splitlines()
ROWS: list[dict[str, Any]] = [json.loads(line) for line in LINES]


def request(text: str) -> HitRequest:
    """The request as the route reads it, after the server has mended its head."""
    mended = mend(text.encode("latin-1"))
    assert mended is not None
    text = mended.decode("latin-1")
    head, _, body = text.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.removeprefix("/hit/{key}").partition("?")
    pairs = [line.partition(": ") for line in lines]
    headers = {name.lower(): value for name, _, value in pairs}
    return HitRequest(method, path, query, headers, body.encode("latin-1"), "192.0.2.21")


def values(event: EventJson) -> dict[str, Any]:
    """The fields of the event, and those of its number by their own names."""
    fields = event.model_dump()
    return {**fields, **(fields["remote"] or {})}


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
async def test_a_request_from_the_field_is_read(row: dict[str, Any], tmp_path: Path) -> None:
    async with memory_ingest(tmp_path) as ingest:
        ingest.configure(preset=row["preset"])
        with suppress(ProblemError):
            await ingest.send(request(row["request"]))
        (hit,) = (await ingest.inspector.latest(ingest.device, None, 5)).items
        if row["event"] is None:
            assert hit.status in row["status"]
            assert ingest.observed() == []
            return
        (event,) = hit.events
        assert {name: values(event)[name] for name in row["event"]} == row["event"]
