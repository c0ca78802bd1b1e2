"""The behaviour of a CallStore, tested on MongoDB and in memory alike."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from softphone_calllog.calls import CallPosition, CallStore
from softphone_calllog.record import CallRecord
from softphone_calllog.search.filter import CallFilter
from softphone_common.contracts.events import CallMatched, CallObserved
from softphone_common.domain.call import LEGS_KEPT, Phase
from softphone_common.domain.matching import Match
from softphone_common.domain.numbers.normalise import RemoteNumber
from support.observations import CALLER, WITHHELD, at, observed

OTHER_CALLER = RemoteNumber("030 23125001", "+493023125001", "external", "+49 30 23125001")
MATCH = Match("r1", "contact", "Erika Huber", "exact", "number +498999998001")
LATER = at(7200)


def fact(
    phase: Phase,
    seconds: float,
    *,
    call: str = "c1",
    tenant: str = "acme",
    extension: str = "21",
    remote: RemoteNumber | None = CALLER,
) -> CallObserved:
    observation = observed(phase, seconds, extension, remote=remote)
    return CallObserved(tenant=tenant, observation=replace(observation, call_id=call))


def matched(seconds: float, *matches: Match, call: str = "c1", tenant: str = "acme") -> CallMatched:
    return CallMatched(tenant=tenant, call_id=call, matches=matches, matched_at=at(seconds))


async def stored(store: CallStore, call: str = "c1", tenant: str = "acme") -> CallRecord:
    record = await store.get(tenant, call)
    assert record is not None
    return record


async def listed(store: CallStore, tenant: str = "acme", **conditions: Any) -> list[str]:
    filter_ = replace(CallFilter(tenant), **conditions)
    page = await store.list_calls(filter_, None, 50)
    return [record.call.id for record in page.items]


async def in_bin(store: CallStore, tenant: str = "acme") -> list[str]:
    page = await store.list_recycle_bin(tenant, None, 50)
    return [record.call.id for record in page.items]


async def incomplete(store: CallStore, silent_since: datetime = LATER) -> list[CallRecord]:
    return (await store.list_incomplete("acme", silent_since, None, 50)).items


class CallStoreContract:
    """Needs a fixture `calls` with an empty store."""

    FACTS: tuple[CallObserved | CallMatched, ...] = (
        fact("ringing", 0),
        fact("ringing", 1, extension="22"),
        fact("connected", 5),
        fact("ended", 65),
        matched(2, MATCH),
    )

    async def test_facts_in_any_order_and_number_are_one_call(self, calls: CallStore) -> None:
        await calls.add(self.FACTS)
        await calls.add([replace_tenant(one, "other") for one in reversed(self.FACTS)])
        await calls.add([replace_tenant(one, "other") for one in self.FACTS[:3]])
        ours, theirs = await stored(calls), await stored(calls, tenant="other")
        assert ours.json() == theirs.json()
        assert (ours.json().phase, ours.json().talk_seconds) == ("ended", 60)
        assert (ours.extensions, ours.matches) == (("21", "22"), (MATCH,))

    async def test_a_repeated_fact_is_no_write(self, calls: CallStore) -> None:
        await calls.add(self.FACTS)
        before = await stored(calls)
        await calls.add(self.FACTS)
        await calls.add(self.FACTS[1:2])
        assert (await stored(calls)).revision == before.revision

    async def test_a_call_of_many_legs_keeps_a_count_and_says_so(self, calls: CallStore) -> None:
        rings = [fact("ringing", n, extension=f"{n:03}") for n in range(LEGS_KEPT + 30)]
        with capture_logs() as logged:
            await calls.add(rings[20:])
            await calls.add(rings[:25])
            await calls.add(rings)
        call = (await stored(calls)).json()
        assert [leg.extension for leg in call.legs] == [f"{n:03}" for n in range(LEGS_KEPT)]
        assert call.further_legs == 30
        assert [each["call"] for each in logged] == ["c1"]

    async def test_answer_beyond_the_legs_kept_is_stored(self, calls: CallStore) -> None:
        facts = [fact("ringing", n, extension=f"{n:03}") for n in range(LEGS_KEPT + 5)]
        facts += [fact("connected", 106, extension="104"), fact("ended", 160, extension="104")]
        await calls.add(facts)
        record = await stored(calls)
        assert (record.json().answered_by, record.json().talk_seconds) == ("104", 54)
        await calls.add(facts[-8:])
        assert (await stored(calls)).revision == record.revision

    async def test_the_latest_look_up_counts(self, calls: CallStore) -> None:
        await calls.add([fact("ringing", 0), matched(9, MATCH)])
        await calls.add([matched(3)])
        assert (await stored(calls)).matches == (MATCH,)
        await calls.add([matched(10)])
        assert (await stored(calls)).matches == ()

    async def test_matches_of_another_number_are_kept_apart(self, calls: CallStore) -> None:
        other = matched(12).model_copy(update={"number": OTHER_CALLER.e164})
        own = matched(3, MATCH).model_copy(update={"number": CALLER.e164})
        await calls.add([fact("ringing", 0), own, other])
        assert (await stored(calls)).matches == (MATCH,)
        await calls.add([fact("connected", 5, remote=OTHER_CALLER)])
        assert (await stored(calls)).matches == ()

    async def test_a_call_is_there_once_it_is_observed(self, calls: CallStore) -> None:
        await calls.add([matched(0, MATCH)])
        assert await calls.get("acme", "c1") is None
        assert await listed(calls) == []
        assert await incomplete(calls) == []
        assert await calls.delete("acme", "c1", "anna", LATER) is None
        await calls.add([fact("ringing", 1)])
        assert (await stored(calls)).matches == (MATCH,)

    async def test_tenants_do_not_see_each_other(self, calls: CallStore) -> None:
        await calls.add([fact("missed", 0), fact("ringing", 1, tenant="other")])
        assert await calls.get("third", "c1") is None
        assert (await stored(calls)).json().phase == "missed"
        assert await calls.delete("third", "c1", "anna", LATER) is None
        assert await calls.delete("acme", "c1", "anna", LATER) is not None
        assert await listed(calls) == []
        assert await listed(calls, "other") == ["c1"]
        assert await in_bin(calls, "other") == []

    async def test_pages_have_each_call_once_newest_first(self, calls: CallStore) -> None:
        # c2 and c3 begin at once: their ids decide
        seconds = {"c0": 0, "c1": 1, "c2": 2, "c3": 2, "c4": 3}
        await calls.add([fact("missed", second, call=id_) for id_, second in seconds.items()])
        ids: list[str] = []
        after: CallPosition = None
        sizes = []
        while True:
            page = await calls.list_calls(CallFilter("acme"), after, 2)
            ids += [record.call.id for record in page.items]
            sizes.append(len(page.items))
            # a call that begins later must not move the rows behind it
            await calls.add([fact("ringing", 100 + len(sizes), call=f"new{len(sizes)}")])
            after = page.next
            if after is None:
                break
        assert ids == ["c4", "c3", "c2", "c1", "c0"]
        assert sizes == [2, 2, 1]

    async def test_a_full_last_page_has_no_next(self, calls: CallStore) -> None:
        await calls.add([fact("missed", 0), fact("missed", 1, call="c2")])
        page = await calls.list_calls(CallFilter("acme"), None, 2)
        assert (len(page.items), page.next) == (2, None)

    @pytest.mark.parametrize(
        ("conditions", "ids"),
        [
            ({}, ["c3", "c2", "c1"]),
            ({"extensions": frozenset({"22", "23"})}, ["c2"]),
            ({"extensions": frozenset()}, []),
            ({"phases": frozenset({"missed", "ended"})}, ["c1"]),
            ({"direction": "outbound"}, ["c3"]),
            ({"counterpart_key": "+493023125001"}, ["c2"]),
            ({"counterpart_key": ""}, ["c3"]),
            ({"started_from": at(10), "started_before": at(20)}, ["c2"]),
            ({"started_from": at(10), "phases": frozenset({"dialed"})}, ["c3"]),
        ],
    )
    async def test_filters_select_calls(
        self, calls: CallStore, conditions: dict[str, Any], ids: list[str]
    ) -> None:
        await calls.add(
            [
                fact("missed", 0),
                fact("ringing", 10, call="c2", extension="22", remote=OTHER_CALLER),
                fact("dialed", 20, call="c3", remote=WITHHELD),
            ]
        )
        assert await listed(calls, **conditions) == ids

    async def test_a_deleted_call_names_who_deleted_it(self, calls: CallStore) -> None:
        await calls.add([fact("missed", 0), fact("missed", 1, call="c2")])
        first = await calls.delete("acme", "c1", "anna", at(100))
        await calls.delete("acme", "c2", "bert", at(50))
        assert first is not None
        assert (first.deleted_by, first.deleted_at) == ("anna", at(100))
        assert await calls.delete("acme", "c1", "bert", at(200)) is None
        assert (await stored(calls)).deleted_by == "anna"
        assert await in_bin(calls) == ["c1", "c2"]

    async def test_readable_calls_are_of_the_extensions(self, calls: CallStore) -> None:
        await calls.add([fact("missed", n, call=f"c{n}", extension=f"2{n}") for n in range(4)])
        await calls.delete("acme", "c1", "anna", at(100))
        ids = ["c0", "c1", "c2", "none"]
        assert await calls.readable_among("acme", ids, None) == {"c0", "c2"}
        assert await calls.readable_among("acme", ids, frozenset({"21", "22"})) == {"c2"}
        assert await calls.readable_among("acme", ids, frozenset()) == set()
        assert await calls.readable_among("other", ids, None) == set()

    async def test_a_fact_leaves_a_deleted_call_deleted(self, calls: CallStore) -> None:
        await calls.add([fact("ringing", 0)])
        await calls.delete("acme", "c1", "anna", at(100))
        await calls.add([fact("missed", 5)])
        record = await stored(calls)
        assert (record.json().phase, record.deleted_by) == ("missed", "anna")

    async def test_a_restored_call_is_never_incomplete(self, calls: CallStore) -> None:
        await calls.add([fact("ringing", 0)])
        assert await calls.restore("acme", "c1") is None
        await calls.delete("acme", "c1", "anna", at(100))
        assert await incomplete(calls) == []
        restored = await calls.restore("acme", "c1")
        assert restored is not None
        assert (restored.deleted_at, restored.deleted_by) == (None, None)
        assert await listed(calls) == ["c1"]
        assert await incomplete(calls) == []

    async def test_incomplete_calls_have_no_talk_time(self, calls: CallStore) -> None:
        await calls.add(
            [
                fact("ringing", 0),
                fact("missed", 0, call="missed"),
                fact("connected", 0, call="ended"),
                fact("ended", 9, call="ended"),
                fact("ringing", 60, call="later"),
            ]
        )
        assert [record.call.id for record in await incomplete(calls, at(60))] == ["c1"]
        assert await incomplete(calls, at(0)) == []

    async def test_incomplete_calls_are_those_of_the_tenant(self, calls: CallStore) -> None:
        await calls.add([fact("ringing", 0), fact("ringing", 1, call="c2", tenant="other")])
        assert [record.call.id for record in await incomplete(calls)] == ["c1"]

    async def test_a_sweep_leaves_calls_written_meanwhile(self, calls: CallStore) -> None:
        await calls.add([fact("ringing", 0), fact("ringing", 1, call="c2")])
        read = await incomplete(calls)
        await calls.add([fact("connected", 5)])
        await calls.sweep(read, "night", "PBX Clean Up", LATER)
        assert await in_bin(calls) == ["c2"]
        record = await stored(calls, "c2")
        assert (record.deleted_by, record.deleted_at) == ("PBX Clean Up", LATER)
        assert (await stored(calls)).deleted_at is None

    async def test_a_sweep_of_nothing_does_nothing(self, calls: CallStore) -> None:
        await calls.add([fact("ringing", 0)])
        await calls.sweep([], "night", "PBX Clean Up", LATER)
        assert await listed(calls) == ["c1"]

    async def test_swept_calls_are_found_by_their_sweep(self, calls: CallStore) -> None:
        await calls.add([fact("ringing", 0), fact("ringing", 1, call="c2")])
        await calls.sweep([await stored(calls)], "first", "PBX Clean Up", LATER)
        await calls.sweep(await incomplete(calls), "second", "PBX Clean Up", LATER)
        await calls.delete("acme", "c2", "anna", LATER)
        for sweep, ids in (("first", ["c1"]), ("second", ["c2"]), ("third", [])):
            page = await calls.list_swept("acme", sweep, None, 50)
            assert [record.call.id for record in page.items] == ids
        assert (await calls.list_swept("other", "first", None, 50)).items == []

    async def test_a_swept_call_that_is_completed_returns(self, calls: CallStore) -> None:
        await calls.add([fact("connected", 0)])
        await calls.sweep(await incomplete(calls), "night", "PBX Clean Up", LATER)
        await calls.add([fact("ended", 60)])
        record = await stored(calls)
        assert (record.deleted_at, record.deleted_by) == (None, None)
        assert (await calls.list_swept("acme", "night", None, 50)).items == []

    async def test_calls_with_a_record_are_listed_by_id(self, calls: CallStore) -> None:
        other = replace(MATCH, record="r2")
        for number in range(4):
            call = f"c{number}"
            await calls.add([fact("missed", number, call=call), matched(2, MATCH, call=call)])
        await calls.add([fact("missed", 9, call="c9"), matched(2, other, call="c9")])
        await calls.add([fact("missed", 9, tenant="other"), matched(2, MATCH, tenant="other")])
        await calls.delete("acme", "c2", "anna", LATER)
        first = await calls.list_with_record("acme", "r1", "", 3)
        assert [record.call.id for record in first] == ["c0", "c1", "c2"]
        rest = await calls.list_with_record("acme", "r1", "c2", 3)
        assert [record.call.id for record in rest] == ["c3"]
        assert await calls.list_with_record("acme", "r1", "c3", 3) == []

    async def test_many_writers_lose_nothing(self, calls: CallStore) -> None:
        # in memory they never meet; in MongoDB they do, and fold again
        extensions = [str(number) for number in range(20, 28)]
        await asyncio.gather(
            *(calls.add([fact("ringing", 0, extension=extension)]) for extension in extensions)
        )
        assert (await stored(calls)).extensions == tuple(extensions)


def replace_tenant(fact_: CallObserved | CallMatched, tenant: str) -> CallObserved | CallMatched:
    return fact_.model_copy(update={"tenant": tenant})
