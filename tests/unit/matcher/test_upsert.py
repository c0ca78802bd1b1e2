"""Records of an application, sent in any number and as often as it likes."""

import json
from typing import Any

import httpx
import pytest

RECORDS = "/api/directory/records"
HUBER: dict[str, Any] = {
    "source": "crm",
    "host_id": "17",
    "type": "contact",
    "name": "Huber, Maria",
    "numbers": [{"number": "089 99998401", "label": "work"}],
    "organization": "Huber GmbH",
    "organization_host_id": "90",
}


async def put(client: httpx.AsyncClient, *items: Any) -> Any:
    """The counts of created, updated and unchanged records, and the rejections."""
    result = (await client.put(RECORDS, json={"items": items})).json()
    counts = tuple(result[name] for name in ("created", "updated", "unchanged"))
    return *counts, [(each["index"], each["field"], each["code"]) for each in result["rejected"]]


async def listed(client: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get(RECORDS, params=query)).json()["items"]
    return items


async def test_records_are_added_replaced_and_left_alone(client: httpx.AsyncClient) -> None:
    berta = HUBER | {"host_id": "18", "name": "Berta"}
    assert await put(client, HUBER, berta) == (2, 0, 0, [])
    assert await put(client, HUBER, berta) == (0, 0, 2, [])
    assert await put(client, HUBER | {"name": "Huber-Maier"}, berta) == (0, 1, 1, [])
    assert [record["name"] for record in await listed(client)] == ["Berta", "Huber-Maier"]
    (found,) = await listed(client, q="9998401 maier")
    assert found["numbers"][0]["keys"] == ["+498999998401"]
    assert (found["source"], found["host_id"], found["changed_by"]) == ("crm", "17", "anna")
    assert found["version"] == 2


async def test_one_host_id_twice_in_a_request_is_one_record(client: httpx.AsyncClient) -> None:
    assert await put(client, HUBER, HUBER | {"name": "Later"}) == (1, 0, 0, [])
    assert [record["name"] for record in await listed(client)] == ["Later"]


async def test_host_ids_of_two_sources_are_two_records(client: httpx.AsyncClient) -> None:
    assert await put(client, HUBER, HUBER | {"source": "other"}) == (2, 0, 0, [])


async def test_organisation_may_be_sent_later(client: httpx.AsyncClient) -> None:
    organization = {"source": "crm", "host_id": "90", "type": "organization", "name": "Huber GmbH"}
    await put(client, HUBER, organization)
    (person,), (company,) = [await listed(client, type=t) for t in ("contact", "organization")]
    assert person["organization_record"] == company["id"]


async def test_refused_records_are_named_and_others_kept(client: httpx.AsyncClient) -> None:
    items = [
        HUBER,
        {**HUBER, "host_id": ""},
        {"source": "crm", "host_id": "19", "type": "person", "name": ""},
        "text",
        {**HUBER, "host_id": "20", "numbers": [{"number": "089 99998402"}] * 51},
        {**HUBER, "host_id": "21", "phone": "089 99998403"},
        {**HUBER, "host_id": "22"},
    ]
    result = (await client.put(RECORDS, json={"items": items})).json()
    assert (result["created"], result["rejected_records"]) == (2, 5)
    assert [(r["index"], r["host_id"], r["field"], r["code"]) for r in result["rejected"]] == [
        (1, "", "host_id", "string-too-short"),
        (2, "19", "type", "literal-error"),
        (2, "19", "name", "string-too-short"),
        (3, "", "item", "model-type"),
        (4, "20", "numbers", "items-too-many"),
        (5, "21", "phone", "extra-forbidden"),
    ]


async def test_lines_are_taken_as_items_are(client: httpx.AsyncClient) -> None:
    lines = [json.dumps(HUBER), "", "{broken", json.dumps(HUBER | {"host_id": "18"}) + "\r"]
    headers = {"Content-Type": "application/x-ndjson; charset=utf-8"}
    answer = await client.put(RECORDS, content="\n".join(lines), headers=headers)
    result = answer.json()
    assert (result["created"], result["rejected_records"]) == (2, 1)
    assert [(each["index"], each["code"]) for each in result["rejected"]] == [(1, "json-invalid")]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ("{", "body", "json-invalid"),
        ("[]", "items", "missing"),
        ('{"items": {}}', "items", "missing"),
        ("[" * 30_000, "body", "json-invalid"),
    ],
)
async def test_body_without_items_is_refused(
    client: httpx.AsyncClient, body: str, field: str, code: str
) -> None:
    refused = await client.put(RECORDS, content=body)
    assert refused.status_code == 422
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [(field, code)]


async def test_larger_bodies_than_others_are_taken_up_to_a_limit(
    client: httpx.AsyncClient,
) -> None:
    items = [HUBER | {"host_id": str(number), "note": "x" * 800} for number in range(80)]
    assert await put(client, *items) == (80, 0, 0, [])
    refused = await client.put(RECORDS, json={"items": items * 2})
    assert (refused.status_code, refused.json()["code"]) == (413, "body-too-large")


async def test_sent_record_is_removed_by_its_host_id(client: httpx.AsyncClient) -> None:
    await put(client, HUBER, HUBER | {"host_id": "18", "name": "Berta"})
    query = {"source": "crm", "host_id": "17"}
    assert (await client.delete(RECORDS, params=query)).status_code == 204
    assert [record["name"] for record in await listed(client)] == ["Berta"]
    again = await client.delete(RECORDS, params=query)
    assert (again.status_code, again.json()["code"]) == (404, "record-unknown")
    for missing in ({}, {"source": "crm"}, {"source": "crm", "host_id": ""}):
        assert (await client.delete(RECORDS, params=missing)).status_code == 422
    assert await put(client, HUBER) == (0, 1, 0, [])


async def test_what_a_person_changed_the_source_changes_back(client: httpx.AsyncClient) -> None:
    await put(client, HUBER)
    (record,) = await listed(client)
    await client.patch(f"{RECORDS}/{record['id']}", json={"name": "Typo"})
    assert await put(client, HUBER) == (0, 1, 0, [])
    await client.delete(f"{RECORDS}/{record['id']}")
    assert await put(client, HUBER) == (0, 1, 0, [])
    assert [each["name"] for each in await listed(client)] == ["Huber, Maria"]
