"""Leads through the tour: opens each page and state as the user who sees it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, BrowserContext, expect

from e2e.page import DeskPage
from e2e.tour.scenery import Scenery

STRANGER = ""
VIEWPORT = {"width": 1280, "height": 800}
LOCALES = {"de": "de-DE", "en": "en-GB"}
FORGET = """Object.keys(localStorage)
    .filter((key) => !key.startsWith("softphone.signed-in."))
    .forEach((key) => localStorage.removeItem(key))"""
"""Takes habits and drafts of an entry away, for the next one."""
RUNNING = "[data-testid=popup]:not([data-phase=ended], [data-phase=missed])"


@dataclass(frozen=True)
class Visit:
    """A page of the user of an entry, which shows the list of calls or the sign-in."""

    desk: DeskPage
    scenery: Scenery


Steps = Callable[[Visit], Awaitable[None]]


@dataclass(frozen=True)
class Entry:
    """A page or state of the page: its name, the login of the user who sees it, the way there."""

    name: str
    user: str
    steps: Steps


class Entries(list[Entry]):
    """The entries of an area of the page, in the order of the tour."""

    def entry(self, name: str, user: str) -> Callable[[Steps], Steps]:
        """Adds the decorated steps as an entry."""

        def add(steps: Steps) -> Steps:
            self.append(Entry(name, user, steps))
            return steps

        return add


class Guide:
    """One browser profile for each user, in which the entries are opened one after the other."""

    def __init__(self, browser: Browser, scenery: Scenery, language: str = "de") -> None:
        self._browser = browser
        self._scenery = scenery
        self._language = language
        self._profiles: dict[str, BrowserContext] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Guide":
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def at(self, entry: Entry) -> AsyncIterator[DeskPage]:
        """The page in the state of the entry. Calls that ring for it end with the block."""
        profile = await self._profile(entry.user)
        desk = DeskPage(await profile.new_page(), self._scenery.facts)
        try:
            await self._open(desk, entry.user)
            await entry.steps(Visit(desk, self._scenery))
            yield desk
        finally:
            await profile.set_offline(False)
            await self._scenery.hang_up()
        await self._leave(desk)

    async def _profile(self, user: str) -> BrowserContext:
        if user not in self._profiles:
            options: dict[str, Any] = {
                "base_url": self._scenery.facts["url"],
                "locale": LOCALES[self._language],
                "timezone_id": "Europe/Berlin",
                "viewport": VIEWPORT,
                "color_scheme": "light",
                "reduced_motion": "reduce",
            }
            self._profiles[user] = await self._browser.new_context(**options)
            self._stack.push_async_callback(self._profiles[user].close)
        return self._profiles[user]

    async def _open(self, desk: DeskPage, user: str) -> None:
        await desk.page.goto("/")
        if user == STRANGER:
            return
        first = desk.at("submit").or_(desk.at("connection"))
        await expect(first).to_be_visible()
        if await desk.at("submit").is_visible():
            await desk.sign_in(user)
        await desk.connected()
        await expect(desk.at("history-count")).not_to_be_empty()

    async def _leave(self, desk: DeskPage) -> None:
        """Closes the page once its popups have seen the end of their calls."""
        if await desk.page.locator(RUNNING).count():
            await expect(desk.page.locator(RUNNING)).to_have_count(0)
        await desk.page.evaluate(FORGET)
        await desk.page.close()
