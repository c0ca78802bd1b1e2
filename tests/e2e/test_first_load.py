"""The requests and the bytes until a user sees the calls, for the first time and again."""

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import CDPSession, Request, expect

from e2e.conftest import AddUser, OpenPage
from e2e.page import DeskPage
from softphone_common.process.clock import utc_now
from support.product import PASSWORD

REQUESTS_COLD_MAX = 10
BYTES_COLD_MAX = 90_000
REQUESTS_WARM_MAX = 2
"""Requests for files of the page; those to the API come on top."""

FILE_BYTES_WARM_MAX = 2_000
"""The heads of answers, without the page that the browser has."""

BYTES_WARM_MAX = 8_000
"""Those answers and the API's."""

TWICE = {"POST /api/session/renew": 2}
"""The second one shows that the new cookie has arrived, so that the server refuses the old one."""


@dataclass
class Loading:
    """The answers that came over the network: their addresses and their bytes on the wire."""

    answers: list[tuple[str, int]] = field(default_factory=list)

    @property
    def files(self) -> list[str]:
        return [url for url, _ in self.answers if "/api/" not in url]

    @property
    def bytes(self) -> int:
        return sum(size for _, size in self.answers)

    def text(self) -> str:
        return json.dumps(self.answers, indent=1)


async def watch(cdp: CDPSession) -> Loading:
    """Notes every answer from now on; answers of the browser's cache do not count."""
    loading = Loading()
    urls: dict[str, str] = {}

    def received(event: dict[str, Any]) -> None:
        response = event["response"]
        if not response.get("fromDiskCache") and response["url"].startswith("http"):
            urls[event["requestId"]] = response["url"]

    def finished(event: dict[str, Any]) -> None:
        if url := urls.pop(event["requestId"], None):
            loading.answers.append((url, event["encodedDataLength"]))

    def cached(event: dict[str, Any]) -> None:
        urls.pop(event["requestId"], None)

    cdp.on("Network.responseReceived", received)
    cdp.on("Network.loadingFinished", finished)
    cdp.on("Network.requestServedFromCache", cached)
    await cdp.send("Network.enable")
    return loading


async def load(desk: DeskPage, *, cold: bool, shown: Callable[[], Awaitable[None]]) -> Loading:
    """Opens the page in this tab; `shown` waits until a person sees it."""
    cdp = await desk.page.context.new_cdp_session(desk.page)
    if cold:
        await cdp.send("Network.clearBrowserCache")
    await desk.page.goto("about:blank")
    loading = await watch(cdp)
    await desk.page.goto("/")
    await shown()
    await desk.page.wait_for_load_state("networkidle")
    await cdp.detach()
    return loading


def require_small(loading: Loading) -> None:
    assert 4 <= len(loading.answers) <= REQUESTS_COLD_MAX, loading.text()
    assert loading.bytes <= BYTES_COLD_MAX, loading.text()


async def calls_shown(desk: DeskPage) -> None:
    await desk.connected()
    await expect(desk.page.locator("main.content .panel[aria-busy]")).to_have_count(0)


async def test_first_load_of_the_calls_is_small(open_page: OpenPage, add_user: AddUser) -> None:
    nobody_rings = ["62"]
    user = await add_user("karl", extensions=nobody_rings)
    karl = await open_page(user.login, password=PASSWORD)

    async def shown() -> None:
        await calls_shown(karl)

    require_small(await load(karl, cold=True, shown=shown))
    warm = await load(karl, cold=False, shown=shown)
    assert len(warm.files) <= REQUESTS_WARM_MAX, warm.text()
    files = [size for url, size in warm.answers if url in warm.files]
    assert sum(files) <= FILE_BYTES_WARM_MAX, warm.text()
    assert warm.bytes <= BYTES_WARM_MAX, warm.text()


@pytest.mark.parametrize("login", [None, "anna", "admin"], ids=str)
async def test_cold_load_asks_the_api_for_nothing_twice(
    open_page: OpenPage, login: str | None
) -> None:
    """The clock of the page stands still but for a second, so that later readings do not count."""
    desk = await open_page(login)
    await desk.page.goto("about:blank")
    await desk.page.clock.install()
    await desk.page.clock.pause_at(utc_now() + timedelta(seconds=30))  # never past
    counts: Counter[str] = Counter()

    def note(request: Request) -> None:
        url = urlsplit(request.url)
        counts[f"{request.method} {url.path}"] += url.path.startswith("/api/")

    desk.page.on("request", note)
    await desk.page.goto("/")
    await (expect(desk.at("submit")).to_be_visible() if login is None else calls_shown(desk))
    await desk.page.wait_for_load_state("networkidle")
    await desk.page.clock.run_for(1000)
    repeated = {address: count for address, count in counts.items() if count > 1}
    assert repeated == ({} if login is None else TWICE)


async def test_first_load_of_the_sign_in_is_small(open_page: OpenPage) -> None:
    stranger = await open_page(None)

    async def shown() -> None:
        await expect(stranger.at("submit")).to_be_visible()

    require_small(await load(stranger, cold=True, shown=shown))


async def test_user_loads_no_language_and_no_page_of_others(open_page: OpenPage) -> None:
    anna = await open_page()
    names = " ".join((await load(anna, cold=True, shown=anna.connected)).files)
    assert "/web/page-de-" in names
    for other in (
        "/web/page-en-",
        "/web/admin-",
        "/web/device",
        "/web/security-log",
        "/web/tenant",
    ):
        assert other not in names
    cdp = await anna.page.context.new_cdp_session(anna.page)
    loading = await watch(cdp)
    await anna.page.get_by_role("button", name="EN", exact=True).click()
    await expect(anna.at("signout")).to_have_text("Sign out")
    assert any("/web/page-en-" in url for url in loading.files), loading.text()


async def test_page_of_administrators_is_loaded_when_it_is_opened(open_page: OpenPage) -> None:
    admin = await open_page("admin")
    cdp = await admin.page.context.new_cdp_session(admin.page)
    loading = await watch(cdp)
    await admin.open("settings")
    await expect(admin.at("tenant-page")).to_be_visible()
    names = " ".join(loading.files)
    assert "/web/tenant-" in names
    assert "/web/admin-de-" in names
    assert "/web/security-log-" not in names


async def test_part_that_cannot_be_loaded_says_so(open_page: OpenPage) -> None:
    admin = await open_page("admin")
    admin.expected.append("Failed to load resource")
    await admin.page.route("**/web/tenant-*.js", lambda route: route.abort())
    await admin.open("settings")
    reload = admin.page.get_by_role("button", name="Neu laden")
    await expect(admin.page.get_by_role("alert")).to_contain_text("konnte nicht geladen werden")
    await admin.page.unroute("**/web/tenant-*.js")
    await reload.click()
    await expect(admin.at("tenant-page")).to_be_visible()


async def test_unknown_address_leads_back_to_the_page(open_page: OpenPage) -> None:
    stranger = await open_page(None)
    stranger.expected.append("404")
    answer = await stranger.page.goto("/no/such/page")
    assert answer is not None
    assert answer.status == 404
    await stranger.page.get_by_role("link", name="Softphone Connector").click()
    await expect(stranger.at("submit")).to_be_visible()
