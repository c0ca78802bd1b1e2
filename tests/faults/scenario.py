"""One fault under load, and the verdict: what was told against what the log and screens say."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

import httpx
from pymongo import AsyncMongoClient

from faults.desk import Desk
from faults.load import Load, insist
from faults.site import Site
from faults.table import Row
from softphone_testing.until import until
from support.fleet import KNOWN, MISSED, Company, Json, Line, lengths, readiness

OTHER_EXTENSION = "22"
COMPANIES = 6
"""So many that no company has more calls than a user turns the pages of its log for."""
SETTLE_SECONDS = 120.0


@dataclass(frozen=True)
class Pace:
    """How hard, and how many seconds before, in and after the fault."""

    hits_per_second: float
    before: float
    fault: float
    after: float


class Office:
    """A company with two desks: that of the user who is called, and another's."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.desk = Desk(company, company.token)
        other = company.fleet.token(company.tenant, extensions=(OTHER_EXTENSION,))
        self.other = Desk(company, other)


@dataclass
class Result:
    """What is wrong, call by call; empty if nothing is."""

    lost: dict[str, Line] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)

    def lose(self, line: Line, why: str) -> None:
        self.lost[line.call_id or line.external_id] = line
        self.why.append(why)

    def double(self, call: str, why: str) -> None:
        self.doubled.append(call)
        self.why.append(f"{call}: {why}")


async def run_scenario(
    site: Site, name: str, fault: AbstractAsyncContextManager[None], pace: Pace
) -> tuple[Row, Result]:
    """Has companies at work before, in and after the fault, lets all settle, and judges."""
    await site.ready()
    async with _offices(site) as offices:
        first = offices[0].company
        load = Load([office.company for office in offices], pace.hits_per_second)
        async with load.on():
            await asyncio.sleep(pace.before)  # under load
            sweep = await first.ask_sweep()
            async with fault:
                await asyncio.sleep(pace.fault)  # under load
                ended = monotonic()
            recovery = asyncio.create_task(_recovered(offices[1]))
            await asyncio.sleep(max(0, ended + pace.after - monotonic()))  # under load
        recovered = await recovery - ended  # a slow machine gets no more load than a fast one
        verdict = await _settled(site, offices)
        await first.swept(sweep)
        lines = [line for office in offices for line in office.company.lines]
        row = Row(
            fault=name,
            acknowledged=sum(len(line.sent) for line in lines),
            lost=sum(len(line.sent) for line in verdict.lost.values()),
            doubled=len(verdict.doubled),
            recovery_s=round(recovered, 1),
            longest_popup_s=round(max(_popups(offices), default=0), 1),
        )
        return row, verdict


@asynccontextmanager
async def _offices(site: Site) -> AsyncIterator[Sequence[Office]]:
    async with AsyncExitStack() as stack:
        companies = [await stack.enter_async_context(Company(site)) for _ in range(COMPANIES)]
        offices = [Office(company) for company in companies]
        for office in offices:
            for desk in (office.desk, office.other):
                await stack.enter_async_context(desk.occupied())
                await until(partial(getattr, desk, "is_connected"), what="a socket")
        yield offices


async def _recovered(office: Office) -> float:
    """When a call that begins now is in the log and on the screen."""
    company = office.company
    line = company.line(KNOWN, MISSED)
    await insist(company, line, "ringing")

    async def there() -> bool:
        return line.call_id in office.desk.calls and await company.has_logged(line)

    await until(there, what="the first call after the fault")
    now = monotonic()
    await insist(company, line, "missed")
    return now


async def _log(company: Company) -> list[Json]:
    try:
        return await company.log()
    except httpx.HTTPError as error:
        raise AssertionError(f"the log can't be read: {error!r}") from error


async def _settled(site: Site, offices: Sequence[Office]) -> Result:
    """The verdict as soon as there is nothing to say, or when it is too late."""
    end = monotonic() + SETTLE_SECONDS
    while True:
        verdict = Result()
        for office in offices:
            try:
                await _judge(office, verdict)
            except AssertionError as error:
                verdict.why.append(str(error))
        verdict.why += await _left_over(site)
        if not verdict.why or verdict.doubled or monotonic() > end:
            return verdict
        await asyncio.sleep(0.5)  # reading the whole log is a load too


async def _judge(office: Office, verdict: Result) -> None:
    company, desk = office.company, office.desk
    logged = await _log(company)
    by_id = {call["id"]: call for call in logged}
    for line in company.lines:
        call = by_id.pop(line.call_id, None)
        if call is None:
            verdict.lose(line, f"{line} is not in the log")
            continue
        try:
            line.check(call, company.record if line.number == KNOWN else None)
        except AssertionError as error:
            verdict.lose(line, str(error))
        shown = desk.calls.get(line.call_id, {"phase": "nothing"})
        if shown["phase"] != call["phase"]:
            verdict.lose(line, f"{line} shows {shown['phase']}")
    ours = {line.call_id for line in company.lines}
    for extra in by_id:
        verdict.double(extra, "nobody called")
    for again in desk.again:
        verdict.double(again, "popped up again")
    for stray in [*(desk.calls.keys() - ours - by_id.keys()), *office.other.calls]:
        verdict.double(stray, "popped up at the wrong desk")


async def _left_over(site: Site) -> list[str]:
    queues = {name: n for name, n in (await lengths(site.broker)).items() if n}
    status, body = await readiness(site["ingest"])
    client: AsyncMongoClient[Json] = AsyncMongoClient(site.servers["MongoDB"].url)
    async with client:
        dead = await client.get_default_database()["dead_letters"].count_documents({})
    return [
        *([f"queues hold {queues}"] if queues else []),
        *([f"{dead} dead letters"] if dead else []),
        *([f"ingest says {body}"] if body["status"] != "ok" or status != 200 else []),
    ]


def _popups(offices: Sequence[Office]) -> list[float]:
    """How long each call that began with its ring took to be seen."""
    return [
        (office.desk.first[line.call_id] - line.sent[0][1]).total_seconds()
        for office in offices
        for line in office.company.lines
        if line.sent and line.sent[0][0] == "ringing" and line.call_id in office.desk.first
    ]
