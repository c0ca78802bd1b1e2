"""The call list is searched by text, people, days and results, within what a caller may read."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from softphone_calllog.calls import CallStore
from softphone_calllog.history.readable_calls import ReadableCalls
from softphone_calllog.history.routes import TOTAL_MAX, CallApi, CallList, CommentInput
from softphone_calllog.search.query import CallQuery
from softphone_calllog.settings import CalllogSettings
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.call import CallUser
from softphone_common.contracts.entities import Role, Tenant, User
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_common.stores.tenants import Tenants
from softphone_common.stores.users import UserCache
from softphone_testing.memory.accounts import MemoryUserStore
from softphone_testing.memory.calls import MemoryCallStore, MemoryCommentStore
from support.bus.buses import bus_settings, memory_bus, running
from support.observations import OTHER_CALLER, at
from support.store_contracts.call_search import LATER, RESULTS, add_results, guest
from support.store_contracts.calls import MATCH, fact, matched
from support.write_limits import rate_limiter

SETTINGS = CalllogSettings(**bus_settings("amqp://memory").model_dump(), comment_max=500)
USERS = (
    User(id="u1", tenant="acme", login="anna", name="Anna Albrecht", extensions=("21",)),
    User(id="u2", tenant="acme", login="bernd", extensions=("22", "23")),
    User(id="u3", tenant="acme", login="gone", extensions=("22",), active=False),
    User(id="u4", tenant="other", login="anna", extensions=("22",)),
)


def caller(role: Role, *extensions: str) -> Caller:
    return Caller(
        user="u1",
        tenant="acme",
        login="anna",
        role=role,
        extensions=extensions,
        expires_at=at(9999),
    )


ANNA, BERND = caller("user", "21"), caller("user", "22", "23")
ADMIN = caller("admin", "21")


@pytest.fixture
def calls() -> CallStore:
    return MemoryCallStore()


@pytest.fixture
async def api(calls: CallStore) -> AsyncIterator[CallApi]:
    bus, database = memory_bus(MemoryBroker(), "calllog"), {"tenants": None}
    store: Any = database
    tenants, users = Tenants(store, bus, 60), UserCache(MemoryUserStore(), bus, 60)
    tenants.apply(Tenant(id="acme", name="ACME", time_zone="Europe/Berlin"))
    for user in USERS:
        users.apply(user)
    security, comments = SecurityLog(bus, lambda: LATER, SETTINGS), MemoryCommentStore()
    async with running(bus):
        yield CallApi(
            calls,
            ReadableCalls(calls, SETTINGS.page_max),
            comments,
            tenants,
            users,
            security,
            rate_limiter(),
            bus,
            lambda: LATER,
            SETTINGS,
        )


async def page_of(api: CallApi, who: Caller, **parameters: Any) -> CallList:
    return await api.list_calls(CallQuery.model_validate(parameters), who)


async def found(api: CallApi, who: Caller, **parameters: Any) -> list[str]:
    return sorted(call.id for call in (await page_of(api, who, **parameters)).items)


async def test_user_searches_own_calls_only(api: CallApi, calls: CallStore) -> None:
    await calls.add([fact("missed", 0), fact("missed", 1, call="c2", extension="22")])
    await calls.add([matched(2, MATCH, call="c1"), matched(2, MATCH, call="c2")])
    for who, ids in ((ANNA, ["c1"]), (BERND, ["c2"]), (ADMIN, ["c1", "c2"])):
        for text in ("Huber", "089 9999"):
            assert await found(api, who, q=text) == ids
            assert (await page_of(api, who, q=text, count=True)).total == len(ids)


async def test_comment_is_found_by_its_text(api: CallApi, calls: CallStore) -> None:
    await calls.add([fact("missed", 0), fact("missed", 1, call="c2")])
    await api.add_comment("c2", CommentInput(text="Schickt Angebot bis Freitag"), ANNA)
    assert await found(api, ANNA, q="angebot") == ["c2"]


async def test_comment_has_the_name_of_its_author(api: CallApi, calls: CallStore) -> None:
    await calls.add([fact("missed", 0)])
    comment = await api.add_comment("c1", CommentInput(text="Ruft zurück"), ANNA)
    assert (comment.author, comment.author_name) == ("anna", "Anna Albrecht")


async def test_recycle_bin_is_searched_as_the_list_is(api: CallApi, calls: CallStore) -> None:
    await calls.add([fact("missed", 0), fact("missed", 1, call="c2"), matched(2, MATCH)])
    for call in ("c1", "c2"):
        await api.delete_call(call, ADMIN)
    assert [call.id for call in (await api.list_deleted(ADMIN, "erika")).items] == ["c1"]
    with pytest.raises(ProblemError) as error:
        await api.list_deleted(ADMIN, "x")
    assert error.value.code == "search-too-short"


async def test_guest_finds_no_number_of_the_others(api: CallApi, calls: CallStore) -> None:
    """Neither as an item nor as a number of results."""
    await calls.add([fact("ringing", 0), guest("connected", 6, "23", "c1"), matched(2, MATCH)])
    await calls.add_comment_keys("acme", "c1", "Bittet um Rückruf")
    for text in ("8001", "Huber", "rückruf"):
        page = await page_of(api, BERND, q=text, count=True)
        assert (page.items, page.total, page.more_than_total) == ([], 0, False)
        assert (await page_of(api, ANNA, q=text, count=True)).total == 1
    assert (await page_of(api, BERND, count=True)).total == 1


async def test_comments_are_listed_by_number(api: CallApi, calls: CallStore) -> None:
    await calls.add([fact("missed", 0), fact("missed", 1, call="c2", extension="22")])
    await calls.add([fact("missed", 2, call="c3", remote=OTHER_CALLER)])
    for call in ("c1", "c2", "c3"):
        await api.add_comment(call, CommentInput(text=f"on {call}"), ADMIN)
    for who, texts in ((ADMIN, {"on c1", "on c2"}), (ANNA, {"on c1"}), (BERND, {"on c2"})):
        page = await api.list_comments(who, number="089 99998001")
        assert {comment.text for comment in page.items} == texts
    assert len((await api.list_comments(ADMIN, number="+498999998001", limit=1)).items) == 1
    assert (await api.list_comments(ADMIN, "r1", "089 99998001")).items == []


async def test_guest_lists_no_comments_by_number(api: CallApi, calls: CallStore) -> None:
    await calls.add([fact("ringing", 0), guest("connected", 6, "23", "c1")])
    await api.add_comment("c1", CommentInput(text="theirs"), ANNA)
    assert (await api.list_comments(BERND, number="089 99998001")).items == []


async def test_comments_need_a_record_or_a_number(api: CallApi) -> None:
    with pytest.raises(ProblemError) as error:
        await api.list_comments(ANNA)
    assert [each["field"] for each in error.value.errors] == ["record"]


async def test_latest_calls_with_a_number_are_listed(api: CallApi, calls: CallStore) -> None:
    await calls.add([fact("missed", second, call=f"c{second}") for second in range(6)])
    await calls.add([fact("missed", 9, call="other", remote=OTHER_CALLER)])
    page = await page_of(api, ANNA, number="+498999998001", limit=3)
    assert [call.id for call in page.items] == ["c5", "c4", "c3"]


@pytest.mark.parametrize("text", ["a", "1", "+", "é x"])
async def test_search_too_short_is_refused(api: CallApi, text: str) -> None:
    with pytest.raises(ProblemError) as error:
        await page_of(api, ANNA, q=text)
    assert (error.value.status, error.value.errors[0]["field"]) == (422, "q")
    assert error.value.code == "search-too-short"


async def test_empty_search_lists_all_calls(api: CallApi, calls: CallStore) -> None:
    await calls.add([fact("missed", 0)])
    assert await found(api, ANNA, q="  ") == ["c1"]


async def test_results_are_those_of_the_reader(api: CallApi, calls: CallStore) -> None:
    await add_results(calls)
    page = await page_of(api, ADMIN)
    assert {call.id: [call.result] for call in page.items} == RESULTS
    for who, result in ((ADMIN, "answered_elsewhere"), (BERND, "answered")):
        assert (await api.show_call("elsewhere", who)).result == result
    assert await found(api, ANNA, result=["no_end_signal", "unanswered"]) == ["dialed", "silent"]
    assert await found(api, BERND, result=["answered"]) == ["elsewhere", "others"]
    assert await found(api, BERND, result=["answered_elsewhere"]) == ["answered"]


async def test_legs_name_the_users_of_their_extensions(api: CallApi, calls: CallStore) -> None:
    await calls.add([fact("ringing", 0, extension=x) for x in ("21", "22", "29")])
    call = await api.show_call("c1", ANNA)
    assert call.users == (
        CallUser(extension="21", id="u1", name="Anna Albrecht"),
        CallUser(extension="22", id="u2", name="bernd"),
    )


async def test_calls_are_listed_by_person(api: CallApi, calls: CallStore) -> None:
    await calls.add([fact("missed", 0, call=f"c{x}", extension=x) for x in ("21", "22", "23")])
    assert await found(api, ADMIN, user="u2") == ["c22", "c23"]
    assert await found(api, ADMIN, user="u2", extension="23") == ["c23"]
    assert await found(api, ADMIN, mine=True) == ["c21"]
    assert await found(api, ADMIN, mine=True, user="u2") == []
    assert await found(api, ANNA, user="u2") == []
    assert await found(api, BERND, user="u2", mine=True) == ["c22", "c23"]
    for unknown in ("u3", "u4", "nobody"):
        with pytest.raises(ProblemError) as error:
            await page_of(api, ADMIN, user=unknown)
        assert (error.value.code, error.value.errors[0]["field"]) == ("user-unknown", "user")


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        # midnight of 2026-03-02 in Berlin is 23:00 UTC of the day before
        ({"from": "2026-03-02"}, ["first", "last", "noon", "tomorrow"]),
        ({"to": "2026-03-02"}, ["before", "first", "last", "noon"]),
        ({"from": "2026-03-02", "to": "2026-03-02"}, ["first", "last", "noon"]),
        ({"to": "2026-03-01"}, ["before"]),
        ({"from": "2026-03-02T09:00:00Z", "to": "2026-03-02"}, ["last", "noon"]),
        ({"to": "2026-03-02T10:00:00+01:00"}, ["before", "first"]),
    ],
)
async def test_days_are_those_of_the_tenant(
    api: CallApi, calls: CallStore, parameters: dict[str, str], ids: list[str]
) -> None:
    hours = {"before": -10.01, "first": -10, "noon": 0, "last": 13.99, "tomorrow": 14}
    await calls.add([fact("missed", hour * 3600, call=call) for call, hour in hours.items()])
    assert await found(api, ADMIN, **parameters) == ids


@pytest.mark.parametrize("text", ["2026-02-30", "yesterday", "2026-3-2", "20260302", "1772442000"])
def test_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError) as error:
        CallQuery.model_validate({"from": text})
    assert [(each["type"], each["loc"]) for each in error.value.errors()] == [
        ("timestamp-invalid", ("from",))
    ]


@pytest.mark.parametrize("parameters", [{"from": "0001-01-01"}, {"to": "9999-12-31"}])
async def test_day_out_of_range_names_its_field(api: CallApi, parameters: dict[str, str]) -> None:
    with pytest.raises(ProblemError) as error:
        await page_of(api, ANNA, **parameters)
    assert error.value.code == "timestamp-out-of-range"
    assert [each["field"] for each in error.value.errors] == list(parameters)


async def test_call_list_says_how_long_a_comment_may_be(api: CallApi) -> None:
    limit = (await page_of(api, ANNA)).comment_max
    assert limit == SETTINGS.comment_max != CalllogSettings.model_fields["comment_max"].default
    with pytest.raises(ProblemError, match=f"longer than {limit} characters"):
        await api.add_comment("c1", CommentInput(text="x" * (limit + 1)), ANNA)


async def test_results_are_counted_up_to_a_limit(api: CallApi, calls: CallStore) -> None:
    await calls.add([fact("missed", n, call=f"c{n}") for n in range(TOTAL_MAX)])
    page = await page_of(api, ANNA, count=True, limit=1)
    assert (page.total, page.more_than_total) == (TOTAL_MAX, False)
    await calls.add([fact("missed", 0, call="more", remote=OTHER_CALLER)])
    page = await page_of(api, ANNA, count=True, limit=1)
    assert (page.total, page.more_than_total) == (TOTAL_MAX, True)
    assert page.next is not None
    assert (await page_of(api, ANNA, count=True, cursor=page.next)).total is None
    assert (await page_of(api, ANNA)).total is None
