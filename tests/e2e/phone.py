"""A phone as the connector knows one: something that calls a URL when the line changes."""

from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

_CALLS = count(1)


@dataclass(frozen=True)
class Phone:
    client: httpx.AsyncClient
    key: str
    extension: str

    def line(self, number: str, **said: Any) -> "Line":
        """A new call of this phone with that number."""
        return Line(self, number, f"e2e-{next(_CALLS)}", said)


@dataclass(frozen=True)
class Line:
    """One call: every event of it carries the phone's own id and whatever else the phone tells."""

    phone: Phone
    number: str
    external_id: str
    said: dict[str, Any]

    async def hit(self, event: str, extension: str | None = None) -> str:
        """Tells the event; the connector's id of the call."""
        query = {
            "extension": extension or self.phone.extension,
            "number": self.number,
            "call_id": self.external_id,
            **self.said,
        }
        answer = await self.phone.client.get(f"/hit/{self.phone.key}/{event}", params=query)
        assert answer.status_code == 202, answer.text
        call: str = answer.json()["call_id"]
        return call
