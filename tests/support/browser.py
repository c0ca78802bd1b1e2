"""A browser as the notifier knows one: a signed-in socket and what came over it."""

import asyncio
import json
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from softphone_testing.until import until
from support.fleet import Company, Json, Line


class Browser:
    """A signed-in socket of a company's user; everything it is sent is in `frames`."""

    def __init__(self, company: Company, seen: int | None = None) -> None:
        self._company = company
        self._seen = seen
        self._socket: ClientConnection
        self._reading: asyncio.Task[None]
        self.frames: list[Json] = []
        self.closed_with: int | None = None

    async def __aenter__(self) -> Self:
        url = self._company.fleet["notifier"].url.replace("http", "ws", 1)
        self._socket = await connect(f"{url}/ws", proxy=None)
        hello = {"type": "hello", "token": self._company.token, "seen": self._seen}
        await self._socket.send(json.dumps(hello))
        self._reading = asyncio.create_task(self._read())
        await until(lambda: self.frames, what="the welcome")
        assert self.frames[0]["type"] == "welcome"
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._socket.close()
        await self._reading

    async def _read(self) -> None:
        try:
            while True:
                self.frames.append(json.loads(await self._socket.recv()))
        except ConnectionClosed:
            self.closed_with = self._socket.close_code

    @property
    def seq(self) -> int:
        """The last number it was given."""
        seq: int = max(frame["seq"] for frame in self.frames if "seq" in frame)
        return seq

    def popups(self, line: Line) -> list[Json]:
        """All it was told of this call, in order."""
        told = [frame["call"] for frame in self.frames if frame["type"] == "call"]
        return [call for call in told if call["id"] == line.call_id]

    async def pops_up(self, line: Line, matches: Sequence[str] = ()) -> None:
        """Waits until it shows the call with just these records."""

        def shown() -> bool:
            return any([m["record"] for m in c["matches"]] == [*matches] for c in self.popups(line))

        await until(shown, what=f"a popup with {len(matches)} matches")
        assert {popup["remote"]["raw"] for popup in self.popups(line)} == {line.number}
