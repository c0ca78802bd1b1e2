"""Devices with the preset of a make, and the calls that their hits make in the log."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from softphone_testing.until import until
from support.product import Json
from support.stack.installation import Installation
from support.tenant.company import Company

E164, OTHER_E164 = "+498999998001", "+4917604069001"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Sender:
    """A device with a preset, which sends hits in the preset's format."""

    installation: Installation
    company: Company
    id: str
    key: str

    @property
    def url(self) -> str:
        return f"{self.installation.url}/hit/{self.key}"

    async def hits(self) -> list[Json]:
        """The newest hits as the inspector shows them, newest first."""
        token = self.installation.token(self.company.tenant)
        items: list[Json] = (await self.installation.get(f"/api/devices/{self.id}/hits", token))[
            "items"
        ]
        return items

    async def gets(self, *paths: str, after: float = 0) -> None:
        """Requests paths below the device's URL in order, `after` seconds later."""
        self.installation.clock.move(timedelta(seconds=after))
        for path in paths:
            answer = await self.installation.client.get(f"/hit/{self.key}/{path}")
            assert answer.is_success, answer.text

    async def posts(self, body: str, path: str = "", kind: str = FORM, after: float = 0) -> None:
        """Posts to the device's URL, `after` seconds later."""
        self.installation.clock.move(timedelta(seconds=after))
        headers = {"Content-Type": kind}
        url = f"/hit/{self.key}{path}"
        answer = await self.installation.client.post(url, content=body, headers=headers)
        assert answer.is_success, answer.text


async def sender(
    installation: Installation, company: Company, preset: str, **fields: Any
) -> Sender:
    body = {"name": preset, "preset": preset, **fields}
    device = await installation.post("/api/devices", company.admin.token, body)
    return Sender(installation, company, device["id"], device["key"])


async def logged(installation: Installation, company: Company, *wanted: Json) -> list[Json]:
    """Waits until the log holds as many calls as given, oldest first, each with its fields.

    Legs are compared as a mapping from extension to phase.
    """

    async def there() -> list[Json]:
        token = installation.token(company.tenant)  # the clock may have outrun older tokens
        entries = await installation.calls(token)
        calls = sorted(entries, key=lambda call: str(call["started_at"]))
        seen = [{**call, "legs": legs(call)} for call in calls]
        assert [
            {field: call[field] for field in must} for call, must in zip(seen, wanted, strict=False)
        ] == list(wanted)
        assert len(calls) == len(wanted)
        return calls

    return await until(there, what=f"{len(wanted)} calls")


def parties(calls: list[Json]) -> list[str | None]:
    return [call["remote"]["e164"] for call in calls]


def legs(call: Json) -> dict[str, str]:
    return {leg["extension"]: leg["phase"] for leg in call["legs"]}


ANSWERED = {"phase": "ended", "outcome": "answered", "talk_seconds": 37}
MISSED = {"phase": "missed", "outcome": "missed", "talk_seconds": 0}
