"""A phone as the connector knows one: something that calls a URL when the line changes."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

_CALLS = count(1)
_ENDS = {"ended", "missed"}


@dataclass(frozen=True)
class Phone:
    client: httpx.AsyncClient
    key: str
    extension: str
    lines: list["Line"] = field(default_factory=list)

    def line(self, number: str, **said: Any) -> "Line":
        """A new call of this phone with that number."""
        line = Line(self, number, f"e2e-{next(_CALLS)}", said)
        self.lines.append(line)
        return line

    async def hang_up(self) -> None:
        """Ends whatever still runs, so that nobody's next page opens with it."""
        for line in self.lines:
            for extension in sorted(line.running):
                await line.hit("ended", extension)


@dataclass(frozen=True)
class Line:
    """One call: every event of it carries the phone's own id and whatever else the phone tells."""

    phone: Phone
    number: str
    external_id: str
    said: dict[str, Any]
    running: set[str] = field(default_factory=set)

    async def hit(self, event: str, extension: str | None = None) -> str:
        """Tells the event; the connector's id of the call."""
        extension = extension or self.phone.extension
        query = {"extension": extension, "number": self.number, "call_id": self.external_id}
        path = f"/hit/{self.phone.key}/{event}"
        answer = await self.phone.client.get(path, params={**query, **self.said})
        assert answer.status_code == 202, answer.text
        if event in _ENDS:
            self.running.discard(extension)
        else:
            self.running.add(extension)
        call: str = answer.json()["call_id"]
        return call
