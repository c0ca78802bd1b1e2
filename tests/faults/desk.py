"""A user's browser at a desk: stays connected, reads the log when told to, counts what pops up."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from integration.fleet import Company, Json

RECONNECT_SECONDS = 0.2
REREAD_SECONDS = 1.0
REFRESH_SECONDS = 3.0
REREADS = 4
"""How often the list is read while a call goes on, or after a gap; the page takes more time."""
PAGE = 200
"""The most the log gives at once, and more than a company of an ordeal has."""


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
        self._stale = asyncio.Event()
        self._rereads = 0
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
        self._rereads = REREADS
        self._stale.set()

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
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stale.wait(), REFRESH_SECONDS)
                if self._rereads == 0 and not self.unfinished():
                    continue
                self._stale.clear()
                with contextlib.suppress(httpx.HTTPError):
                    await self._read_page(client)
                    self._rereads = max(0, self._rereads - 1)
                await asyncio.sleep(REREAD_SECONDS)  # a browser's patience

    async def _read_page(self, client: httpx.AsyncClient) -> None:
        url = f"{self._company.fleet['calllog'].url}/api/calls"
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = await client.get(url, params={"limit": PAGE}, headers=headers)
        for call in answer.raise_for_status().json()["items"]:
            if self._evidence(call["id"]) <= _evidence(call):
                self._show(call)


def _told(call: Json) -> str:
    return f"{call['phase']} {sorted(_evidence(call))}"


def _evidence(call: Json) -> set[tuple[str, str]]:
    """Which times of which extension are known."""
    times = ("dialed_at", "rung_at", "connected_at", "ended_at")
    return {(leg["extension"], t) for leg in call["legs"] for t in times if leg[t] is not None}
