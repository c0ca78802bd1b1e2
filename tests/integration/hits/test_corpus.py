"""Sends every recorded request of every sender through the running services."""

import asyncio
import http.client
import json
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from softphone_testing.until import until
from support.paths import DATA
from support.product import Json
from support.stack.installation import Installation
from support.tenant.company import Company

RECORDED = DATA / "requests.jsonl"
ROWS: list[Json] = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def phones() -> dict[str, Json]:
    """The devices made so far, by preset and number profile."""
    return {}


async def device_for(
    installation: Installation, company: Company, row: Json, phones: dict[str, Json]
) -> Json:
    numbers = {"region": row["region"], **row.get("ctx", {})}
    made_of = json.dumps([row["client"], numbers])
    if made_of not in phones:
        fields = {"name": row["client"], "preset": row["client"], "numbers": numbers}
        phones[made_of] = await installation.post("/api/devices", company.admin.token, fields)
    return phones[made_of]


def send_recorded(url: str, key: str, row: Json) -> tuple[int, str, bytes]:
    """Status, type and body of the answer to a request, sent as recorded apart from the key."""
    before, _, after = row["path_query"].partition("/in/T0KEN/")
    _, slash, rest = _cut(after)
    headers = {**row["headers"], "X-Row": row["id"]}
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    with closing(connection):
        connection.request(
            row["method"], f"{before}/hit/{key}{slash}{rest}", row["body"].encode(), headers
        )
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read()


def _cut(path_query: str) -> tuple[str, str, str]:
    """Splits the preset's short name from the rest at the first `/` or `?`."""
    ends = [path_query.find(mark) for mark in "/?" if mark in path_query]
    end = min(ends, default=len(path_query))
    return path_query[:end], path_query[end : end + 1], path_query[end + 1 :]


def as_recorded(event: Json) -> tuple[Any, ...]:
    """The event in the form of the recording's expectation."""
    remote = event["remote"]
    party = None if remote is None else remote["e164"] or remote["kind"]
    return event["event"], event["direction"], event["extension"], party, event["call_id"]


async def has_leg(installation: Installation, company: Company, event: Json) -> bool:
    """Whether the log shows the call at this extension, besides extensions of earlier hits."""
    logged = await installation.logged(company.admin.token, event["call"])
    return event["extension"] in [leg["extension"] for leg in logged["legs"]]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
async def test_recorded_request_yields_the_expected_events(
    installation: Installation, company: Company, phones: dict[str, Json], row: Json
) -> None:
    device = await device_for(installation, company, row, phones)
    status, _, body = await asyncio.to_thread(send_recorded, installation.url, device["key"], row)
    expected = row["expect"]
    if row["method"] == "HEAD":
        assert status == 204
        return
    path = f"/api/devices/{device['id']}/hits"

    async def seen() -> Json:
        hits = (await installation.get(path, company.admin.token, limit=200))["items"]
        mine = [hit for hit in hits if hit["request"]["headers"].get("x-row") == row["id"]]
        assert mine, "the inspector does not list it yet"
        first: Json = mine[0]
        return first

    hit = await until(seen, what=f"{row['id']} in the inspector")
    assert device["key"] not in json.dumps(hit)
    if expected["event"] is None:
        assert hit["events"] == []
        refused = row["body"].startswith('{"ev":"ringing","n":0')
        assert (hit["outcome"], status) == (("refused", 422) if refused else ("ignored", status))
        assert refused or 200 <= status < 300
        return
    assert 200 <= status < 300, body
    assert (hit["outcome"], hit["status"]) == ("accepted", status)
    wanted = expected["extension"]
    extensions = wanted if isinstance(wanted, list) else [wanted]
    assert [as_recorded(event) for event in hit["events"]] == [
        (
            expected["event"],
            expected["direction"],
            extension,
            expected["remote"],
            expected["call_id"],
        )
        for extension in extensions
    ]
    for event in hit["events"]:
        await installation.logged(company.admin.token, event["call"])
        if event["extension"] is not None:
            await until(partial(has_leg, installation, company, event), what="its leg in the log")
