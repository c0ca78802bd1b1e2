"""A browser of one user: its page's rules in Python, over a socket of a notifier.

The rules are those of `calls.js` and `doubts.js`: frames and the list of calls are merged, and a
frame that knows less than the page is checked against the log.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from softphone_common.process.errors import UnavailableError

Json = dict[str, Any]
ReadCalls = Callable[[], Awaitable[list[Json]]]
"""Reads the calls of this user from the log, as `/api/calls` answers."""

_TIMES = ("dialed_at", "rung_at", "connected_at", "ended_at", "reopened_at")
_DOUBT_PAUSES = (0.0, 0.5, 2.0, 8.0)
_LATE_PAUSES = (30.0, 60.0, 120.0)
_REREAD_PAUSES = (0.0, 2.0, 8.0, 20.0)
_REFRESH_SECONDS = 30.0
_LAG_SECONDS = 60.0


class Browser:
    """The calls of one page. `seen` is what the page resumes from when its socket was lost."""

    def __init__(self, user: str, extension: str, read: ReadCalls) -> None:
        self.user = user
        self.extension = extension
        self.seen: int | None = None
        self.read = read
        self._calls: dict[str, Json] = {}
        self._listed: set[str] = set()
        self._framed: dict[str, float] = {}
        self._doubts: dict[str, Json] = {}
        self._reading = 0
        self._rereading = 0
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Opens the page, which then reads its list."""
        self._start(self._refresh())

    def take(self, frame: Json) -> None:
        """Takes one frame of the socket."""
        self.seen = frame.get("seq", self.seen)
        match frame["type"]:
            case "welcome":
                for call in frame["calls"]:
                    self._put(call)
                self._start(self._reread())
            case "call":
                self._put(frame["call"])
            case "trash" if frame["call_id"] in self._calls:
                fields = {name: frame[name] for name in ("deleted_at", "deleted_by")}
                self._calls[frame["call_id"]] = {**self._calls[frame["call_id"]], **fields}
                self._list(frame["call_id"])
            case "resync":
                self._start(self._reread())

    def shown(self) -> dict[str, Json]:
        """The calls of the page's list."""
        return {id_: _counted(self._calls[id_]) for id_ in self._listed}

    async def _reread(self) -> None:
        """Reads the list now and some times more, since the log may still be behind."""
        self._rereading += 1
        number = self._rereading
        for pause in _REREAD_PAUSES:
            await asyncio.sleep(pause)
            if number == self._rereading:
                self._start(self._read_list())

    async def _refresh(self) -> None:
        """Reads the list from time to time while a call is running."""
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            if any(call["outcome"] is None for call in self._calls.values()):
                await self._read_list()

    async def _read_list(self) -> None:
        self._reading += 1
        number = self._reading
        try:
            calls = await self.read()
        except UnavailableError:
            return
        if number != self._reading:
            return
        self._listed.clear()
        for call in calls:
            self._calls[call["id"]] = _merged(self._calls.get(call["id"]), call, from_log=True)
            self._listed.add(call["id"])
        now = asyncio.get_running_loop().time()
        for id_, at in list(self._framed.items()):
            if now - at > _LAG_SECONDS:
                del self._framed[id_]
            else:
                self._list(id_)

    def _list(self, id_: str) -> None:
        if self._calls[id_]["deleted_at"] is None:
            self._listed.add(id_)
        else:
            self._listed.discard(id_)

    def _put(self, call: Json) -> None:
        old = self._calls.get(call["id"])
        if old is None or not lacks(call, old):
            self._settle(call)
            return
        is_doubted = call["id"] in self._doubts
        self._doubts[call["id"]] = call
        if not is_doubted:
            self._start(self._settle_doubt(call["id"]))

    def _settle(self, call: Json, *, from_log: bool = False) -> None:
        self._framed[call["id"]] = asyncio.get_running_loop().time()
        self._calls[call["id"]] = _merged(self._calls.get(call["id"]), call, from_log=from_log)
        self._list(call["id"])

    async def _settle_doubt(self, id_: str) -> None:
        for pause in _DOUBT_PAUSES:
            if await self._is_settled(id_, pause):
                return
        frame = self._doubts.pop(id_, None)
        if frame is not None and lacks(self._calls[id_], frame):
            self._settle(frame)
        for pause in _LATE_PAUSES:
            if id_ in self._doubts or await self._is_settled(id_, pause):
                return

    async def _is_settled(self, id_: str, pause: float) -> bool:
        await asyncio.sleep(pause)
        try:
            logged = {call["id"]: call for call in await self.read()}.get(id_)
        except UnavailableError:
            return False
        frames = [call for call in (self._doubts.get(id_), self._calls[id_]) if call is not None]
        if logged is None or any(lacks(logged, frame) for frame in frames):
            return False
        self._doubts.pop(id_, None)
        self._settle(logged, from_log=True)
        return True

    def _start(self, work: Any) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))


def lacks(call: Json, more: Json) -> bool:
    """Whether `call` lacks evidence that `more` has, as `lacks` in `calls.js`."""
    for leg in more["legs"]:
        same = [other for other in call["legs"] if other["extension"] == leg["extension"]]
        if not same and not leg["answered"] and call["further_legs"] > 0:
            continue
        if any(_is_after(other["reopened_at"], leg["ended_at"]) for other in same):
            continue
        if same and all(_is_after(leg["reopened_at"], other["ended_at"]) for other in same):
            return True
        if any(leg[t] is not None and all(other[t] is None for other in same) for t in _TIMES):
            return True
    return False


def _is_after(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one > other


def _counted(call: Json) -> Json:
    """The call with a count of its comments, which frames do not have."""
    count = call["comments_count"]
    return {**call, "comments_count": len(call["comments"]) if count is None else count}


def _merged(old: Json | None, call: Json, *, from_log: bool) -> Json:
    if old is None:
        return dict(call)
    newest = call
    if from_log and lacks(call, old):
        newest = {**old, **{name: call[name] for name in ("deleted_at", "deleted_by")}}
    keeps = from_log and not newest["matches"]
    matched = newest["matched"] or (from_log and old["matched"])
    matches = old["matches"] if keeps else newest["matches"]
    return {**newest, "matches": matches, "matched": matched}
