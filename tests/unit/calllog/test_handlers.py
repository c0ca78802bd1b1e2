"""Calllog over a bus and stores in memory: the fold of its queue, and the sweep on request."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from softphone_calllog.calls import CallPage, CallPosition
from softphone_calllog.handlers import CALLS_OF_A_NUMBER, CallHandlers
from softphone_calllog.record import CallRecord, Fact
from softphone_calllog.search.filter import CallFilter
from softphone_calllog.settings import CalllogSettings
from softphone_calllog.sweeper import Sweeper
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus import topology
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.contracts.entities import Comment
from softphone_common.contracts.events import (
    CallChanged,
    CallMatched,
    CallObserved,
    CleanUpFinished,
    Message,
    NumbersMatched,
    RecordShared,
)
from softphone_common.domain.call import Phase
from softphone_common.domain.matching import Lookup
from softphone_common.domain.records.visibility import Viewer, matches_for
from softphone_common.process.errors import UnavailableError
from softphone_testing.memory.calls import MemoryCallStore, MemoryCommentStore, MemoryRecordSharings
from softphone_testing.until import until
from support.bus.buses import bus_settings, memory_bus, running
from support.observations import CALLER, at
from support.store_contracts.calls import MATCH, fact, matched

NIGHT = at(86_400)
SETTINGS = CalllogSettings(**bus_settings("amqp://memory").model_dump(), clean_up_batch=2)


class FailingStore(MemoryCallStore):
    """A store that is unavailable for some attempts and refuses a poisonous call."""

    def __init__(self) -> None:
        super().__init__()
        self.outages = 0
        self.refused = ""
        self.batches: list[int] = []

    async def add(self, facts: Sequence[Fact]) -> None:
        if self.outages:
            self.outages -= 1
            raise UnavailableError("MongoDB", "away")
        ids = {f.observation.call_id for f in facts if isinstance(f, CallObserved)}
        if self.refused in ids:
            raise ValueError(f"{self.refused} can't be stored")
        self.batches.append(len(facts))
        await super().add(facts)


class Calllog:
    """Calllog's handlers on their queues, and a bus of another service."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.calls = FailingStore()
        self.events: list[Message] = []
        self.bus = memory_bus(self.broker, "calllog")
        self.other = memory_bus(self.broker, "janitor")
        self.security = SecurityLog(self.bus, lambda: NIGHT, SETTINGS)
        sweeper = Sweeper(self.calls, SETTINGS)
        self.comments = MemoryCommentStore()
        stores = self.calls, self.comments, MemoryRecordSharings()
        handlers = self.handlers = CallHandlers(
            *stores, sweeper, self.security, self.bus, lambda: NIGHT
        )
        policy = BatchPolicy(50, 0.05)
        self.bus.consume("calllog.call", (CallObserved, CallMatched), handlers.on_calls, policy)
        self.bus.consume("calllog.number", NumbersMatched, handlers.on_numbers_matched)
        self.bus.consume("calllog.record", RecordShared, handlers.on_records_shared)
        self.bus.consume("calllog.clean-up", CleanUpRequested, handlers.on_clean_up_requested)
        self.other.subscribe(CallChanged, self._on_event, on_reconnect=lambda: None)
        self.other.consume("janitor.sweep", CleanUpFinished, self._on_finished)

    async def _on_event(self, message: CallChanged) -> None:
        self.events.append(message)

    async def _on_finished(self, messages: Sequence[CleanUpFinished]) -> None:
        self.events += messages

    async def get(self, call: str = "c1") -> CallRecord | None:
        return await self.calls.get("acme", call)

    async def phase(self, call: str, phase: str) -> CallRecord:
        async def reached() -> CallRecord | None:
            record = await self.get(call)
            return record if record and record.json().phase == phase else None

        record = await until(reached, what=f"{call} {phase}")
        assert record is not None
        return record

    async def sweep(self, as_of: datetime = NIGHT, sweep: str = "acme/night") -> CleanUpFinished:
        request = CleanUpRequested(tenant="acme", sweep=sweep, actor="PBX Clean Up", as_of=as_of)
        before = self.finished
        await self.other.publish(request)
        await until(lambda: len(self.finished) > len(before), what="the end of the sweep")
        return self.finished[-1]

    @property
    def finished(self) -> list[CleanUpFinished]:
        return [event for event in self.events if isinstance(event, CleanUpFinished)]

    @property
    def changed(self) -> list[str]:
        return [event.call_id for event in self.events if isinstance(event, CallChanged)]


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


async def test_all_calls_of_a_record_follow_who_sees_it(
    calllog: Calllog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However old they are, also deleted ones, and the comments that were saved to the record."""
    monkeypatch.setattr("softphone_calllog.handlers.BATCH", 2)
    other = replace(MATCH, record="r2", name="Huber GmbH")
    ids = [f"c{n}" for n in range(5)]
    await calllog.calls.add([fact("missed", n, call=call) for n, call in enumerate(ids)])
    await calllog.calls.add([matched(2, other, MATCH, call=call) for call in ids])
    await calllog.calls.add([fact("missed", 0, tenant="other"), matched(2, MATCH, tenant="other")])
    await calllog.calls.delete("acme", "c4", "anna", at(9))
    comment = Comment(id="k1", call="c0", text="Ja", author="anna", at=at(3), record=MATCH.record)
    await calllog.comments.add("acme", comment)
    shared: dict[str, Any] = {"tenant": "acme", "record": MATCH.record, "owner": "anna"}
    await calllog.other.publish(RecordShared(**shared, visible_to="owner", at=at(20)))
    # overtaken by the later one
    await calllog.other.publish(RecordShared(**shared, visible_to="everyone", at=at(10)))

    async def are_hidden() -> bool:
        found = [await calllog.calls.get("acme", call) for call in ids]
        shown = [matches_for(Viewer("bert"), record.matches) for record in found if record]
        return shown == [(other,)] * len(ids)

    await until(are_hidden, what="the record hidden in all calls")
    await until(lambda: calllog.broker.ready("calllog.record") == 0, what="an empty queue")
    assert await are_hidden()
    assert await calllog.comments.of_record("acme", MATCH.record, 9, Viewer("bert")) == []
    assert await calllog.comments.of_record("acme", MATCH.record, 9, Viewer("anna")) == [comment]
    filter_ = CallFilter("acme", terms=("erika",))
    assert (await calllog.calls.list_calls(filter_, None, 9)).items == []
    theirs = await calllog.calls.get("other", "c1")
    assert theirs is not None
    assert theirs.matches == (MATCH,)


async def test_restriction_hides_records_of_comments_saved_meanwhile(calllog: Calllog) -> None:
    comment = Comment(id="k1", call="c1", text="Ja", author="anna", at=at(3), record=MATCH.record)
    add = calllog.calls.add

    async def comment_first(facts: Sequence[Fact]) -> None:
        """Somebody saves a comment to the record, as the call has it until then."""
        await calllog.comments.add("acme", comment)
        await add(facts)

    await add([fact("missed", 0), matched(2, MATCH)])
    calllog.calls.add = comment_first  # type: ignore[method-assign]
    shared = RecordShared(tenant="acme", record=MATCH.record, visible_to="admins", at=at(20))
    await calllog.handlers.on_records_shared([shared])
    assert await calllog.comments.of_record("acme", MATCH.record, 9, Viewer("bert")) == []
    assert await calllog.comments.of_record("acme", MATCH.record, 9, Viewer(sees_all=True)) == [
        comment
    ]


async def test_restriction_hides_records_in_calls_that_come_later(calllog: Calllog) -> None:
    """Their look-ups are from before, but waited in another queue."""
    other = replace(MATCH, record="r2", name="Huber GmbH")
    shared: dict[str, Any] = {"tenant": "acme", "visible_to": "owner", "owner": "anna"}
    for record, seconds in ((MATCH.record, 20), (other.record, 10)):
        message = RecordShared(**shared, record=record, at=at(seconds))
        await calllog.handlers.on_records_shared([message])
    calls = [("acme", "c1", 5), ("acme", "c2", 15), ("acme", "c3", 30), ("other", "c1", 5)]
    for tenant, call, seconds in calls:
        lookup = matched(seconds, MATCH, other, call=call, tenant=tenant)
        await calllog.handlers.on_calls([fact("missed", 0, call=call, tenant=tenant), lookup])

    async def shown(viewer: str) -> list[list[str]]:
        found = [await calllog.calls.get(tenant, call) for tenant, call, _ in calls]
        shown = [matches_for(Viewer(viewer), record.matches) for record in found if record]
        return [[match.record for match in matches] for matches in shown]

    # the others were looked up after a restriction, or are of another tenant
    assert await shown("bert") == [[], ["r2"], ["r1", "r2"], ["r1", "r2"]]
    assert await shown("anna") == [["r1", "r2"]] * len(calls)


async def test_restriction_hides_records_of_numbers_that_come_later(calllog: Calllog) -> None:
    shared: dict[str, Any] = {"tenant": "acme", "visible_to": "owner", "owner": "anna"}
    message = RecordShared(**shared, record=MATCH.record, at=at(20))
    await calllog.handlers.on_records_shared([message])
    await calllog.handlers.on_calls([fact("missed", 0)])
    lookup = Lookup(CALLER.e164 or "", (MATCH,), at(7))
    await calllog.handlers.on_numbers_matched([NumbersMatched(tenant="acme", lookups=(lookup,))])
    record = await calllog.phase("c1", "missed")
    assert matches_for(Viewer("bert"), record.matches) == ()
    assert matches_for(Viewer("anna"), record.matches) == record.matches != ()


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
