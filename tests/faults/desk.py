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
REFRESH_SECONDS = 3.0
"""How often the list is read again while a call goes on; the page takes its time."""
PAGE = 200


class Desk:
    """What one browser has been told of each call, by frames and by the log, as the page does it.

    A call pops up with the first word of it that it goes on. Evidence only ever grows, so a word
    that knows less than the last is an old one and changes nothing; one that lets a call that was
    over go on pops it up a second time.
    """

    def __init__(self, company: Company, token: str) -> None:
        self._company = company
        self._token = token
        self._seen: int | None = None
        self._stale = asyncio.Event()
        self.calls: dict[str, Json] = {}
        self.first: dict[str, datetime] = {}
        """When each call was first shown."""
        self.again: list[str] = []
        """Calls that popped up although they were over."""

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
            self._stale.set()
        told = frame.get("calls", []) if frame["type"] == "welcome" else []
        for call in [*told, *([frame["call"]] if frame["type"] == "call" else [])]:
            self._show(call)

    def _show(self, call: Json) -> None:
        known = self.calls.get(call["id"])
        self.first.setdefault(call["id"], datetime.now(UTC))
        if known is not None:
            if _evidence(call) < _evidence(known):
                return
            if known["outcome"] is not None and call["outcome"] is None:
                self.again.append(call["id"])
        self.calls[call["id"]] = call

    async def _read_log(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stale.wait(), REFRESH_SECONDS)
                if not self._stale.is_set() and not self.unfinished():
                    continue
                with contextlib.suppress(httpx.HTTPError):
                    url = f"{self._company.fleet['calllog'].url}/api/calls"
                    headers = {"Authorization": f"Bearer {self._token}"}
                    answer = await client.get(url, params={"limit": PAGE}, headers=headers)
                    if answer.is_success:
                        self._stale.clear()
                        for call in answer.json()["items"]:
                            self._show(call)
                if self._stale.is_set():
                    await asyncio.sleep(RECONNECT_SECONDS)


def _evidence(call: Json) -> int:
    times = ("dialed_at", "rung_at", "connected_at", "ended_at")
    return sum(leg[time] is not None for leg in call["legs"] for time in times)
