"""Two records become one over HTTP: who may do it, what follows, and what restoring means."""

from typing import Any

import httpx
import pytest

from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.events import NumbersMatched, RecordShared
from softphone_common.http.auth import Caller
from softphone_testing.memory.directory import MemoryPickStore
from softphone_testing.until import until
from support.bus.buses import memory_bus, running
from support.observations import at
from unit.matcher.test_visibility import ANNA, BERT, BIN, BOSS, RECORDS, Directory, person

OTHER_NUMBER = "089 99998502"
KEY = "+498999998501"


@pytest.fixture
def directory(client: httpx.AsyncClient, asking: list[Caller]) -> Directory:
    return Directory(client, asking)


async def merge(
    directory: Directory, kept: str, other: str, who: Caller = BOSS, **more: Any
) -> httpx.Response:
    path, body = f"{RECORDS}/{kept}/merge", {"other": other, **more}
    return await directory.ask(who, "POST", path, body)


async def show(directory: Directory, record: str, who: Caller = BOSS) -> dict[str, Any]:
    answer = await directory.ask(who, "GET", f"{RECORDS}/{record}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    del shown["proposed_ranges"]
    return shown


async def put(directory: Directory, *items: dict[str, Any]) -> tuple[int, int, int]:
    """How many records of the CRM are created, updated and unchanged."""
    answer = await directory.ask(BOSS, "PUT", RECORDS, {"items": items})
    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert result["rejected_records"] == 0, result
    return result["created"], result["updated"], result["unchanged"]


def row(host_id: str, name: str, number: str, **more: Any) -> dict[str, Any]:
    own = {"source": "crm", "host_id": host_id, "type": "lead", "name": name}
    return {**own, "numbers": [{"number": number}], **more}


HUBER, MAIER = row("1", "Huber", "089 99998501"), row("2", "Huber, E.", OTHER_NUMBER)


async def sent(directory: Directory, name: str) -> dict[str, Any]:
    """The record of this name."""
    items = (await directory.ask(BOSS, "GET", RECORDS)).json()["items"]
    (found,) = (item for item in items if item["name"] == name)
    record: dict[str, Any] = found
    return record


async def two_rows(directory: Directory) -> tuple[str, str]:
    """The ids of two records of the CRM."""
    assert await put(directory, HUBER, MAIER) == (2, 0, 0)
    return (await sent(directory, "Huber"))["id"], (await sent(directory, "Huber, E."))["id"]


async def test_merged_record_has_both_and_the_other_is_in_the_bin(directory: Directory) -> None:
    kept = await directory.add("Huber", note="Kunde")
    other = await directory.add("Huber, E.", note="Vormittags", address="Gasse 1")
    answer = await merge(directory, kept["id"], other["id"])
    assert answer.status_code == 200, answer.text
    record, dropped = answer.json()["record"], answer.json()["dropped"]
    assert (record["id"], record["note"], record["address"]) == (
        kept["id"],
        "Kunde\nVormittags",
        "Gasse 1",
    )
    assert dropped == [{"field": "name", "value": "Huber, E."}]
    assert answer.headers["ETag"] == f'"{record["version"]}"'
    assert await show(directory, kept["id"]) == record
    assert await directory.names(BOSS) == await directory.matched(BOSS) == ["Huber"]
    (binned,) = (await directory.ask(BOSS, "GET", BIN)).json()["items"]
    assert (binned["id"], binned["merged_into"]) == (other["id"], kept["id"])
    # the id of the other one leads to the record, and changes reach it
    assert await show(directory, other["id"]) == record
    path = f"{RECORDS}/{other['id']}"
    changed = (await directory.ask(BOSS, "PATCH", path, {"address": "Gasse 2"})).json()
    assert (changed["id"], changed["address"]) == (kept["id"], "Gasse 2")


async def test_chosen_values_are_those_of_the_other_record(directory: Directory) -> None:
    kept, other = await directory.add("Huber"), await directory.add("Huber, E.", type="lead")
    answer = await merge(directory, kept["id"], other["id"], take=["name"])
    assert (answer.json()["record"]["name"], answer.json()["record"]["type"]) == (
        "Huber, E.",
        "contact",
    )
    refused = await merge(directory, kept["id"], other["id"], take=["visible_to"])
    assert refused.status_code == 422


async def test_repeated_merge_changes_nothing(directory: Directory) -> None:
    kept, other = await directory.add("Huber"), await directory.add("Huber, E.")
    first = (await merge(directory, kept["id"], other["id"])).json()["record"]
    again = await merge(directory, kept["id"], other["id"], other_version=1)
    assert (again.status_code, again.json()) == (200, {"record": first, "dropped": []})


async def test_merge_of_changed_records_is_refused(
    directory: Directory, client: httpx.AsyncClient
) -> None:
    kept, other = await directory.add("Huber"), await directory.add("Huber, E.")
    await directory.ask(BOSS, "PATCH", f"{RECORDS}/{other['id']}", {"address": "Gasse 2"})
    assert (await merge(directory, kept["id"], other["id"], other_version=1)).status_code == 412
    path, body = f"{RECORDS}/{kept['id']}/merge", {"other": other["id"], "other_version": 2}
    old = await client.post(path, json=body, headers={"If-Match": '"9"'})
    assert (old.status_code, old.json()["code"]) == (412, "record-changed")
    assert await directory.names(BOSS) == ["Huber", "Huber, E."]
    new = await client.post(path, json=body, headers={"If-Match": '"1"'})
    assert new.status_code == 200


async def test_record_is_not_merged_with_what_is_not_there(directory: Directory) -> None:
    kept, hidden = await directory.add("Huber"), await directory.add("X", visible_to="admins")
    for other, who, status, code in (
        (kept["id"], BOSS, 422, "record-merged-with-itself"),
        ("unknown", BOSS, 404, "record-unknown"),
        (hidden["id"], ANNA, 404, "record-unknown"),
    ):
        answer = await merge(directory, kept["id"], other, who)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    answer = await merge(directory, hidden["id"], kept["id"], ANNA)
    assert (answer.status_code, answer.json()["code"]) == (404, "record-unknown")
    assert await directory.names(BOSS) == ["Huber", "X"]


async def test_merged_record_is_seen_by_those_who_saw_both(directory: Directory) -> None:
    kept = await directory.add("Huber")
    other = await directory.add("Huber, E.", visible_to="team", team="Sales", owner="carl")
    assert (await merge(directory, kept["id"], other["id"])).status_code == 200
    assert await directory.names(ANNA) == await directory.matched(ANNA) == ["Huber"]
    assert await directory.names(BERT) == await directory.matched(BERT) == []
    for record in (kept, other):
        assert (await directory.ask(BERT, "GET", f"{RECORDS}/{record['id']}")).status_code == 404


async def test_user_merges_no_record_that_others_decide_about(directory: Directory) -> None:
    both = person("eva", "Sales", "Support")
    sales = await directory.add("Sales", visible_to="team", team="Sales")
    support = await directory.add("Support", visible_to="team", team="Support")
    of_carl = await directory.add("Carl's", owner="carl")
    of_dora = await directory.add("Dora's", owner="dora")
    for kept, other in ((sales, support), (of_carl, sales), (of_carl, of_dora)):
        answer = await merge(directory, kept["id"], other["id"], both)
        assert (answer.status_code, answer.json()["code"]) == (403, "role-required")
    assert len(await directory.names(BOSS)) == 4
    answer = await merge(directory, sales["id"], support["id"])
    assert answer.json()["record"]["visible_to"] == "admins"
    open_ = await directory.add("Open")
    assert (await merge(directory, of_carl["id"], open_["id"], both)).status_code == 200


async def test_source_changes_the_record_and_makes_no_second_one(directory: Directory) -> None:
    await put(directory, MAIER)
    other = await sent(directory, "Huber, E.")
    kept = await directory.add("Huber", note="Von Hand")
    await merge(directory, kept["id"], other["id"])
    assert await put(directory, MAIER) == (0, 0, 1)
    moved = row("2", "Huber, E.", "089 99998599", address="Gasse 1")
    assert await put(directory, moved) == (0, 1, 0)
    record = await show(directory, kept["id"])
    assert [each["number"] for each in record["numbers"]] == ["089 99998501", "089 99998599"]
    assert (record["name"], record["note"], record["address"]) == ("Huber", "Von Hand", "Gasse 1")
    assert record["rows"] == [{"source": "crm", "host_id": "2"}]
    assert await put(directory, moved) == (0, 0, 1)
    assert await directory.names(BOSS) == ["Huber"]


async def test_source_with_both_rows_does_not_flip_flop(directory: Directory) -> None:
    kept, other = await two_rows(directory)
    answer = await merge(directory, kept, other, take=["name"])
    record = answer.json()["record"]
    for items in ((HUBER, MAIER), (MAIER, HUBER), (HUBER,)):
        assert await put(directory, *items) == (0, 0, len(items))
        assert await show(directory, kept) == record
    renamed = row("1", "Huber-Neu", "089 99998501")
    assert await put(directory, renamed, MAIER) == (0, 1, 1)
    assert (await show(directory, kept))["name"] == "Huber, E.", "as it was chosen"
    changed = row("1", "Huber-Neu", "089 99998503"), row("2", "Huber, Eva", "089 99998504")
    assert await put(directory, *changed) == (0, 2, 0)
    record = await show(directory, kept)
    assert [each["number"] for each in record["numbers"]] == ["089 99998503", "089 99998504"]
    assert record["name"] == "Huber, Eva"
    assert await put(directory, *changed) == (0, 0, 2)
    assert await directory.names(BOSS) == ["Huber, Eva"]


async def test_chain_of_merges_follows_all_sources(directory: Directory) -> None:
    first, second = await two_rows(directory)
    third = (await directory.add("Third"))["id"]
    assert (await merge(directory, second, first)).status_code == 200
    assert (await merge(directory, third, second)).status_code == 200
    assert (await show(directory, first))["id"] == third
    assert await put(directory, HUBER, MAIER) == (0, 0, 2)
    assert await put(directory, row("1", "Huber", "089 99998505")) == (0, 1, 0)
    record = await show(directory, third)
    assert "089 99998505" in [each["number"] for each in record["numbers"]]
    # by the id of a part the whole is merged
    fourth = (await directory.add("Fourth"))["id"]
    assert (await merge(directory, first, fourth)).json()["record"]["id"] == third


async def test_restored_record_is_one_of_its_own_again(directory: Directory) -> None:
    kept, other = await two_rows(directory)
    await merge(directory, kept, other)
    restored = await directory.ask(BOSS, "POST", f"{BIN}/{other}/restore")
    assert (restored.status_code, restored.json()["merged_into"]) == (200, "")
    assert await directory.names(BOSS) == ["Huber", "Huber, E."]
    record = await show(directory, kept)
    assert len(record["numbers"]) == 2, "the record that stayed keeps what it has got"
    assert record["rows"] == [{"source": "crm", "host_id": "1"}]
    assert await put(directory, HUBER, row("2", "Huber, Eva", OTHER_NUMBER)) == (0, 1, 1)
    assert await directory.names(BOSS) == ["Huber", "Huber, Eva"]
    again = await merge(directory, kept, other)
    assert (again.status_code, await directory.names(BOSS)) == (200, ["Huber"])


async def test_record_goes_with_the_last_of_its_rows(directory: Directory) -> None:
    kept, other = await two_rows(directory)
    await merge(directory, kept, other)

    async def remove(host_id: str) -> int:
        query = {"source": "crm", "host_id": host_id}
        return (await directory.ask(BOSS, "DELETE", RECORDS, **query)).status_code

    assert [await remove("1"), await remove("1")] == [204, 404]
    assert await directory.names(BOSS) == ["Huber"]
    assert await remove("2") == 204
    assert await directory.names(BOSS) == []
    assert await put(directory, MAIER) == (0, 1, 0)
    assert await directory.names(BOSS) == ["Huber"]


async def test_record_of_a_person_stays_without_its_rows(directory: Directory) -> None:
    await put(directory, MAIER)
    other, kept = await sent(directory, "Huber, E."), await directory.add("Huber")
    await merge(directory, kept["id"], other["id"])
    query = {"source": "crm", "host_id": "2"}
    assert (await directory.ask(BOSS, "DELETE", RECORDS, **query)).status_code == 204
    assert await directory.names(BOSS) == ["Huber"]


async def test_calls_hear_of_a_merge(
    directory: Directory, broker: MemoryBroker, bus: Bus, picks: MemoryPickStore
) -> None:
    received: list[RecordShared] = []
    numbers: set[str] = set()
    other_bus = memory_bus(broker, "calllog")

    async def keep(messages: Any) -> None:
        received.extend(messages)

    async def keep_numbers(messages: Any) -> None:
        numbers.update(each.number for message in messages for each in message.lookups)

    other_bus.consume("calllog.record", RecordShared, keep)
    other_bus.consume("calllog.number", NumbersMatched, keep_numbers)
    empty = {"type": "contact", "name": "Huber"}
    kept = (await directory.ask(BOSS, "POST", RECORDS, empty)).json()
    other = await directory.add("Huber, E.", visible_to="team", team="Sales")
    await picks.pick("acme", "u1", KEY, other["id"], at(1))
    async with running(other_bus):
        await merge(directory, kept["id"], other["id"])
        await until(lambda: received[-1:] and received[-1].merged, what="the merge")
        await until(lambda: KEY in numbers, what="the number of both")
    (*before, last) = received
    assert {(each.record, each.visible_to, each.team) for each in before} == {
        (kept["id"], "team", "Sales")
    }
    assert before[0].at < last.at, "hidden before it has anything of the other"
    assert last.merged is not None
    assert (last.record, last.merged.record, last.team) == (other["id"], kept["id"], "Sales")
    assert (await picks.of("acme", [KEY]))[KEY][kept["id"]].count == 1


async def test_nothing_is_merged_while_calls_can_not_hear_it(
    directory: Directory, broker: MemoryBroker
) -> None:
    kept = await directory.add("Huber")
    other = await directory.add("Huber, E.", visible_to="admins")
    broker.stop()
    assert (await merge(directory, kept["id"], other["id"])).status_code == 503
    assert await directory.names(BOSS) == ["Huber", "Huber, E."]
    assert await directory.names(ANNA) == ["Huber"]
