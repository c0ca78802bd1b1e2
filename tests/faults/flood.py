"""A tenant that sends hits as fast as they are answered, from a process of its own.

The process needs little time for each hit, so that it slows the services down by their work and not
by its own. It ends when its input ends: with the test, whatever becomes of that.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:  # the process needs none of these, and imports take long
    from support.product import Json
    from support.tenant.company import Company

CONNECTIONS = 50
LIST_CONNECTIONS = 5
"""Ingest works on one list of a tenant at a time; with more, the flood would take long to end."""
DEVICES = 5
NUMBER = "03023125999"
LIST = {
    "each": "json",
    "fields": {
        "extension": "each.extension",
        "number": "each.number",
        "call_id": "each.id",
        "event": "any.event",
    },
}
"""The mapping of the devices of a flood of lists."""


@dataclass
class Flood:
    """The hits of a flood, by the status of their answers, and the calls that were acknowledged."""

    statuses: Counter[int] = field(default_factory=Counter)
    calls: set[str] = field(default_factory=set)
    waits: set[str] = field(default_factory=set)
    """The values of Retry-After in answers 429."""

    @property
    def attempted(self) -> int:
        return self.statuses.total()


async def _send(
    url: str, keys: list[str], events: int, connection: int, flood: Flood, ended: asyncio.Event
) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    key, call = keys[connection % len(keys)], 0
    while not ended.is_set():
        call += 1
        for event in ("ringing", "missed"):
            writer.write(_request(key, event, f"flood-{connection}-{call}", events))
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            body = await reader.readexactly(int(_header(head, "content-length") or 0))
            status = int(head.split()[1])
            if not flood.statuses:
                print("begun", flush=True)  # noqa: T201
            flood.statuses[status] += 1
            if status == 202:
                flood.calls.add(json.loads(body)["call_id"])
            if status == 429:
                flood.waits.add(_header(head, "retry-after"))


def _request(key: str, event: str, call: str, events: int) -> bytes:
    """One event, or one of each of several calls, at other extensions and with other numbers."""
    if events == 1:
        query = f"extension=21&number={NUMBER}&call_id={call}"
        return f"GET /hit/{key}/{event}?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    members = [
        {"extension": str(100 + n), "number": f"03023125{n:03}", "id": f"{call}-{n}"}
        for n in range(events)
    ]
    body = json.dumps(members)
    head = f"Host: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return f"POST /hit/{key}/{event}?event={event} HTTP/1.1\r\n{head}{body}".encode()


def _header(head: str, name: str) -> str:
    return head.partition(f"\r\n{name}: ")[2].partition("\r\n")[0]


async def _run(url: str, events: int, keys: list[str]) -> Flood:
    flood, ended = Flood(), asyncio.Event()
    connections = CONNECTIONS if events == 1 else LIST_CONNECTIONS
    sending = [
        asyncio.create_task(_send(url, keys, events, n, flood, ended)) for n in range(connections)
    ]
    await asyncio.to_thread(sys.stdin.read)
    # ingest goes on with hits whose sender has gone, and would be busy after the flood
    ended.set()
    await asyncio.gather(*sending, return_exceptions=True)
    return flood


@asynccontextmanager
async def flooding(company: Company, events: int = 1) -> AsyncIterator[Flood]:
    """Has the company flood ingest with hits of as many events, from the first answer to the end of
    the context.

    The end fills the result in.
    """
    keys: list[str] = []
    while len(keys) < DEVICES:
        device: Json = {"name": f"Desk {len(keys)}", **({"mapping": LIST} if events > 1 else {})}
        keys.append((await company.ask("POST", "/api/devices", device))["key"])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "faults.flood", company.product.address("/hit")),
        *(str(events), *keys),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )
    flood = Flood()
    try:
        assert process.stdout
        await process.stdout.readline()
        yield flood
    finally:
        output, _ = await process.communicate(b"")  # closes its input; without bytes it would not
        result = json.loads(output)
        flood.statuses.update({int(status): n for status, n in result["statuses"].items()})
        flood.calls |= set(result["calls"])
        flood.waits |= set(result["waits"])


if __name__ == "__main__":
    made = asyncio.run(_run(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
    result = {"statuses": made.statuses, "calls": [*made.calls], "waits": [*made.waits]}
    print(json.dumps(result))  # noqa: T201
