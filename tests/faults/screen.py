"""The page of one user during a fault: reconnects, reads the log when it must, and shows calls."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic

import httpx
from websockets.exceptions import WebSocketException

from support.product import Json, bearer
from support.tenant.browser import Browser, open_socket
from support.tenant.company import Company
from support.web_client import web_client

RECONNECT_SECONDS = 0.2
CONNECT_SECONDS = 5.0
TICK_SECONDS = 0.5
REFRESH_SECONDS = 3.0
"""Time between two reads of the log while a call goes on. The page waits longer."""
REREAD_SECONDS = (0.0, 2.0, 10.0, 30.0)
"""Times after a gap at which the page reads the log, since the log may lag behind."""
PAGE = 200
PAGES = 3
"""Pages of the log that a user reads to see what was missed."""


class Screen:
    """The calls that one browser shows, from frames and from the log, by the page's own rules.

    A call pops up with the first frame that shows it running. The times of a call only ever become
    more: after a frame that lacks a time the screen reads the log, and a log entry that lacks one
    is ignored. A call that was over and is shown as running again counts as a second popup.
    """

    def __init__(self, company: Company, token: str) -> None:
        self._company = company
        self._token = token
        self._seen: int | None = None
        self._due: list[float] = []
        self._heard = 0.0
        self._alive_seconds = 60.0
        self._running = asyncio.Event()
        self._running.set()
        self._browser: Browser | None = None
        self.calls: dict[str, Json] = {}
        self.first: dict[str, datetime] = {}
        """When each call was first shown."""
        self.again: list[str] = []
        """Calls that popped up after their end, with the state before and the new one."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Keeps the screen up to date until the end of the context."""
        tasks = [asyncio.create_task(work) for work in (self._stay_connected(), self._read_log())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def was_connected(self) -> bool:
        """Whether the server has welcomed this screen at least once."""
        return self._seen is not None

    def unfinished(self) -> list[str]:
        """The calls that this screen shows as running."""
        return [call for call, state in self.calls.items() if state["outcome"] is None]

    def freeze(self) -> None:
        """Stops the browser: it reads nothing, answers nothing, and no time passes for it."""
        self._running.clear()
        if self._browser is not None:
            self._browser.freeze()

    def thaw(self) -> None:
        """Lets the browser go on."""
        self._heard = monotonic()
        self._running.set()
        if self._browser is not None:
            self._browser.thaw()

    async def _stay_connected(self) -> None:
        url = self._company.product.address("/ws")
        while True:
            with contextlib.suppress(OSError, TimeoutError, WebSocketException):
                async with open_socket(
                    url, on_frame=self._receive, within=CONNECT_SECONDS
                ) as browser:
                    self._browser, self._heard = browser, monotonic()
                    await browser.say_hello(self._token, self._seen)
                    await self._until_silent(browser)
            self._browser = None
            await self._running.wait()
            await asyncio.sleep(RECONNECT_SECONDS)  # the page waits before it reconnects, too

    async def _until_silent(self, browser: Browser) -> None:
        """Returns once the socket is closed, or gives it up after two intervals without a frame."""
        while not browser.is_closed:
            await self._running.wait()
            if monotonic() - self._heard > 2 * self._alive_seconds:
                browser.abort()
            await asyncio.sleep(TICK_SECONDS)  # the page looks as rarely
        await browser.until_closed()

    def _receive(self, frame: Json) -> None:
        self._heard = monotonic()
        self._alive_seconds = frame.get("alive_seconds", self._alive_seconds)
        self._seen = frame.get("seq", self._seen)
        if frame["type"] in {"welcome", "resync"}:
            self._schedule_reads()
        running = frame.get("calls", []) if frame["type"] == "welcome" else []
        for call in [*running, *([frame["call"]] if frame["type"] == "call" else [])]:
            if self._times(call["id"]) <= _times(call):
                self._show(call)
            else:
                self._schedule_reads()

    def _schedule_reads(self) -> None:
        now = monotonic()
        self._due = [now + pause for pause in REREAD_SECONDS]

    def _show(self, call: Json) -> None:
        shown = self.calls.get(call["id"])
        self.first.setdefault(call["id"], datetime.now(UTC))
        if shown is not None and shown["outcome"] is not None and call["outcome"] is None:
            self.again.append(f"{call['id']}: {_summary(shown)} and then {_summary(call)}")
        self.calls[call["id"]] = call

    def _times(self, call: str) -> set[tuple[str, str]]:
        return _times(self.calls[call]) if call in self.calls else set()

    async def _read_log(self) -> None:
        async with web_client(timeout=10) as client:
            fresh_until = 0.0
            while True:
                await asyncio.sleep(TICK_SECONDS)  # the page looks as rarely
                await self._running.wait()
                now = monotonic()
                later = [due for due in self._due if due > now]
                if later == self._due and not (self.unfinished() and now > fresh_until):
                    continue
                self._due = later
                fresh_until = now + REFRESH_SECONDS
                try:
                    await self._read_pages(client)
                except httpx.HTTPError:
                    self._due.append(fresh_until)

    async def _read_pages(self, client: httpx.AsyncClient) -> None:
        path = "/api/calls"
        url = f"{self._company.product.address(path)}{path}"
        params: dict[str, str | int] = {"limit": PAGE}
        for _ in range(PAGES):
            answer = await client.get(url, params=params, headers=bearer(self._token))
            page = answer.raise_for_status().json()
            for call in page["items"]:
                if self._times(call["id"]) <= _times(call):
                    self._show(call)
            if page["next"] is None:
                return
            params["cursor"] = page["next"]


def _summary(call: Json) -> str:
    return f"{call['phase']} {sorted(_times(call))}"


def _times(call: Json) -> set[tuple[str, str]]:
    """The times that the call has, each with its extension."""
    names = ("dialed_at", "rung_at", "connected_at", "ended_at")
    return {(leg["extension"], t) for leg in call["legs"] for t in names if leg[t] is not None}
