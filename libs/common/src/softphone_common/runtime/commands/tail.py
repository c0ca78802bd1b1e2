"""`softphone tail`: the log lines of one call from all services, in the order of their times."""

import heapq
import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

HOLD_SECONDS = 1.0
"""Seconds a line waits for earlier ones, which other services may write or send a little later."""

_TIMES = ("timestamp", "time")
"""The fields of the time: that of the services, and that of the gateway."""
_SHOWN_ELSEWHERE = frozenset(
    {
        *(*_TIMES, "service", "level", "event", "method", "path"),
        *("call", "tenant", "trace", "exception"),
    }
)


@dataclass(frozen=True, slots=True, order=True)
class LogLine:
    """A line that may belong to the call. Its text is kept, because its fields need more memory."""

    at: datetime
    text: str

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of the JSON object."""
        fields: Mapping[str, Any] = json.loads(self.text)
        return fields


class CallLines:
    """Picks the lines of a call, or of a trace, by its id.

    A line without a call belongs to the call if it is in the trace of one of the call's lines:
    that of the gateway, and errors of requests.
    """

    def __init__(self, id_: str) -> None:
        self._id = id_
        self._traces: set[str] = set()

    def read(self, text: str) -> LogLine | None:
        """The line, with or without compose's prefix; None if it is of another call, or is not of
        the connector."""
        text = text[max(text.find("{"), 0) :]
        try:
            fields = json.loads(text)
            if fields.get("call") == self._id and "trace" in fields:
                self._traces.add(str(fields["trace"]))
            if fields.get("call", self._id) != self._id and fields.get("trace") != self._id:
                return None
            at = next(fields[name] for name in _TIMES if name in fields)
            return LogLine(datetime.fromisoformat(at), text)
        except (ValueError, TypeError, AttributeError, StopIteration):
            return None

    def has(self, line: LogLine) -> bool:
        """Whether the line belongs to the call, by all lines that were read before."""
        fields = line.fields
        trace = str(fields.get("trace"))
        return self._id in (fields.get("call"), trace) or trace in self._traces


def lines_of(id_: str, texts: Iterable[str]) -> Iterator[str]:
    """The lines of a call or trace among all texts, readable for a person, once all are read."""
    call = CallLines(id_)
    read = sorted(line for text in texts if (line := call.read(text)) is not None)
    return (readable(line) for line in read if call.has(line))


def follow(id_: str, texts: Iterable[str]) -> Iterator[str]:
    """The lines of a call or trace while they are written, each HOLD_SECONDS after it came."""
    call = CallLines(id_)
    held: list[tuple[LogLine, float]] = []
    for text in _or_pauses(texts):
        if text is not None and (line := call.read(text)) is not None:
            heapq.heappush(held, (line, time.monotonic()))
        while held and held[0][1] < time.monotonic() - HOLD_SECONDS:
            first, _ = heapq.heappop(held)
            if call.has(first):
                yield readable(first)
    yield from (readable(line) for line, _ in sorted(held) if call.has(line))


def readable(line: LogLine) -> str:
    """One line for a person, with a traceback below it."""
    fields = line.fields
    at = line.at.isoformat(" ", "milliseconds").replace("+00:00", "Z")
    service = fields.get("service", "gateway")
    event = fields.get("event") or f"{fields.get('method')} {fields.get('path')}"
    level = "" if fields.get("level", "info") == "info" else f"{fields['level'].upper()} "
    rest = (f"{name}={value}" for name, value in fields.items() if name not in _SHOWN_ELSEWHERE)
    shown = f"{at}  {service:<8}  {level}{event}  {' '.join(rest)}".rstrip()
    trace = fields.get("trace")
    indented = fields.get("exception", "").replace("\n", "\n    ")
    return f"{shown}  trace={trace}" + (f"\n    {indented}" if indented else "")


def _or_pauses(texts: Iterable[str]) -> Iterator[str | None]:
    """The texts as they come, and None whenever none has come for a while."""
    queue: SimpleQueue[str | None] = SimpleQueue()

    def read() -> None:
        for text in texts:
            queue.put(text)
        queue.put(None)

    threading.Thread(target=read, name="tail", daemon=True).start()
    while True:
        try:
            text = queue.get(timeout=HOLD_SECONDS / 2)
        except Empty:
            yield None
        else:
            if text is None:
                return
            yield text
