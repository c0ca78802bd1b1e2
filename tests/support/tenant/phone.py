"""A phone as the connector sees one: a device that requests a URL for every event of a call."""

from dataclasses import dataclass, field
from typing import TypedDict, Unpack

import httpx

from support.tenant.call import ANSWERED, Call, Script

EXTENSION = "21"


class HitFields(TypedDict, total=False):
    """The fields of a hit, as the generic preset names them."""

    extension: str
    number: str
    call_id: str
    direction: str
    name: str
    called: str
    reason: str
    duration: str
    time: str


@dataclass
class Phone:
    """A device: its id, the key in its URLs, and the ingest it reports to."""

    client: httpx.AsyncClient = field(repr=False)
    url: str
    """The base address of ingest; empty if the client has one itself."""
    id: str
    key: str
    extension: str = EXTENSION
    calls: list[Call] = field(default_factory=list)
    unanswered: int = 0
    """Hits of insistent calls that got no answer."""
    refused: int = 0
    """Hits of insistent calls that were answered with 503."""

    async def hit(self, event: str, **fields: Unpack[HitFields]) -> httpx.Response:
        """Sends one hit with exactly these fields, and returns its answer."""
        return await self.client.get(
            f"{self.url}/hit/{self.key}/{event}",
            params={name: str(value) for name, value in fields.items()},
        )

    async def post_hits(self, *events: str, **fields: Unpack[HitFields]) -> str:
        """Sends hits that must be accepted, and returns the id of the one call they belong to."""
        ids = set()
        for event in events:
            answer = await self.hit(event, **fields)
            assert answer.status_code == 202, answer.text
            ids.add(answer.json()["call_id"])
        assert len(ids) == 1, ids
        call: str = ids.pop()
        return call

    def call(self, number: str, script: Script = ANSWERED, **fields: str) -> Call:
        """A new call, of which no hit is sent yet. The fields are sent with each of its hits."""
        call = Call(self, number, script, fields)
        self.calls.append(call)
        return call

    async def hang_up(self) -> None:
        """Ends all calls that still run, so that the next test does not see them."""
        for call in self.calls:
            for extension in sorted(call.running):
                await call.ended(extension)
