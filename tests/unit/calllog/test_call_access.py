"""Users read the calls of their own extensions, whichever way they look for them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from softphone_calllog.calls import CallStore
from softphone_calllog.history.readable_calls import ReadableCalls
from softphone_calllog.history.routes import CallApi, CommentInput
from softphone_calllog.search.query import CallQuery
from softphone_calllog.settings import CalllogSettings
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Comment, Role
from softphone_common.contracts.events import CommentSaved
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_common.stores.tenants import Tenants
from softphone_common.stores.users import UserCache
from softphone_testing.memory.accounts import MemoryUserStore
from softphone_testing.memory.calls import MemoryCallStore, MemoryCommentStore
from softphone_testing.until import until
from support.bus.buses import bus_settings, memory_bus, running
from support.observations import at
from support.store_contracts.calls import fact
from support.write_limits import rate_limiter

SETTINGS = CalllogSettings(**bus_settings("amqp://memory").model_dump())


def caller(role: Role = "user", tenant: str = "acme", *extensions: str) -> Caller:
    return Caller(
        user="anna",
        tenant=tenant,
        login="anna",
        role=role,
        extensions=extensions,
        expires_at=at(3600),
    )


ANNA = caller("user", "acme", "21", "23")
ADMIN = caller("admin")


@pytest.fixture
async def calls() -> CallStore:
    """Calls c21 and c22, each at the extension of its name, and a call of another tenant."""
    store = MemoryCallStore()
    await store.add(
        [
            fact("missed", 0, call="c21"),
            fact("missed", 1, call="c22", extension="22"),
            fact("missed", 2, call="other", tenant="other"),
        ]
    )
    return store


@pytest.fixture
def comments() -> MemoryCommentStore:
    return MemoryCommentStore()


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


@pytest.fixture
def api(broker: MemoryBroker, calls: CallStore, comments: MemoryCommentStore) -> CallApi:
    return api_of(calls, comments, memory_bus(broker, "calllog"))


def api_of(calls: CallStore, comments: MemoryCommentStore, bus: Bus) -> CallApi:
    database: Any = {"tenants": None}
    tenants, users = Tenants(database, bus, 60), UserCache(MemoryUserStore(), bus, 60)
    security = SecurityLog(bus, lambda: at(9), SETTINGS)
    limiter = rate_limiter()
    readable = ReadableCalls(calls, SETTINGS.page_max)
    return CallApi(
        calls, readable, comments, tenants, users, security, limiter, bus, lambda: at(9), SETTINGS
    )


async def listed(api: CallApi, who: Caller, extension: str | None = None) -> Sequence[str]:
    page = await api.list_calls(CallQuery.model_validate({"extension": extension}), who)
    return [call.id for call in page.items]


async def test_user_lists_calls_of_the_own_extensions_only(api: CallApi) -> None:
    assert await listed(api, ANNA) == ["c21"]
    assert await listed(api, ANNA, "21") == ["c21"]
    assert await listed(api, ANNA, "22") == []
    assert await listed(api, caller()) == []


async def test_cursor_of_another_desks_list_shows_no_time(api: CallApi, calls: CallStore) -> None:
    await calls.add([fact("missed", 3, call="another", extension="22")])
    query = CallQuery.model_validate({"extension": "22", "limit": 1})
    assert (await api.list_calls(query, ADMIN)).next is not None
    page = await api.list_calls(query, ANNA)
    assert (page.items, page.next) == ([], None)


async def test_administrator_lists_calls_of_the_tenant_only(api: CallApi) -> None:
    assert await listed(api, ADMIN) == ["c22", "c21"]
    assert await listed(api, ADMIN, "22") == ["c22"]


@pytest.mark.parametrize("call", ["c22", "other", "unknown"])
async def test_user_reads_calls_of_the_own_extensions_only(api: CallApi, call: str) -> None:
    assert (await api.show_call("c21", ANNA)).id == "c21"
    with pytest.raises(ProblemError) as reading:
        await api.show_call(call, ANNA)
    with pytest.raises(ProblemError) as writing:
        await api.add_comment(call, CommentInput(text="rings back"), ANNA)
    assert reading.value.code == writing.value.code == "call-unknown"


async def test_deleted_call_is_for_administrators(api: CallApi, calls: CallStore) -> None:
    await calls.delete("acme", "c21", "boss", at(8))
    assert (await api.show_call("c21", ADMIN)).id == "c21"
    with pytest.raises(ProblemError) as reading:
        await api.show_call("c21", ANNA)
    assert reading.value.code == "call-unknown"


async def test_comments_of_a_deleted_call_are_left_out(
    api: CallApi, calls: CallStore, comments: MemoryCommentStore
) -> None:
    await comment_on(comments, "c21", "c22")
    await calls.delete("acme", "c21", "boss", at(8))
    page = await api.list_comments(ADMIN, "r1")
    assert [comment.call for comment in page.items] == ["c22"]


async def test_user_lists_comments_of_readable_calls_only(
    api: CallApi, comments: MemoryCommentStore
) -> None:
    await comment_on(comments, "c21", "c22", "unknown")
    for who, readable in ((ANNA, ["c21"]), (ADMIN, ["c22", "c21"]), (caller(), [])):
        page = await api.list_comments(who, "r1")
        assert [comment.call for comment in page.items] == readable
    assert [comment.call for comment in (await api.list_comments(ADMIN, "r1", limit=1)).items] == [
        "c22"
    ]


async def test_user_finds_own_comments_behind_those_of_others(
    api: CallApi, comments: MemoryCommentStore
) -> None:
    await comment_on(comments, "c21", "c22")
    assert [comment.call for comment in (await api.list_comments(ANNA, "r1", limit=1)).items] == [
        "c21"
    ]


async def test_guest_of_a_call_reads_no_more_than_its_part(
    api: CallApi, calls: CallStore, comments: MemoryCommentStore
) -> None:
    """Neither in the list nor by a filter, the call itself or the comments of a record."""
    ring, guest = fact("ringing", 0, call="c"), fact("connected", 6, call="c", extension="23")
    seen = replace(guest.observation, by_shared_id=True, remote=None, device="d2")
    joined = guest.model_copy(update={"observation": seen})
    await calls.add([ring, joined, fact("ended", 9, call="c")])
    await comment_on(comments, "c", "c")
    bernd, clara = caller("user", "acme", "23"), caller("user", "acme", "21", "23")
    for who, number, seconds in ((bernd, "anonymous", [6]), (clara, "external", [5, 6])):
        shown = await api.show_call("c", who)
        page = await api.list_calls(CallQuery(), who)
        assert shown in page.items
        assert shown.remote.kind == number
        assert [comment.at for comment in shown.comments] == [at(each) for each in seconds]
        assert shown.comments_count == len(seconds)
        paged = await api.list_comments_of_call("c", who)
        assert [comment.at for comment in paged.items] == [at(each) for each in reversed(seconds)]
    assert await listed(api, bernd) == ["c"]
    before = CallQuery.model_validate({"to": at(6).isoformat()})
    assert (await api.list_calls(before, bernd)).items == []
    assert len((await api.list_calls(before, clara)).items) == 2
    assert (await api.list_comments(bernd, "r1")).items == []
    assert len((await api.list_comments(clara, "r1")).items) == 2
    await api.add_comment("c", CommentInput(text="here too"), bernd)


async def test_call_has_few_comments_in_lists_and_all_in_pages(
    api: CallApi, comments: MemoryCommentStore
) -> None:
    for number in range(SETTINGS.comments_max):
        await comments.add("acme", comment(f"k{number:03}", "c21", number))
    (in_list,) = (await api.list_calls(CallQuery.model_validate({}), ANNA)).items
    for call in (in_list, await api.show_call("c21", ANNA)):
        assert call.comments_count == SETTINGS.comments_max
        assert [each.id for each in call.comments] == ["k197", "k198", "k199"]
    page = await api.list_comments_of_call("c21", ANNA, limit=150)
    rest = await api.list_comments_of_call("c21", ANNA, cursor=page.next, limit=150)
    ids = [each.id for each in (*page.items, *rest.items)]
    assert ids == [f"k{number:03}" for number in range(199, -1, -1)]
    assert rest.next is None


async def test_call_with_too_many_comments_takes_no_more(
    broker: MemoryBroker, calls: CallStore, comments: MemoryCommentStore
) -> None:
    bus = memory_bus(broker, "calllog")
    api = api_of(calls, comments, bus)
    for number in range(SETTINGS.comments_max - 1):
        await comments.add("acme", comment(f"k{number}", "c21", number))
    async with running(bus):
        await api.add_comment("c21", CommentInput(text="the last"), ANNA)
        with pytest.raises(ProblemError) as error:
            await api.add_comment("c21", CommentInput(text="one more"), ANNA)
    assert (error.value.code, error.value.status) == ("comments-full", 409)


async def test_user_over_the_rate_of_comments_is_refused(
    broker: MemoryBroker, calls: CallStore
) -> None:
    bus = memory_bus(broker, "calllog")
    api = api_of(calls, MemoryCommentStore(), bus)
    async with running(bus):
        for _ in range(SETTINGS.comments_rate):
            await api.add_comment("c21", CommentInput(text="again"), ANNA)
        with pytest.raises(ProblemError) as error:
            await api.add_comment("c21", CommentInput(text="again"), ANNA)
    assert error.value.code == "rate-limit-exceeded"
    assert int(error.value.headers["Retry-After"]) > 0


async def test_comments_of_an_unreadable_call_are_not_paged(api: CallApi) -> None:
    with pytest.raises(ProblemError) as error:
        await api.list_comments_of_call("c22", ANNA)
    assert error.value.code == "call-unknown"


def comment(id_: str, call: str, seconds: int) -> Comment:
    return Comment(id=id_, call=call, text="rings back", author="u", at=at(seconds))


async def test_comment_on_a_deleted_call_is_sent_to_nobody(
    broker: MemoryBroker, calls: CallStore
) -> None:
    bus, browser = memory_bus(broker, "calllog"), memory_bus(broker, "notifier")
    sent: list[str] = []

    async def on_comment_saved(message: CommentSaved) -> None:
        sent.append(message.comment.call)

    browser.subscribe(CommentSaved, on_comment_saved, on_reconnect=lambda: None)
    api = api_of(calls, MemoryCommentStore(), bus)
    await calls.delete("acme", "c21", "boss", at(8))
    async with running(bus, browser):
        for call in ("c21", "c22"):
            await api.add_comment(call, CommentInput(text="rings back"), ADMIN)
        await until(lambda: "c22" in sent, what="the comment on the other call")
    assert sent == ["c22"]


async def comment_on(comments: MemoryCommentStore, *calls: str) -> None:
    for place, call in enumerate(calls):
        saved = Comment(
            id=f"{call}-{place}",
            call=call,
            text="rings back",
            author="u",
            at=at(5 + place),
            record="r1",
        )
        await comments.add("acme", saved)


@pytest.mark.parametrize("text", ["", "   ", "\u0000", "\n\t", "\u200b\u202e", "\u00a0"])
def test_comment_without_visible_characters_is_refused(text: str) -> None:
    with pytest.raises(ValidationError) as error:
        CommentInput(text=text)
    assert [each["type"] for each in error.value.errors()] == ["string_too_short"]


@pytest.mark.parametrize("text", [" a\n", "👍🏽", "?"])
def test_comment_is_kept_as_it_was_written(text: str) -> None:
    assert CommentInput(text=text).text == text
