"""A call of a test: the hits its phone has sent, and what the call log must show of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx

from softphone_common.domain.call import Phase
from softphone_testing.until import until
from support.product import Json

if TYPE_CHECKING:
    from support.tenant.phone import Phone

CLOCK_STEP = timedelta(milliseconds=1)
"""Services round times down to whole milliseconds."""


@dataclass(frozen=True)
class Script:
    """The events of a call in their order, and what the phone itself reports with them."""

    events: tuple[Phase, ...]
    talk_seconds: int | None = None
    """Sent with the end, by phones that send no `connected`."""
    has_times: bool = False
    """Every hit carries the time of its event, so that hits may arrive in any order."""


ANSWERED = Script(("ringing", "connected", "ended"))
MISSED = Script(("ringing", "missed"))
WITH_TALK_TIME = Script(("ringing", "ended"), talk_seconds=42)
REPEATED = Script(("ringing", "ringing", "connected", "ringing", "connected", "ended", "ended"))
_ENDS = {"ended", "missed"}


@dataclass(frozen=True)
class SentHit:
    """A hit that was accepted, and the time before and after the request."""

    event: Phase
    began: datetime
    answered: datetime


@dataclass
class Call:
    """The hits a phone sends under one id, and the checks of what the log makes of them."""

    phone: Phone = field(repr=False)
    number: str
    script: Script = ANSWERED
    fields: dict[str, str] = field(default_factory=dict)
    """Sent with every hit, besides extension, number and id."""
    times: dict[Phase, datetime] = field(default_factory=dict)
    """Sent with the hit of each phase, by phones that report times."""
    external_id: str = field(default_factory=lambda: uuid4().hex)
    call_id: str = ""
    sent: list[SentHit] = field(default_factory=list)
    attempted: int = 0
    """Hits of an insistent phone, each counted once however often it was repeated."""
    tried: dict[Phase, datetime] = field(default_factory=dict)
    """When each phase was first sent. A hit that was refused may still have been processed."""
    running: set[str] = field(default_factory=set)
    """Extensions whose part of the call has not ended."""

    async def post(
        self,
        event: Phase,
        extension: str = "",
        url: str = "",
        client: httpx.AsyncClient | None = None,
    ) -> httpx.Response:
        """Sends one hit and notes it if it is accepted.

        The hit goes to the phone's own ingest, by its own client, unless others are given.
        """
        extension = extension or self.phone.extension
        values = {"extension": extension, "number": self.number, "call_id": self.external_id}
        values |= self.fields
        if event == "ended" and self.script.talk_seconds is not None:
            values["duration"] = str(self.script.talk_seconds)
        if event in self.times:
            values["time"] = self.times[event].isoformat().replace("+00:00", "Z")
        began = datetime.now(UTC)
        self.tried.setdefault(event, began)
        address = f"{url or self.phone.url}/hit/{self.phone.key}/{event}"
        answer = await (client or self.phone.client).get(address, params=values)
        if answer.status_code == 202:
            self.sent.append(SentHit(event, began, datetime.now(UTC)))
            self.call_id = answer.json()["call_id"]
            if event in _ENDS:
                self.running.discard(extension)
            else:
                self.running.add(extension)
        return answer

    async def send(self, event: Phase, extension: str = "", url: str = "") -> str:
        """Sends one hit that must be accepted, and returns the connector's id of the call."""
        answer = await self.post(event, extension, url)
        assert answer.status_code == 202, answer.text
        return self.call_id

    async def ringing(self, extension: str = "") -> str:
        return await self.send("ringing", extension)

    async def connected(self, extension: str = "") -> str:
        return await self.send("connected", extension)

    async def ended(self, extension: str = "") -> str:
        return await self.send("ended", extension)

    async def missed(self, extension: str = "") -> str:
        return await self.send("missed", extension)

    async def send_all(self, url: str = "") -> str:
        """Sends every event of the script; each must be accepted."""
        for event in self.script.events:
            await self.send(event, url=url)
        return self.call_id

    async def insist(self, event: Phase) -> None:
        """Repeats one hit until it is accepted, as phones do that are configured for retries."""

        async def accepted() -> bool:
            return await self.is_accepted(event)

        is_accepted: bool = await until(accepted, what="an accepted hit")
        assert is_accepted

    async def is_accepted(self, event: Phase, client: httpx.AsyncClient | None = None) -> bool:
        """Sends one hit. Refusals and failed connections are counted at the phone."""
        try:
            answer = await self.post(event, client=client)
        except httpx.TransportError:
            self.phone.unanswered += 1
            return False
        assert answer.status_code in {202, 503}, answer.text
        self.phone.refused += answer.status_code == 503
        return answer.status_code == 202

    def check(self, logged: Json, record: str | None) -> None:
        """Asserts that the log shows each time, and everything else that follows from the hits."""
        if self.script.has_times:
            talk, outcome = self._check_reported_times(logged)
            expected: Json = {}
        else:
            talk, outcome, expected = self._check_times_of_arrival(logged)
        expected |= {
            "phase": "missed" if "missed" in self.script.events else "ended",
            "outcome": outcome,
            "talk_seconds": int(talk.total_seconds()),
        }
        shown = {name: logged[name] for name in expected}
        assert shown == expected, f"{self}: {shown} is not {expected}"
        assert logged["remote"]["raw"] == self.number, f"{self}: {logged['remote']}"
        records = [match["record"] for match in logged["matches"]]
        assert records == ([record] if record else []), f"{self}: matches {records}"

    def _check_times_of_arrival(self, logged: Json) -> tuple[timedelta, str, Json]:
        """Every time is that of the hit that counts."""
        rung, connected, ended = (_time(logged[f"{p}_at"]) for p in ("rung", "connected", "ended"))
        is_missed = "missed" in self.script.events
        self._check_arrival(rung, "ringing")
        self._check_arrival(ended, "missed" if is_missed else "ended")
        talk = timedelta(seconds=self.script.talk_seconds or 0)
        if "connected" in self.script.events:
            self._check_arrival(connected, "connected")
            assert connected
            assert ended
            talk = ended - connected
        assert rung
        assert ended
        assert (connected is None) == is_missed, f"{self}: connected at {connected}"
        ring = int(max(timedelta(0), ended - talk - rung).total_seconds())
        expected: Json = {
            "ring_seconds": ring,
            "extension": self.phone.extension,
            "identity": "phone" if self.external_id else "derived",
        }
        return talk, "missed" if is_missed else "answered", expected

    def _check_arrival(self, at: datetime | None, event: Phase) -> None:
        """The time lies within the first hit of this event: a repeated one moves nothing."""
        hit = next(hit for hit in self.sent if hit.event == event)
        began = self.tried[event]
        is_within = at is not None and began - CLOCK_STEP <= at <= hit.answered
        assert is_within, f"{self}: {event} at {at}, not from {began} to {hit.answered}"

    def _check_reported_times(self, logged: Json) -> tuple[timedelta, str]:
        """Every time is exactly the one the phone has reported."""
        end = self.script.events[-1]
        phases: dict[str, Phase] = {
            "rung_at": "ringing",
            "connected_at": "connected",
            "ended_at": end,
        }
        expected = {name: self.times.get(phase) for name, phase in phases.items()}
        shown = {name: _time(logged[name]) for name in phases}
        assert shown == expected, f"{self}: {shown}"
        if "connected" not in self.times:
            return timedelta(0), "missed"
        return self.times[end] - self.times["connected"], "answered"


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
