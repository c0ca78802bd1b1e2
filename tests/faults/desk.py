"""A user's browser at a desk: stays connected, reads the log when told to, counts what pops up."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from support.fleet import Company, Json

RECONNECT_SECONDS = 0.2
TICK_SECONDS = 0.5
REFRESH_SECONDS = 3.0
"""So often the list is read while a call goes on; the page takes more time."""
REREAD_SECONDS = (0.0, 2.0, 10.0, 30.0)
"""So long after a gap the list is read, as the page does it: the log may be behind."""
PAGE = 200
PAGES = 3
"""A user turns the pages of the list back to what was missed."""


class Desk:
    """What one browser has been told of each call, by frames and by the log, as the page does it.

    A call pops up with the first word of it that it goes on. Evidence only ever grows: a frame that
    lacks some sends the browser to the log, and a log that lacks some is behind. A word that lets a
    call go on that was over pops it up a second time.
    """

    def __init__(self, company: Company, token: str) -> None:
        self._company = company
        self._token = token
        self._seen: int | None = None
        self._due: list[float] = []
        self.calls: dict[str, Json] = {}
        self.first: dict[str, datetime] = {}
        """When each call was first shown."""
        self.again: list[str] = []
        """Calls that popped up although they were over, with what was known and what came."""

    @asynccontextmanager
    async def occupied(self) -> AsyncIterator[None]:
        """The browser is open meanwhile."""
        tasks = [asyncio.create_task(work) for work in (self._stay_connected(), self._read_log())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def is_connected(self) -> bool:
        """Whether it was ever welcomed."""
        return self._seen is not None

    def unfinished(self) -> list[str]:
        """The calls that go on as far as this browser knows."""
        return [call for call, told in self.calls.items() if told["outcome"] is None]

    async def _stay_connected(self) -> None:
        url = self._company.fleet["notifier"].url.replace("http", "ws", 1)
        while True:
            with contextlib.suppress(OSError, TimeoutError, WebSocketException):
                async with connect(f"{url}/ws", proxy=None, open_timeout=5) as socket:
                    hello = {"type": "hello", "token": self._token, "seen": self._seen}
                    await socket.send(json.dumps(hello))
                    async for text in socket:
                        self._take(json.loads(text))
            await asyncio.sleep(RECONNECT_SECONDS)  # a browser's patience

    def _take(self, frame: Json) -> None:
        self._seen = frame.get("seq", self._seen)
        if frame["type"] in {"welcome", "resync"}:
            self._doubt()
        told = frame.get("calls", []) if frame["type"] == "welcome" else []
        for call in [*told, *([frame["call"]] if frame["type"] == "call" else [])]:
            if self._evidence(call["id"]) <= _evidence(call):
                self._show(call)
            else:
                self._doubt()

    def _doubt(self) -> None:
        now = monotonic()
        self._due = [now + pause for pause in REREAD_SECONDS]

    def _show(self, call: Json) -> None:
        known = self.calls.get(call["id"])
        self.first.setdefault(call["id"], datetime.now(UTC))
        if known is not None and known["outcome"] is not None and call["outcome"] is None:
            self.again.append(f"{call['id']}: {_told(known)} and then {_told(call)}")
        self.calls[call["id"]] = call

    def _evidence(self, call: str) -> set[tuple[str, str]]:
        return _evidence(self.calls[call]) if call in self.calls else set()

    async def _read_log(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            fresh_until = 0.0
            while True:
                await asyncio.sleep(TICK_SECONDS)  # a browser's patience
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
        url = f"{self._company.fleet['calllog'].url}/api/calls"
        headers = {"Authorization": f"Bearer {self._token}"}
        params: dict[str, str | int] = {"limit": PAGE}
        for _ in range(PAGES):
            answer = await client.get(url, params=params, headers=headers)
            page = answer.raise_for_status().json()
            for call in page["items"]:
                if self._evidence(call["id"]) <= _evidence(call):
                    self._show(call)
            if page["next"] is None:
                return
            params["cursor"] = page["next"]


def _told(call: Json) -> str:
    return f"{call['phase']} {sorted(_evidence(call))}"


def _evidence(call: Json) -> set[tuple[str, str]]:
    """Which times of which extension are known."""
    times = ("dialed_at", "rung_at", "connected_at", "ended_at")
    return {(leg["extension"], t) for leg in call["legs"] for t in times if leg[t] is not None}
