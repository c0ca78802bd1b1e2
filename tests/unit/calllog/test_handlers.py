"""Calllog over a bus and stores in memory: the fold of its queue, and the sweep on request."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from softphone_calllog.calls import CallPage, CallPosition
from softphone_calllog.handlers import CALLS_OF_A_NUMBER
from softphone_calllog.search.filter import CallFilter
from softphone_calllog.sweeper import Sweeper
from softphone_common.bus import topology
from softphone_common.contracts.events import (
    CallObserved,
    NumbersMatched,
)
from softphone_common.domain.call import Phase
from softphone_common.domain.matching import Lookup
from softphone_testing.memory.calls import MemoryCallStore
from softphone_testing.until import until
from support.bus.buses import running
from support.observations import CALLER, at
from support.stack.memory_calllog import NIGHT, SETTINGS, Calllog
from support.store_contracts.calls import MATCH, fact, matched


@pytest.fixture
async def calllog() -> AsyncIterator[Calllog]:
    log = Calllog()
    async with running(log.bus, log.other):
        yield log


async def test_messages_in_any_order_are_one_call(calllog: Calllog) -> None:
    await calllog.other.publish(fact("ended", 65), matched(2, MATCH), fact("connected", 5))
    await calllog.other.publish(fact("ringing", 0), fact("ended", 65))
    record = await calllog.phase("c1", "ended")
    await until(lambda: calllog.broker.ready("calllog.call") == 0, what="an empty queue")
    assert record.json().talk_seconds == 60
    assert record.matches == (MATCH,)


async def test_latest_calls_of_a_number_follow_its_records(calllog: Calllog) -> None:
    calls = [fact("missed", n, call=f"c{n}") for n in range(CALLS_OF_A_NUMBER + 1)]
    await calllog.calls.add([*calls, matched(2, MATCH, call="c20")])
    number = CALLER.e164 or ""
    lookups = (Lookup(number, (), at(9)), Lookup("+493023125001", (MATCH,), at(9)))
    await calllog.other.publish(NumbersMatched(tenant="acme", lookups=lookups))
    await calllog.other.publish(NumbersMatched(tenant="other", lookups=(lookups[1],)))
    await until(lambda: calllog.broker.ready("calllog.number") == 0, what="an empty queue")

    async def looked_up() -> list[str]:
        page = await calllog.calls.list_calls(CallFilter("acme"), None, 50)
        return [record.call.id for record in page.items if record.json().matched]

    async def are_latest() -> bool:
        return await looked_up() == [f"c{n}" for n in range(CALLS_OF_A_NUMBER, 0, -1)]

    await until(are_latest, what="the look-up in the latest calls")
    assert (await calllog.phase("c20", "missed")).matches == ()


async def test_a_burst_is_stored_in_batches(calllog: Calllog) -> None:
    facts = [fact("ringing", n, call=f"c{n}") for n in range(120)]
    await calllog.other.publish(*facts)

    async def all_stored() -> bool:
        page = await calllog.calls.list_calls(CallFilter("acme"), None, 200)
        return len(page.items) == len(facts)

    await until(all_stored, what="all calls")
    assert sum(calllog.calls.batches) == len(facts)
    assert max(calllog.calls.batches) == 50


async def test_an_outage_of_the_store_costs_no_message(calllog: Calllog) -> None:
    calllog.calls.outages = 2
    await calllog.other.publish(fact("missed", 0))
    await calllog.phase("c1", "missed")
    assert calllog.broker.delayed() == 0
    assert calllog.broker.ready(topology.dead("calllog.call")) == 0


async def test_a_message_that_fails_holds_up_no_other(calllog: Calllog) -> None:
    calllog.calls.refused = "poison"
    batch = [fact("missed", n, call=call) for n, call in enumerate(("a", "poison", "b"))]
    await calllog.other.publish(*batch)
    for call in ("a", "b"):
        await calllog.phase(call, "missed")
    await until(lambda: calllog.broker.delayed() == 1, what="the retry")
    for seconds in topology.RETRY_SECONDS:
        await until(lambda: calllog.broker.delayed() == 1, what="the next retry")
        calllog.broker.advance(seconds)
    dead = topology.dead("calllog.call")
    await until(lambda: calllog.broker.ready(dead) == 1, what="the dead letter")
    assert await calllog.get("poison") is None


async def test_a_sweep_moves_stale_calls_and_reports(calllog: Calllog) -> None:
    stale = [fact("ringing", n, call=f"stale{n}") for n in range(5)]
    others = [
        fact("missed", 0, call="missed"),
        fact("connected", 86_000, call="talking"),
        replace_call(fact("ringing", 86_300), "ringing"),
    ]
    await calllog.calls.add([*stale, *others])
    finished = await calllog.sweep()
    assert (finished.moved, finished.sweep, finished.finished_at) == (5, "acme/night", NIGHT)
    await until(lambda: len(calllog.changed) == 5, what="the news")
    assert set(calllog.changed) == {f"stale{n}" for n in range(5)}
    page = await calllog.calls.list_calls(CallFilter("acme"), None, 50)
    assert {record.call.id for record in page.items} == {"missed", "talking", "ringing"}


async def test_a_repeated_sweep_reports_what_it_moved(calllog: Calllog) -> None:
    await calllog.calls.add([fact("ringing", 0)])
    assert (await calllog.sweep()).moved == 1
    await calllog.calls.add([fact("ringing", 1, call="c2")])
    assert (await calllog.sweep()).moved == 2
    assert (await calllog.sweep(sweep="acme/other")).moved == 0


class AnsweredMeanwhile(MemoryCallStore):
    """A store in which the phone reports the answer while a sweep looks at the call."""

    async def list_incomplete(
        self, tenant: str, silent_since: datetime, after: CallPosition, size: int
    ) -> CallPage:
        page = await super().list_incomplete(tenant, silent_since, after, size)
        await self.add([fact("connected", 80_000)])
        return page


async def test_a_call_written_during_a_sweep_stays() -> None:
    calls = AnsweredMeanwhile()
    await calls.add([fact("ringing", 0), fact("ringing", 1, call="c2")])
    swept = await Sweeper(calls, SETTINGS).sweep("acme", "night", "PBX Clean Up", NIGHT)
    assert [record.call.id for record in swept] == ["c2"]
    record = await calls.get("acme", "c1")
    assert record is not None
    assert record.deleted_at is None


@pytest.mark.parametrize(
    ("phase", "age", "moved"),
    [
        ("ringing", timedelta(seconds=SETTINGS.clean_up_grace_seconds), 0),
        ("ringing", timedelta(seconds=SETTINGS.clean_up_grace_seconds + 1), 1),
        ("connected", timedelta(seconds=SETTINGS.clean_up_live_seconds), 0),
        ("connected", timedelta(seconds=SETTINGS.clean_up_live_seconds + 1), 1),
    ],
)
async def test_the_settings_decide_when_a_call_is_stale(
    phase: Phase, age: timedelta, moved: int
) -> None:
    calls = MemoryCallStore()
    await calls.add([fact(phase, 0)])
    swept = await Sweeper(calls, SETTINGS).sweep("acme", "night", "PBX Clean Up", at(0) + age)
    assert len(swept) == moved


def replace_call(message: CallObserved, call: str) -> CallObserved:
    observation = replace(message.observation, call_id=call)
    return message.model_copy(update={"observation": observation})
