"""Direct lines of a company suggest the number of its exchange, which nothing uses before that."""

import httpx

from unit.matcher.test_routes import RECORDS

COMPANY = {"source": "crm", "host_id": "1", "type": "organization", "name": "Huber GmbH"}


async def found(client: httpx.AsyncClient, number: str) -> list[str]:
    """The names of the records that a call of the number would show."""
    answer = await client.get("/api/directory/matches", params={"number": number})
    return [match["name"] for match in answer.json()["matches"]]


LINES = [{"number": f"089 99998-{line}"} for line in (12, 34, 56)]


async def test_company_of_several_direct_lines_gets_a_proposal(client: httpx.AsyncClient) -> None:
    body = {"type": "organization", "name": "Huber GmbH", "numbers": LINES}
    path = f"{RECORDS}/{(await client.post(RECORDS, json=body)).json()['id']}"
    (proposal,) = (await client.get(path)).json()["proposed_ranges"]
    lines = ["+49899999812", "+49899999834", "+49899999856"]
    number = {"number": "+49 89 99998-0", "extension_digits": 2}
    assert proposal == {"range": "+498999998xx", "lines": lines, **number}
    assert await found(client, "089 99998-78") == [], "it is not assumed"
    await client.patch(path, json={"numbers": [*LINES, number]})
    assert (await client.get(path)).json()["proposed_ranges"] == []
    assert await found(client, "089 99998-78") == ["Huber GmbH"]


async def test_proposal_that_was_dismissed_does_not_come_back(client: httpx.AsyncClient) -> None:
    body = {"type": "organization", "name": "Huber GmbH", "numbers": LINES}
    path = f"{RECORDS}/{(await client.post(RECORDS, json=body)).json()['id']}"
    dismissed = await client.patch(path, json={"dismissed_ranges": ["+498999998xx"]})
    assert dismissed.status_code == 200
    await client.patch(path, json={"name": "Huber AG"})
    shown = (await client.get(path)).json()
    assert (shown["proposed_ranges"], shown["dismissed_ranges"]) == ([], ["+498999998xx"])
    refused = await client.patch(path, json={"dismissed_ranges": ["089"]})
    assert refused.status_code == 422


async def test_person_of_several_direct_lines_gets_no_proposal(client: httpx.AsyncClient) -> None:
    body = {"type": "contact", "name": "Huber", "numbers": LINES}
    path = f"{RECORDS}/{(await client.post(RECORDS, json=body)).json()['id']}"
    assert (await client.get(path)).json()["proposed_ranges"] == []


async def test_source_that_sends_again_keeps_what_was_dismissed(
    client: httpx.AsyncClient,
) -> None:
    sent = COMPANY | {"numbers": LINES}
    await client.put(RECORDS, json={"items": [sent]})
    (record,) = (await client.get(RECORDS)).json()["items"]
    path = f"{RECORDS}/{record['id']}"
    await client.patch(path, json={"dismissed_ranges": ["+498999998xx"]})
    await client.put(RECORDS, json={"items": [sent | {"name": "Huber AG"}]})
    shown = (await client.get(path)).json()
    assert (shown["name"], shown["proposed_ranges"]) == ("Huber AG", [])
