"""What the tests of a whole fleet share: a company on it with its phone, its browsers, its log."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Self
from urllib.parse import parse_qsl
from uuid import uuid4

import aio_pika
import httpx

from softphone_common.bus import topology
from softphone_common.contracts.events import Role
from softphone_testing.activation_codes import code
from softphone_testing.processes import Fleet, Process
from softphone_testing.until import until

Json = dict[str, Any]

EXTENSION = "21"
KNOWN = "030 23125201"
KNOWN_E164 = "+493023125201"
STRANGERS = ("0171 3920044", "089 99998077", "030 23125999")
FOLDED = timedelta(milliseconds=1)
"""Clocks are read in whole milliseconds."""

ANSWERED = ("ringing", "connected", "ended")
MISSED = ("ringing", "missed")
TOLD_TALK = timedelta(seconds=42)
TOLD_END = "ended?duration=42"
TOLD = ("ringing", TOLD_END)
REPEATED = ("ringing", "ringing", "connected", "ringing", "connected", "ended", "ended")
PHONES = 4
SCRIPTS = (ANSWERED, MISSED, TOLD, REPEATED)


@dataclass
class Line:
    """One call of a script: what was sent, when, and what the log must say of it."""

    number: str
    script: tuple[str, ...]
    external_id: str = field(default_factory=lambda: uuid4().hex)
    call_id: str = ""
    sent: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    """Phase, begin and end of every request that was accepted."""
    tried: dict[str, datetime] = field(default_factory=dict)
    """When each phase was first sent, accepted or not: what is refused may come through."""

    def check(self, logged: Json, record: str | None) -> None:
        """Every time is that of the hit that counts, and all else follows from the script."""
        rung, connected, ended = (_time(logged[f"{p}_at"]) for p in ("rung", "connected", "ended"))
        missed = "missed" in self.script
        self._came(rung, "ringing", first=True)
        self._came(ended, "missed" if missed else "ended", first=False)
        talk = timedelta(0)
        if "connected" in self.script:
            self._came(connected, "connected", first=True)
            assert connected
            assert ended
            talk = ended - connected
        elif TOLD_END in self.script:
            talk = TOLD_TALK
        assert rung
        assert ended
        expected = {
            "phase": "missed" if missed else "ended",
            "outcome": "missed" if missed else "answered",
            "talk_seconds": int(talk.total_seconds()),
            "ring_seconds": int(max(timedelta(0), ended - talk - rung).total_seconds()),
            "extension": EXTENSION,
            "identity": "phone",
        }
        found = {field: logged[field] for field in expected}
        assert found == expected, f"{self}: {found} is not {expected}"
        assert logged["remote"]["raw"] == self.number, f"{self}: {logged['remote']}"
        records = [match["record"] for match in logged["matches"]]
        assert records == ([record] if record else []), f"{self}: matches {records}"
        assert (connected is None) == missed, f"{self}: connected at {connected}"

    def _came(self, at: datetime | None, phase: str, *, first: bool) -> None:
        """The time is that of the first or last hit of this phase, whatever became of others."""
        hits = [sent for sent in self.sent if sent[0] == phase]
        _, began, answered = hits[0] if first else hits[-1]
        if first:
            began = self.tried[phase]
        came = at is not None and began - FOLDED <= at <= answered
        assert came, f"{self}: {phase} at {at}, not from {began} to {answered}"


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


async def holds(check: Callable[[], Awaitable[None]], what: str) -> None:
    """Waits until the check finds nothing to assert against."""

    async def passed() -> bool:
        await check()
        return True

    done: bool = await until(passed, what=what)
    assert done


class Traffic:
    """How many calls the phones have finished, and whether they are to go home."""

    def __init__(self) -> None:
        self.finished = 0
        self.ended = False

    async def more(self, calls: int) -> None:
        """Waits until that many more are finished."""
        enough = self.finished + calls
        await until(lambda: self.finished >= enough, what=f"{calls} more calls")


class Company:
    """A tenant of the fleet with one user at one extension, one device and one record."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.tenant = f"t-{uuid4().hex[:12]}"
        self.lines: list[Line] = []
        self.key = self.user = self.record = ""
        self.unanswered = self.refused = 0
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._client = httpx.AsyncClient(trust_env=False, timeout=30, limits=limits)
        self._turn = count()

    async def __aenter__(self) -> Self:
        """Set up through the product's own interface."""
        path = f"/api/tenants/{self.tenant}"
        given: Json = {"name": "Huber GmbH", "activation_code": code(self.tenant)}
        await self._ask("ingest", "PUT", path, given, "operator")
        given = {"login": "anna", "password": "long enough to do", "extensions": [EXTENSION]}
        self.user = (await self._ask("notifier", "POST", "/api/users", given))["id"]
        self.key = (await self._ask("ingest", "POST", "/api/devices", {"name": "Desk"}))["key"]
        given = {"type": "contact", "name": "Erika Huber", "numbers": [{"number": KNOWN}]}
        self.record = (await self._ask("matcher", "POST", "/api/directory/records", given))["id"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    @property
    def token(self) -> str:
        """The user's."""
        return self.fleet.token(self.tenant, extensions=(EXTENSION,), user=self.user)

    async def hit(self, line: Line, event: str, ingest: str = "") -> httpx.Response:
        """One request of the phone, to the fleet's ingest unless another is named; noted in the
        line if it is accepted."""
        phase, _, more = event.partition("?")
        said = {"extension": EXTENSION, "number": line.number, "call_id": line.external_id}
        url = f"{ingest or self.fleet['ingest'].url}/hit/{self.key}/{phase}"
        began = datetime.now(UTC)
        line.tried.setdefault(phase, began)
        answer = await self._client.get(url, params={**said, **dict(parse_qsl(more))})
        if answer.status_code == 202:
            line.sent.append((phase, began, datetime.now(UTC)))
            line.call_id = answer.json()["call_id"]
        return answer

    async def insist(self, line: Line, event: str) -> None:
        """One request again and again, as of a phone that is told to, until it is accepted."""

        async def accepted() -> bool:
            try:
                answer = await self.hit(line, event)
            except httpx.TransportError:
                self.unanswered += 1
                return False
            assert answer.status_code in {202, 503}, answer.text
            self.refused += answer.status_code == 503
            return answer.status_code == 202

        done: bool = await until(accepted, what="an accepted hit")
        assert done

    def line(self, number: str = KNOWN, script: tuple[str, ...] = ANSWERED) -> Line:
        """A new call, of which nothing is said yet."""
        line = Line(number, script)
        self.lines.append(line)
        return line

    async def call(self, number: str | None = None, script: tuple[str, ...] | None = None) -> Line:
        """A whole call, each of its hits accepted; without script or number the next of ours."""
        line = self._next(number, script)
        for event in line.script:
            answer = await self.hit(line, event)
            assert answer.status_code == 202, answer.text
        return line

    async def calls(self, number: int) -> list[Line]:
        """That many calls at once, all kinds among them."""
        return await asyncio.gather(*(self.call() for _ in range(number)))

    @asynccontextmanager
    async def traffic(self) -> AsyncIterator["Traffic"]:
        """Phones that call all the time, and insist; at the end they finish the call in hand."""
        traffic = Traffic()

        async def phone() -> None:
            while not traffic.ended:
                line = self._next()
                for event in line.script:
                    await self.insist(line, event)
                traffic.finished += 1

        async with asyncio.TaskGroup() as phones:
            for _ in range(PHONES):
                phones.create_task(phone())
            try:
                yield traffic
            finally:
                traffic.ended = True

    def _next(self, number: str | None = None, script: tuple[str, ...] | None = None) -> Line:
        turn = next(self._turn)
        number = number or (KNOWN if turn % 2 else STRANGERS[turn % len(STRANGERS)])
        return self.line(number, script or SCRIPTS[turn % len(SCRIPTS)])

    async def log(self) -> list[Json]:
        """Every call in the log."""
        items: list[Json] = []
        cursor = ""
        while True:
            page = await self._ask("calllog", "GET", f"/api/calls?limit=200{cursor}")
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = f"&cursor={page['next']}"

    async def has_logged(self, line: Line) -> bool:
        """Whether the log can be asked about this call and has it."""
        try:
            path = f"/api/calls/{line.call_id}"
            return (await self._request("calllog", "GET", path, None, "admin")).is_success
        except httpx.TransportError:
            return False

    async def check_log(self) -> None:
        """Every call is there once, as it was told, with what the directory knows of it."""
        logged = await self.log()
        by_id = {call["id"]: call for call in logged}
        assert len(by_id) == len(logged), "a call is there twice"
        ours = {line.call_id for line in self.lines}
        assert by_id.keys() == ours, f"missing {ours - by_id.keys()}, extra {by_id.keys() - ours}"
        for line in self.lines:
            line.check(by_id[line.call_id], self.record if line.number == KNOWN else None)

    async def request_sweep(self) -> httpx.Response:
        """Asks the janitor for a sweep once."""
        return await self._request("janitor", "POST", "/api/sweeps", {"tenant": self.tenant})

    async def ask_sweep(self) -> str:
        """Has the janitor begin a sweep; its id."""
        body = {"tenant": self.tenant}
        sweep: str = (await self._ask("janitor", "POST", "/api/sweeps", body, "operator"))["id"]
        return sweep

    async def latest_sweep(self) -> str:
        """The id of the last one asked for, or an empty text."""
        sweeps = await self._ask("janitor", "GET", "/api/sweeps", role="operator")
        mine = (s for s in sweeps["items"] if s["tenant"] == self.tenant)
        latest: str = next((s["id"] for s in mine if s["requested_by"] == "operator"), "")
        return latest

    async def swept(self, sweep: str) -> Json:
        """Waits until the janitor says that the sweep is done."""

        async def done() -> Json:
            sweeps = await self._ask("janitor", "GET", "/api/sweeps", role="operator")
            mine: Json = next(item for item in sweeps["items"] if item["id"] == sweep)
            return mine if mine["finished_at"] else {}

        found: Json = await until(done, what="the sweep's end")
        return found

    async def caught_up(self) -> None:
        """Waits until the log tells of all calls what it must."""

        await holds(self.check_log, "a complete log")

    async def _ask(
        self, service: str, method: str, path: str, body: Any = None, role: Role = "admin"
    ) -> Json:
        """Waits while the service has not heard of the tenant yet."""

        async def answer() -> httpx.Response:
            given = await self._request(service, method, path, body, role)
            assert given.status_code != 503, given.text
            return given

        given: httpx.Response = await until(answer, what=f"{method} {path}")
        assert given.is_success, given.text
        found: Json = given.json()
        return found

    async def _request(
        self, service: str, method: str, path: str, body: Any, role: Role = "operator"
    ) -> httpx.Response:
        url = f"{self.fleet[service].url}{path}"
        headers = {"Authorization": f"Bearer {self.fleet.token(self.tenant, role)}"}
        return await self._client.request(method, url, json=body, headers=headers)


async def lengths(rabbitmq: str) -> dict[str, int]:
    """How many messages wait in each queue that is not an instance's own."""
    names = [queue.name for queue in topology.work_queues()]
    names += [queue.name for _, queue in topology.retry_queues()]
    found = {}
    async with await aio_pika.connect(rabbitmq) as connection, connection.channel() as channel:
        for name in names:
            queue = await channel.declare_queue(name, passive=True)
            found[name] = queue.declaration_result.message_count or 0
    return found


async def settles(rabbitmq: str, before: dict[str, int]) -> None:
    """Waits until as many messages wait in each queue as before."""

    async def settled() -> None:
        assert await lengths(rabbitmq) == before

    await holds(settled, "queues as they were before")


async def readiness(process: Process) -> tuple[int, Json]:
    """What `/readyz` answers, by a new connection. No certificate is read, of which there is none:
    it would take longer than the answer, each time."""
    async with httpx.AsyncClient(trust_env=False, timeout=30, verify=False) as client:
        given = await client.get(f"{process.url}/readyz")
    return given.status_code, given.json()
