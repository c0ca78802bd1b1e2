"""One fault under load, and its result: the hits sent, compared with the log and the screens."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

import httpx
from pymongo import AsyncMongoClient

from faults.load import Load, insist
from faults.screen import Screen
from faults.site import Site
from faults.table import Row
from softphone_testing.until import until
from support.bus.queues import queue_lengths
from support.product import Json
from support.stack.readiness import readiness
from support.tenant.call import MISSED, Call
from support.tenant.company import LISTED, Company, company_of

OTHER_EXTENSION = "22"
COMPANIES = 6
"""Enough to keep each company's log within the pages that a screen reads."""
SETTLE_SECONDS = 120.0


@dataclass(frozen=True)
class Pace:
    """The rate of hits, and the seconds of load before, during and after the fault."""

    hits_per_second: float
    before: float
    fault: float
    after: float


class Desks:
    """The screens of a company: that of the user who is called, and one at another extension."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.screen = Screen(company, company.token())
        self.other = Screen(company, company.token(OTHER_EXTENSION))


@dataclass
class Result:
    """Everything that went wrong, call by call; empty if nothing did."""

    lost: dict[str, Call] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)

    def lose(self, call: Call, why: str) -> None:
        self.lost[call.call_id or call.external_id] = call
        self.why.append(why)

    def double(self, call_id: str, why: str) -> None:
        self.doubled.append(call_id)
        self.why.append(f"{call_id}: {why}")

    def find(self, call_id: str, why: str) -> None:
        self.unexpected.append(call_id)
        self.why.append(f"{call_id}: {why}")


FaultAmong = Callable[[Sequence[Desks], Load], AbstractAsyncContextManager[object]]
"""Begins a fault among these companies, and ends it with the context."""


async def run_scenario(site: Site, name: str, fault: FaultAmong, pace: Pace) -> tuple[Row, Result]:
    """Puts load on the site before, during and after the fault, and returns what became of it."""
    await site.ready()
    async with _all_desks(site) as all_desks:
        companies = [desks.company for desks in all_desks]
        load = Load(companies, pace.hits_per_second)
        async with load.on():
            await asyncio.sleep(pace.before)  # under load
            sweep = await companies[0].start_sweep()
            async with fault(all_desks, load):
                await asyncio.sleep(pace.fault)  # under load
                ended = monotonic()
            recovery = asyncio.create_task(_recovered(all_desks[1]))
            await asyncio.sleep(max(0, ended + pace.after - monotonic()))  # under load
        recovered = await recovery - ended  # outside of the load: a slow machine must not get more
        result = await _settled(site, all_desks)
        await companies[0].until_swept(sweep)
        calls = [call for company in companies for call in company.calls]
        row = Row(
            fault=name,
            **_counts(calls, result),
            doubled=len(result.doubled),
            unexpected=len(result.unexpected),
            recovery_s=round(recovered, 1),
            longest_popup_s=round(max(_popups(all_desks), default=0), 1),
        )
        return row, result


def _counts(calls: Sequence[Call], result: Result) -> dict[str, int]:
    """The figures that count hits. A call in the log as reported has all its hits there."""
    logged = [call for call in calls if call.call_id not in result.lost and call.call_id]
    sent = sum(len(call.sent) for call in calls)
    attempted = sum(max(call.attempted, len(call.sent)) for call in calls)
    in_the_log = sum(max(call.attempted, len(call.sent)) for call in logged)
    lost = sum(len(call.sent) for call in result.lost.values())
    return {
        "attempted": attempted,
        "acknowledged": sent,
        "in_the_log": in_the_log,
        "lost": lost,
        "recovered": max(0, in_the_log - (sent - lost)),
    }


@asynccontextmanager
async def _all_desks(site: Site) -> AsyncIterator[Sequence[Desks]]:
    async with AsyncExitStack() as stack:
        companies = [await stack.enter_async_context(company_of(site)) for _ in range(COMPANIES)]
        all_desks = [Desks(company) for company in companies]
        for desks in all_desks:
            for screen in (desks.screen, desks.other):
                await stack.enter_async_context(screen.open())
                await until(partial(getattr, screen, "was_connected"), what="a socket")
        yield all_desks


async def _recovered(desks: Desks) -> float:
    """The time at which a call that begins now is in the log and on the screen."""
    company = desks.company
    call = company.new_call(LISTED, MISSED)
    await insist(call, "ringing")

    async def is_there() -> bool:
        return call.call_id in desks.screen.calls and await company.has_logged(call)

    await until(is_there, what="the first call after the fault")
    now = monotonic()
    await insist(call, "missed")
    return now


async def _log(company: Company) -> list[Json]:
    try:
        return await company.log()
    except httpx.HTTPError as error:
        raise AssertionError(f"the log can't be read: {error!r}") from error


async def _settled(site: Site, all_desks: Sequence[Desks]) -> Result:
    """The result as soon as nothing is wrong, something is doubled, or the time is over."""
    end = monotonic() + SETTLE_SECONDS
    while True:
        result = Result()
        for desks in all_desks:
            try:
                await _compare(desks, result)
            except AssertionError as error:
                result.why.append(str(error))
        result.why += await _left_over(site)
        if not result.why or result.doubled or result.unexpected or monotonic() > end:
            return result
        await asyncio.sleep(0.5)  # reading the whole log is a load, too


async def _compare(desks: Desks, result: Result) -> None:
    company, screen = desks.company, desks.screen
    by_id = {entry["id"]: entry for entry in await _log(company)}
    for call in company.calls:
        entry = by_id.pop(call.call_id, None)
        if entry is None:
            result.lose(call, f"{call} is not in the log")
            continue
        try:
            call.check(entry, company.record_of(call))
        except AssertionError as error:
            result.lose(call, str(error))
        shown = screen.calls.get(call.call_id, {"phase": "nothing"})
        if shown["phase"] != entry["phase"]:
            result.lose(call, f"{call} shows {shown['phase']}")
    ours = {call.call_id for call in company.calls}
    for extra in by_id:
        result.find(extra, "no phone has sent it")
    for again in screen.again:
        result.double(again, "popped up again")
    for stray in [*(screen.calls.keys() - ours - by_id.keys()), *desks.other.calls]:
        result.double(stray, "popped up at the wrong desk")


async def _left_over(site: Site) -> list[str]:
    queues = {name: n for name, n in (await queue_lengths(site.broker)).items() if n}
    status, body = await readiness(site["ingest"])
    client: AsyncMongoClient[Json] = AsyncMongoClient(site.servers["MongoDB"].url)
    async with client:
        dead = await client.get_default_database()["dead_letters"].count_documents({})
    return [
        *([f"queues hold {queues}"] if queues else []),
        *([f"{dead} dead letters"] if dead else []),
        *([f"ingest says {body}"] if body["status"] != "ok" or status != 200 else []),
    ]


def _popups(all_desks: Sequence[Desks]) -> list[float]:
    """Seconds from the ring of each call that began with one until it was on the screen."""
    return [
        (desks.screen.first[call.call_id] - call.sent[0].began).total_seconds()
        for desks in all_desks
        for call in desks.company.calls
        if call.sent and call.sent[0].event == "ringing" and call.call_id in desks.screen.first
    ]
