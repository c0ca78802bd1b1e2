"""Pages of the call list over HTTP show a guest only what its part of a call shows."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from softphone_calllog.calls import CallStore
from softphone_calllog.history.readable_calls import ReadableCalls
from softphone_calllog.history.routes import CallApi
from softphone_calllog.settings import CalllogSettings
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Comment, Tenant, User
from softphone_common.http import app as http_app
from softphone_common.http.paging import decode_cursor, encode_cursor
from softphone_common.stores.tenants import Tenants
from softphone_common.stores.users import UserCache
from softphone_testing.installation_keys import checked_tokens, token_issuer
from softphone_testing.memory.accounts import MemoryUserStore
from softphone_testing.memory.calls import MemoryCallStore, MemoryCommentStore
from support.bus.buses import bus_settings, memory_bus
from support.observations import OTHER_CALLER, at
from support.product import Json
from support.security_log import RecordedSecurityLog
from support.store_contracts.call_search import guest
from support.store_contracts.calls import fact
from support.write_limits import rate_limiter, read_limit, write_limit

SETTINGS = CalllogSettings(**bus_settings("amqp://memory").model_dump())
NUMBER = "089 99998001"
"""The number of `fact`, which no guest sees."""
GUEST, HOST, BOTH = ("23",), ("21",), ("21", "23")
PARTS_MAX = 3


class Site:
    """The call history over HTTP, with a store in memory; a page looks at few parts at once."""

    def __init__(self) -> None:
        bus, none = memory_bus(MemoryBroker(), "calllog"), {"tenants": None}
        database: Any = none
        self.calls: CallStore = MemoryCallStore()
        self.comments = MemoryCommentStore()
        tenants, users = Tenants(database, bus, 60), UserCache(MemoryUserStore(), bus, 60)
        tenants.apply(Tenant(id="acme", name="ACME"))
        security = RecordedSecurityLog()
        api = CallApi(
            self.calls,
            ReadableCalls(self.calls, PARTS_MAX),
            self.comments,
            tenants,
            users,
            security,
            rate_limiter(),
            bus,
            lambda: at(3600),
            SETTINGS,
        )
        limits = write_limit(), read_limit()
        tokens = checked_tokens(lambda: at(0))
        app = http_app.build("test", [api.router], tokens, *limits, security, 65_536, ready)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test/api"
        )

    async def page(self, extensions: Sequence[str], path: str = "calls", **query: Any) -> Json:
        """A page as a user at these extensions gets it."""
        anna = User(id="anna", tenant="acme", login="anna", extensions=tuple(extensions))
        token, _ = token_issuer(lambda: at(0)).issue(anna, timedelta(hours=1))
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self._client.get(f"/{path}", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def listed(self, extensions: Sequence[str], **query: Any) -> list[str]:
        """The ids on all pages of the list, in order."""
        return [call for page in await self.pages(extensions, **query) for call in page]

    async def pages(self, extensions: Sequence[str], **query: Any) -> list[list[str]]:
        """The ids on each page of the list, up to the last."""
        pages: list[list[str]] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.page(extensions, **query, **cursor)
            pages.append([call["id"] for call in page["items"]])
            if page["next"] is None:
                return pages
            cursor = {"cursor": page["next"]}


async def ready() -> dict[str, Any]:
    return {"ready": True}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    yield made
    await made._client.aclose()


async def add_shared(site: Site, count: int, first: float = 0) -> None:
    """Calls that ring at 21 every 20 seconds, and that 23 comes to 6 seconds later as a guest."""
    for number in range(count):
        start, call = first + 20 * number, f"s{first + 20 * number:03.0f}"
        await site.calls.add([fact("ringing", start, call=call)])
        await site.calls.add([guest("connected", start + 6, "23", call)])


def place(cursor: str) -> tuple[datetime, str]:
    """The time and the id in a cursor."""
    value, id_ = decode_cursor(cursor, str, str)
    return datetime.fromisoformat(value), id_


async def test_cursor_tells_a_guest_of_no_hidden_call(site: Site) -> None:
    """Whether there are calls that meet a filter only by what the guest may not see."""
    await add_shared(site, 2)
    assert (await site.page(HOST, number=NUMBER, limit=1))["next"] is not None
    assert await site.pages(GUEST, number=NUMBER, limit=1) == [[]]
    await site.calls.add([fact("missed", 90, call="own", extension="23")])
    assert await site.pages(GUEST, number=NUMBER, limit=1) == [["own"]]


async def test_full_page_ends_a_guests_list_without_a_cursor(site: Site) -> None:
    await add_shared(site, 2)
    await site.calls.add([fact("missed", 50 + n, call=f"own{n}", extension="23") for n in (1, 2)])
    page = await site.page(GUEST, number=NUMBER, limit=2)
    assert [call["id"] for call in page["items"]] == ["own2", "own1"]
    assert page["next"] is None


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
async def test_pages_of_a_guest_have_each_call_once_in_order(site: Site, limit: int) -> None:
    await add_shared(site, 2)
    await site.calls.add([fact("missed", 30, call="own", extension="23")])
    await add_shared(site, 2, first=200)
    pages = await site.pages(GUEST, limit=limit)
    assert all(len(page) <= limit for page in pages)
    for who in (GUEST, BOTH):
        assert await site.listed(who, limit=limit) == ["s220", "s200", "own", "s020", "s000"]


async def test_cursor_of_a_guest_has_the_start_of_its_part(site: Site) -> None:
    await add_shared(site, 2)
    page = await site.page(GUEST, limit=1)
    assert place(page["next"]) == (at(26), "acme/s020")
    assert datetime.fromisoformat(page["items"][0]["started_at"]) == at(26)
    assert place((await site.page(HOST, limit=1))["next"]) == (at(20), "acme/s020")


async def test_cursor_with_another_desks_call_shows_no_start(site: Site) -> None:
    """The time in the cursor counts, not the one of the call that the cursor names."""
    await site.calls.add([fact("missed", 30, call="hidden"), fact("missed", 50, call="later")])
    for second in (20, 40):
        own = fact("missed", second, call=f"own{second}", extension="23")
        await site.calls.add([own])
    named = encode_cursor(at(60).isoformat(), "acme/hidden")
    assert await site.pages(GUEST, cursor=named) == [["own40", "own20"]]


async def test_page_looks_at_few_parts_and_goes_on_behind_them(site: Site) -> None:
    """Such a page may be short; it ends where it stopped looking, whatever it found."""
    await add_shared(site, 2 * PARTS_MAX + 1)
    await site.calls.add([fact("missed", 1, call="own", extension="23")])
    pages = await site.pages(GUEST, number=NUMBER, limit=50)
    assert pages == [[], [], ["own"]]
    page = await site.page(GUEST, number=NUMBER)
    assert place(page["next"]) == (at(20 * (PARTS_MAX + 1) + 6), f"acme/s{20 * PARTS_MAX + 20:03}")
    assert len(await site.listed(GUEST, limit=50)) == 2 * PARTS_MAX + 2


async def test_guest_finds_a_call_by_what_its_part_shows(site: Site) -> None:
    """Also where the whole call shows something else, which the guest would learn otherwise."""
    message = guest("connected", 6, "23", "c1")
    seen = replace(message.observation, remote=OTHER_CALLER)
    joined = message.model_copy(update={"observation": seen})
    await site.calls.add([fact("ringing", 0), joined, fact("connected", 60), fact("ended", 90)])
    other = OTHER_CALLER.raw
    assert await site.pages(HOST, number=other) == [[]]
    for found in ({"number": other}, {"q": other}):
        assert await site.pages(GUEST, **found) == [["c1"]]


async def test_comments_cursor_tells_a_guest_of_no_earlier_one(site: Site) -> None:
    await add_shared(site, 1)
    for second in (1, 7, 8):
        saved = Comment(id=f"k{second}", call="s000", text="x", author="u", at=at(second))
        await site.comments.add("acme", saved)
    path = "calls/s000/comments"
    page = await site.page(GUEST, path, limit=2)
    assert ([each["id"] for each in page["items"]], page["next"]) == (["k8", "k7"], None)
    first = await site.page(GUEST, path, limit=1)
    rest = await site.page(GUEST, path, limit=1, cursor=first["next"])
    assert ([each["id"] for each in rest["items"]], rest["next"]) == (["k7"], None)
    assert (await site.page(HOST, path, limit=2))["next"] is not None
