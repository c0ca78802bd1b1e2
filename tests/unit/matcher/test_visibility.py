"""The directory over HTTP for users who may not see every record of their tenant."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import KeyScope, Role
from softphone_common.contracts.events import NumbersMatched, RecordShared
from softphone_common.http.auth import Caller
from softphone_testing.until import until
from support.bus.buses import memory_bus, running

RECORDS = "/api/directory/records"
NUMBER = "089 99998501"
BIN = "/api/directory/recycle-bin"


def person(login: str, *teams: str, role: Role = "user") -> Caller:
    return Caller(
        user=f"id-{login}",
        tenant="acme",
        login=login,
        role=role,
        extensions=(),
        teams=teams,
        expires_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


def application(*scopes: KeyScope) -> Caller:
    key = person("api-key/boss", role="admin")
    return key.model_copy(update={"scopes": scopes})


BOSS, ANNA, BERT = person("boss", role="admin"), person("anna", "Sales"), person("bert", "Support")


class Directory:
    """The routes, asked by one caller or another."""

    def __init__(self, client: httpx.AsyncClient, callers: list[Caller]) -> None:
        self._client, self._callers = client, callers

    async def ask(
        self, who: Caller, method: str, path: str, json: Any = None, **query: str
    ) -> httpx.Response:
        self._callers[:] = [who]
        return await self._client.request(method, path, json=json, params=query)

    async def add(self, name: str, who: Caller = BOSS, **fields: str) -> dict[str, Any]:
        body = {"type": "contact", "name": name, "numbers": [{"number": NUMBER}], **fields}
        answer = await self.ask(who, "POST", RECORDS, body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def names(self, who: Caller, **query: str) -> list[str]:
        items = (await self.ask(who, "GET", RECORDS, **query)).json()["items"]
        return [item["name"] for item in items]

    async def matched(self, who: Caller) -> list[str]:
        answer = await self.ask(who, "GET", "/api/directory/matches", number=NUMBER)
        return [match["name"] for match in answer.json()["matches"]]


@pytest.fixture
def directory(client: httpx.AsyncClient, asking: list[Caller]) -> Directory:
    return Directory(client, asking)


@pytest.fixture
async def records(directory: Directory) -> dict[str, str]:
    """The ids of records with one number, by their names."""
    made = [
        await directory.add("All"),
        await directory.add("Boss only", visible_to="admins", owner="anna", team="Sales"),
        await directory.add("Own of Anna", visible_to="owner", owner="anna"),
        await directory.add("Sales", visible_to="team", team="Sales", owner="bert"),
        await directory.add("Unknown", visible_to="team", team="None has it"),
    ]
    return {record["name"]: record["id"] for record in made}


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (BOSS, ["All", "Boss only", "Own of Anna", "Sales", "Unknown"]),
        (ANNA, ["All", "Own of Anna", "Sales"]),
        (BERT, ["All", "Sales"]),
        (person("carl"), ["All"]),
        (application("directory:read"), ["All", "Boss only", "Own of Anna", "Sales", "Unknown"]),
        (application("admin"), ["All", "Boss only", "Own of Anna", "Sales", "Unknown"]),
        (application("calls:read"), ["All"]),
    ],
    ids=lambda value: value.login if isinstance(value, Caller) else "",
)
async def test_records_are_found_by_those_who_may_see_them(
    directory: Directory, records: dict[str, str], who: Caller, seen: list[str]
) -> None:
    assert await directory.names(who) == await directory.names(who, number=NUMBER) == seen
    assert await directory.names(who, q="9999 8501") == sorted(await directory.matched(who)) == seen
    assert await directory.names(who, owner="anna") == [n for n in seen if n[:3] in {"Own", "Bos"}]
    for name, record in records.items():
        found = await directory.names(who, q=name)
        assert found == ([name] if name in seen else [])
        for answer in (
            await directory.ask(who, "GET", f"{RECORDS}/{record}"),
            await directory.ask(who, "PATCH", f"{RECORDS}/{record}", {"note": "x"}),
        ):
            code = answer.json().get("code")
            assert (answer.status_code, code) == (
                (200, None) if name in seen else (404, "record-unknown")
            )


async def test_pages_have_each_visible_record_once(directory: Directory) -> None:
    sharing: list[dict[str, Any]] = [{}, {"visible_to": "admins"}]
    sharing.append({"visible_to": "team", "team": "Sales"})
    for n in range(9):
        await directory.add(f"Record {n}", **sharing[n % 3])
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        page = (await directory.ask(ANNA, "GET", RECORDS, limit="2", **more)).json()
        assert len(page["items"]) == 2
        seen += [item["name"] for item in page["items"]]
        cursor = page["next"]
    assert seen == [f"Record {n}" for n in range(9) if n % 3 != 1]


async def test_change_of_sharing_is_seen_at_once(directory: Directory) -> None:
    record = await directory.add("Huber")
    path = f"{RECORDS}/{record['id']}"
    await directory.ask(ANNA, "PATCH", path, {"visible_to": "owner", "owner": "anna"})
    assert await directory.names(BERT) == await directory.matched(BERT) == []
    assert await directory.names(ANNA) == await directory.matched(ANNA) == ["Huber"]
    await directory.ask(ANNA, "PATCH", path, {"visible_to": "everyone"})
    assert await directory.names(BERT) == await directory.matched(BERT) == ["Huber"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"visible_to": "admins"}, "visible_to"),
        ({"visible_to": "owner"}, "owner"),
        ({"visible_to": "owner", "owner": "bert"}, "owner"),
        ({"visible_to": "team", "team": "Support"}, "team"),
    ],
)
async def test_user_restricts_records_to_own_teams_only(
    directory: Directory, fields: dict[str, str], field: str
) -> None:
    record = await directory.add("Huber")
    new = {"type": "contact", "name": "New", **fields}
    for answer in (
        await directory.ask(ANNA, "PATCH", f"{RECORDS}/{record['id']}", fields),
        await directory.ask(ANNA, "POST", RECORDS, new),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "role-required")
        assert answer.json()["errors"][0]["field"] == field
    assert await directory.names(BERT) == ["Huber"]


async def test_user_takes_no_record_from_its_owner(directory: Directory) -> None:
    record = await directory.add("Huber", owner="bert")
    for changes in ({"owner": "anna"}, {"visible_to": "owner", "owner": "anna"}):
        answer = await directory.ask(ANNA, "PATCH", f"{RECORDS}/{record['id']}", changes)
        assert answer.status_code == 403
    answer = await directory.ask(ANNA, "PATCH", f"{RECORDS}/{record['id']}", {"note": "polite"})
    assert answer.status_code == 200


async def test_restored_record_is_seen_as_before(directory: Directory) -> None:
    record = await directory.add("Huber", visible_to="team", team="Sales")
    await directory.ask(BOSS, "DELETE", f"{RECORDS}/{record['id']}")
    assert (await directory.ask(ANNA, "GET", BIN)).status_code == 403
    await directory.ask(BOSS, "POST", f"{BIN}/{record['id']}/restore")
    assert (await directory.names(ANNA), await directory.names(BERT)) == (["Huber"], [])


async def test_source_opens_no_record_that_it_says_nothing_of(directory: Directory) -> None:
    sent: dict[str, Any] = {"source": "crm", "host_id": "1", "type": "lead", "name": "Huber"}
    sent |= {"owner": "anna"}

    async def put(**fields: str) -> None:
        answer = await directory.ask(BOSS, "PUT", RECORDS, {"items": [sent | fields]})
        assert not answer.json()["rejected"]

    await put()
    (record,) = (await directory.ask(BOSS, "GET", RECORDS)).json()["items"]
    await directory.ask(ANNA, "PATCH", f"{RECORDS}/{record['id']}", {"visible_to": "owner"})
    await put()
    await put(name="Huber-Maier")
    assert (await directory.names(ANNA), await directory.names(BERT)) == (["Huber-Maier"], [])
    await put(name="Huber-Maier", visible_to="everyone")
    assert await directory.names(BERT) == ["Huber-Maier"]


async def test_source_without_team_leaves_the_record_to_its_team(directory: Directory) -> None:
    sent: dict[str, Any] = {"source": "crm", "host_id": "1", "type": "lead", "name": "Huber"}

    async def put(**fields: str) -> dict[str, Any]:
        answer = await directory.ask(BOSS, "PUT", RECORDS, {"items": [sent | fields]})
        assert not answer.json()["rejected"]
        (record,) = (await directory.ask(BOSS, "GET", RECORDS)).json()["items"]
        return {name: record[name] for name in ("id", "visible_to", "team", "owner")}

    path = f"{RECORDS}/{(await put())['id']}"
    changes = {"visible_to": "team", "team": "Sales", "owner": "bert"}
    await directory.ask(BOSS, "PATCH", path, changes)
    for name in ("Huber", "Huber", "Huber-Maier"):
        record = await put(name=name)
        assert {field: record[field] for field in changes} == changes
        assert await directory.names(ANNA) == await directory.names(BERT) == [name]
    assert (await put(name="Huber-Maier", team=""))["team"] == "", "hidden by what was sent before"
    assert (await put(name="Huber-Maier", owner="anna"))["owner"] == "anna"
    record = await put(name="Huber-Maier", visible_to="everyone")
    assert (record["visible_to"], record["team"], record["owner"]) == ("everyone", "", "")


async def test_matches_say_who_may_see_them(
    directory: Directory, broker: MemoryBroker, bus: Bus
) -> None:
    received: list[NumbersMatched] = []
    other = memory_bus(broker, "calllog")

    async def keep(messages: Any) -> None:
        received.extend(messages)

    other.consume("calllog.number", NumbersMatched, keep)
    async with running(other):
        await directory.add("Huber", visible_to="team", team="Sales", owner="bert")
        await until(lambda: received, what="the matches of the number")
    (match,) = received[-1].lookups[0].matches
    assert (match.visible_to, match.owner, match.team) == ("team", "bert", "Sales")


async def test_older_calls_hear_who_may_see_a_record(
    directory: Directory, broker: MemoryBroker, bus: Bus
) -> None:
    received: list[RecordShared] = []
    other = memory_bus(broker, "calllog")

    async def keep(messages: Any) -> None:
        received.extend(messages)

    other.consume("calllog.record", RecordShared, keep)
    record = await directory.add("Huber")
    path = f"{RECORDS}/{record['id']}"
    sent: dict[str, Any] = {"source": "crm", "host_id": "1", "type": "lead", "name": "Berta"}
    async with running(other):
        for changes in (
            {"note": "polite"},
            {"owner": "anna"},
            {"visible_to": "owner"},
            {"visible_to": "team", "team": "Sales"},
        ):
            assert (await directory.ask(BOSS, "PATCH", path, changes)).status_code == 200
        for visible_to in ("everyone", "admins", "everyone"):
            item = sent | {"visible_to": visible_to}
            await directory.ask(BOSS, "PUT", RECORDS, {"items": [item]})
        await until(
            lambda: received[-1:] and received[-1].visible_to == "everyone", what="the last"
        )
    # before and after a restriction: a look-up in between has read who saw the record until then
    assert [(each.visible_to, each.owner, each.team) for each in received] == [
        ("owner", "anna", ""),
        ("owner", "anna", ""),
        ("team", "anna", "Sales"),
        ("admins", "", ""),
        ("admins", "", ""),
        ("everyone", "", ""),
    ]
    assert {each.record for each in received[:3]} == {record["id"]}


async def test_record_is_restricted_only_if_calls_can_hear_it(
    directory: Directory, broker: MemoryBroker
) -> None:
    record = await directory.add("Huber")
    path = f"{RECORDS}/{record['id']}"
    broker.stop()
    answer = await directory.ask(BOSS, "PATCH", path, {"visible_to": "admins"})
    assert answer.status_code == 503
    assert await directory.names(BERT) == ["Huber"]
