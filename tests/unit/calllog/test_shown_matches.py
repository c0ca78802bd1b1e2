"""The records that a call shows: to each reader those that the reader may see."""

from dataclasses import replace
from typing import Any

import pytest

from softphone_calllog.calls import CallStore
from softphone_calllog.documents import call_fields
from softphone_calllog.history.readable_calls import ReadableCalls
from softphone_calllog.history.routes import CallApi, CommentInput
from softphone_calllog.search.query import CallQuery
from softphone_calllog.settings import CalllogSettings
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.call import CallJson
from softphone_common.contracts.entities import KeyScope, Role
from softphone_common.domain.matching import Match
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_common.stores.tenants import Tenants
from softphone_common.stores.users import UserCache
from softphone_testing.memory.accounts import MemoryUserStore
from softphone_testing.memory.calls import MemoryCallStore, MemoryCommentStore
from support.bus.buses import bus_settings, memory_bus
from support.observations import at
from support.store_contracts.calls import fact, matched, stored
from support.write_limits import rate_limiter

SETTINGS = CalllogSettings(**bus_settings("amqp://memory").model_dump())
ALL = Match("all", "contact", "Seen by all", "exact", "number")
OF_SALES = replace(ALL, record="sales", name="Vertrieb", visible_to="team", team="Sales")
OF_ANNA = replace(ALL, record="own", name="Privat", visible_to="owner", owner="anna")
OF_BOSS = replace(ALL, record="boss", name="Chefsache", visible_to="admins", owner="anna")
MATCHES = (OF_BOSS, OF_ANNA, OF_SALES, ALL)


def person(login: str, *teams: str, role: Role = "user", extension: str = "21") -> Caller:
    return Caller(
        user=f"id-{login}",
        tenant="acme",
        login=login,
        role=role,
        extensions=(extension,),
        teams=teams,
        expires_at=at(3600),
    )


def application(*scopes: KeyScope) -> Caller:
    return person("anna", "Sales", role="admin").model_copy(update={"scopes": scopes})


BOSS, ANNA, BERT = person("boss", role="admin"), person("anna"), person("bert", "Sales")
SEES = [
    (BOSS, ["boss", "own", "sales", "all"]),
    (ANNA, ["own", "all"]),
    (BERT, ["sales", "all"]),
    (person("carl", "Support"), ["all"]),
    (application("calls:read", "directory:read"), ["boss", "own", "sales", "all"]),
    (application("calls:read"), ["all"]),
]


@pytest.fixture
async def calls() -> CallStore:
    store = MemoryCallStore()
    await store.add([fact("missed", 0), matched(1, *MATCHES)])
    return store


@pytest.fixture
def api(calls: CallStore) -> CallApi:
    bus, database = memory_bus(MemoryBroker(), "calllog"), {"tenants": None}
    any_: Any = database
    tenants, users = Tenants(any_, bus, 60), UserCache(MemoryUserStore(), bus, 60)
    security = SecurityLog(bus, lambda: at(9), SETTINGS)
    readable, comments = ReadableCalls(calls, SETTINGS.page_max), MemoryCommentStore()
    more = (security, rate_limiter(), bus, lambda: at(9), SETTINGS)
    return CallApi(calls, readable, comments, tenants, users, *more)


def records(call: CallJson) -> list[str]:
    return [match.record for match in call.matches]


@pytest.mark.parametrize(("who", "seen"), SEES)
async def test_call_shows_the_records_of_its_reader(
    api: CallApi, who: Caller, seen: list[str]
) -> None:
    listed = (await api.list_calls(CallQuery(), who)).items
    assert records(await api.show_call("c1", who)) == seen
    assert [records(call) for call in listed] == [seen]


@pytest.mark.parametrize(("who", "seen"), SEES)
async def test_calls_of_a_record_are_for_those_who_see_it(
    api: CallApi, who: Caller, seen: list[str]
) -> None:
    for match in (*MATCHES, replace(ALL, record="unknown")):
        query = CallQuery(record=match.record, count=True)
        listed = await api.list_calls(query, who)
        assert bool(listed.items) == (listed.total == 1) == (match.record in seen)


async def test_calls_of_a_record_come_in_pages(api: CallApi, calls: CallStore) -> None:
    for second in (1, 2, 3):
        await calls.add([fact("missed", second, call=f"d{second}")])
        await calls.add([matched(5, *([] if second == 2 else [OF_ANNA]), call=f"d{second}")])
    query, found = CallQuery(record="own", limit=1), list[str]()
    while True:
        page = await api.list_calls(query, ANNA)
        found += [call.id for call in page.items]
        if page.next is None:
            break
        query = query.model_copy(update={"cursor": page.next})
    assert found == ["d3", "d1", "c1"]


async def test_calls_of_a_record_have_those_of_a_guest(api: CallApi, calls: CallStore) -> None:
    joined = fact("ringing", 5, extension="22")
    guest = replace(joined.observation, device="d2", by_shared_id=True)
    await calls.add([joined.model_copy(update={"observation": guest})])
    carl = person("carl", extension="22")
    shown = {
        match.record: bool((await api.list_calls(CallQuery(record=match.record), carl)).items)
        for match in MATCHES
    }
    assert shown == {"boss": False, "own": False, "sales": False, "all": True}


async def test_own_pick_is_first_for_its_reader(api: CallApi, calls: CallStore) -> None:
    picked = replace(ALL, record="x", picks=1, picked_by=("id-bert", "id-anna"))
    await calls.add([matched(2, ALL, OF_SALES, picked)])
    assert records(await api.show_call("c1", BERT)) == ["x", "all", "sales"]
    assert records(await api.show_call("c1", BOSS)) == ["all", "sales", "x"]
    shown = [await api.show_call("c1", who) for who in (ANNA, BOSS, person("carl"))]
    named = [match.picked_by for call in shown for match in call.matches if match.picked_by]
    assert named == [("id-anna",)]


async def test_guest_is_shown_own_records_only(api: CallApi, calls: CallStore) -> None:
    joined = fact("ringing", 5, extension="22")
    guest = replace(joined.observation, device="d2", by_shared_id=True)
    await calls.add([joined.model_copy(update={"observation": guest})])
    carl = person("carl", extension="22")
    assert records(await api.show_call("c1", carl)) == ["all"]


async def test_deleted_call_shows_all_to_administrators(api: CallApi) -> None:
    await api.delete_call("c1", BOSS)
    assert [records(call) for call in (await api.list_deleted(BOSS)).items] == [
        ["boss", "own", "sales", "all"]
    ]
    assert records(await api.restore_call("c1", BOSS)) == ["boss", "own", "sales", "all"]


@pytest.mark.parametrize(("who", "seen"), [row for row in SEES if row[0].scopes is None])
async def test_comment_is_saved_to_records_that_are_shown(
    api: CallApi, who: Caller, seen: list[str]
) -> None:
    for match in MATCHES:
        comment = CommentInput(text="Ruft zurück", record=match.record)
        if match.record in seen:
            await api.add_comment("c1", comment, who)
            continue
        with pytest.raises(ProblemError) as error:
            await api.add_comment("c1", comment, who)
        assert error.value.code == "record-not-matched"


@pytest.mark.parametrize("who", [BOSS, ANNA, BERT])
async def test_call_is_found_by_names_that_all_may_see(api: CallApi, who: Caller) -> None:
    found = {
        text: bool((await api.list_calls(CallQuery.model_validate({"q": text}), who)).items)
        for text in ("seen", "chefsache", "privat", "vertrieb")
    }
    assert found == {"seen": True, "chefsache": False, "privat": False, "vertrieb": False}


async def test_call_is_stored_for_0_1_0_with_what_all_may_see(calls: CallStore) -> None:
    fields = call_fields(await stored(calls))
    assert [match["record"] for match in fields["matches"]] == ["all"]
    assert [match["record"] for match in fields["lookups"][0]["matches"]] == [
        match.record for match in MATCHES
    ]
