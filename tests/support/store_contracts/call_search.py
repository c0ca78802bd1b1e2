"""How a CallStore searches, tested on MongoDB and in memory alike."""

from dataclasses import replace
from typing import Any

import pytest

from softphone_calllog.calls import CallStore
from softphone_calllog.search.filter import CallFilter, ResultFilter
from softphone_calllog.search.keys import record_keys_for
from softphone_common.contracts.events import CallObserved
from softphone_common.domain.call import Phase
from softphone_common.domain.call_result import LIVE_LIMIT, RING_LIMIT, Result
from softphone_common.domain.records.visibility import Viewer
from softphone_common.search.keys import search_terms
from support.observations import OTHER_CALLER, at
from support.store_contracts.calls import MATCH, fact, listed, matched

LATER = at(3600)
RESULTS: dict[str, list[Result]] = {
    # at 3600 s, for a reader at extension 21
    "answered": ["answered"],
    "elsewhere": ["answered_elsewhere"],
    "others": ["answered"],
    "missed": ["missed"],
    "dialed": ["unanswered"],
    "silent": ["no_end_signal"],
    "talks": ["running"],
    "rings": ["running"],
}


def guest(phase: Phase, seconds: float, extension: str, call: str) -> CallObserved:
    """An observation of a desk that came to the call by a shared id, without the number."""
    message = fact(phase, seconds, call=call, extension=extension, remote=None)
    seen = replace(message.observation, by_shared_id=True, device="d2")
    return message.model_copy(update={"observation": seen})


async def add_results(calls: CallStore) -> None:
    """Adds a call for each key of `RESULTS`."""
    await calls.add(
        [
            *(fact("ringing", 0, call="answered", extension=x) for x in ("21", "22")),
            fact("connected", 5, call="answered"),
            fact("ended", 60, call="answered"),
            *(fact("ringing", 0, call="elsewhere", extension=x) for x in ("21", "22")),
            fact("connected", 5, call="elsewhere", extension="22"),
            fact("ended", 60, call="elsewhere", extension="22"),
            fact("connected", 5, call="others", extension="22"),
            fact("ended", 60, call="others", extension="22"),
            fact("ringing", 0, call="missed"),
            fact("missed", 60, call="missed"),
            fact("dialed", 0, call="dialed"),
            fact("ended", 60, call="dialed"),
            fact("ringing", 3599 - RING_LIMIT.total_seconds(), call="silent"),
            fact("connected", 3601 - LIVE_LIMIT.total_seconds(), call="talks"),
            fact("ringing", 3600 - RING_LIMIT.total_seconds(), call="rings"),
        ]
    )


class CallSearchContract:
    """Needs a fixture `calls` with an empty store."""

    @pytest.mark.parametrize(
        ("text", "ids"),
        [
            ("huber", ["c2", "c1"]),
            ("erika hub", ["c2", "c1"]),
            ("089 9999", ["c2", "c1"]),
            ("rückruf", ["c1"]),
            ("huber ruckruf", ["c1"]),
            ("030 231", ["c3"]),
            ("huber 030", []),
        ],
    )
    async def test_search_finds_calls(self, calls: CallStore, text: str, ids: list[str]) -> None:
        await calls.add(
            [
                fact("missed", 0),
                fact("missed", 1, call="c2"),
                fact("missed", 2, call="c3", remote=OTHER_CALLER),
                fact("missed", 3, tenant="other"),
                matched(2, MATCH, call="c1"),
                matched(2, MATCH, call="c2"),
                matched(2, MATCH, tenant="other"),
            ]
        )
        await calls.add_comment_keys("acme", "c1", "Bittet um Rückruf")
        await calls.add_comment_keys("acme", "unknown", "Bittet um Rückruf")
        filter_ = CallFilter("acme", terms=search_terms(text))
        assert await listed(calls, terms=filter_.terms) == ids
        assert await calls.count_calls(filter_, 10) == len(ids)
        assert await calls.count_calls(filter_, 1) == min(1, len(ids))

    async def test_recycle_bin_is_searched(self, calls: CallStore) -> None:
        await calls.add([fact("missed", 0), fact("missed", 1, call="c2", remote=OTHER_CALLER)])
        await calls.add([fact("missed", 2, call="c3"), matched(3, MATCH)])
        for call in ("c1", "c2"):
            await calls.delete("acme", call, "boss", at(9))
        for text, ids in (("huber", ["c1"]), ("089 9999", ["c1"]), ("030", ["c2"]), ("x1", [])):
            page = await calls.list_recycle_bin("acme", None, 9, search_terms(text))
            assert [record.call.id for record in page.items] == ids
            assert (await calls.list_recycle_bin("other", None, 9, search_terms(text))).items == []

    async def test_comment_is_found_after_a_further_event(self, calls: CallStore) -> None:
        await calls.add([fact("ringing", 0)])
        await calls.add_comment_keys("acme", "c1", "Angebot")
        await calls.add([fact("missed", 9)])
        await calls.add_comment_keys("acme", "c1", "Rechnung")
        assert await listed(calls, terms=("angebot", "rechnung")) == ["c1"]

    async def test_calls_of_a_record_are_listed(self, calls: CallStore) -> None:
        of_anna = replace(MATCH, record="r2", visible_to="owner", owner="anna")
        await calls.add(
            [
                *(fact("missed", second, call=f"c{second}") for second in range(4)),
                matched(5, MATCH, call="c0"),
                matched(5, MATCH, of_anna, call="c1"),
                matched(5, of_anna, call="c2"),
                fact("missed", 9, tenant="other"),
                matched(9, MATCH, tenant="other"),
            ]
        )
        anna, boss = Viewer("anna"), Viewer(sees_all=True)
        for viewer, record, ids in (
            (Viewer(), "r1", ["c1", "c0"]),
            (Viewer(), "r2", []),
            (anna, "r2", ["c2", "c1"]),
            (Viewer("bert", frozenset({"anna"})), "r2", []),
            (boss, "r1", ["c1", "c0"]),
            (boss, "r2", ["c2", "c1"]),
            (boss, "r", []),
            (boss, "r1 everyone", []),
        ):
            filter_ = CallFilter("acme", record_keys=record_keys_for(viewer, record))
            assert await listed(calls, record_keys=filter_.record_keys) == ids, (viewer, record)
            assert await calls.count_calls(filter_, 10) == len(ids)
        found = replace(filter_, record_keys=record_keys_for(anna, "r2"), terms=("huber",))
        assert await calls.count_calls(found, 10) == 1, "the words are those of everyone"

    async def test_call_is_no_longer_listed_for_a_hidden_record(self, calls: CallStore) -> None:
        await calls.add([fact("missed", 0), matched(1, MATCH)])
        hidden = replace(MATCH, visible_to="admins")
        await calls.add([matched(2, hidden)])
        assert await listed(calls, record_keys=record_keys_for(Viewer(), "r1")) == []
        assert await listed(calls, record_keys=record_keys_for(Viewer(sees_all=True), "r1")) == [
            "c1"
        ]
        await calls.add([matched(3)])
        assert await listed(calls, record_keys=record_keys_for(Viewer(sees_all=True), "r1")) == []

    @pytest.mark.parametrize("result", sorted({each for [each] in RESULTS.values()}))
    async def test_calls_are_listed_by_result(self, calls: CallStore, result: Result) -> None:
        await add_results(calls)
        filter_ = ResultFilter(frozenset({result}), frozenset({"21"}), LATER)
        expected = sorted(call for call, results in RESULTS.items() if result in results)
        assert sorted(await listed(calls, result=filter_)) == expected

    async def test_calls_of_several_results_are_listed(self, calls: CallStore) -> None:
        await add_results(calls)
        either = ResultFilter(frozenset({"missed", "running"}), frozenset({"21"}), LATER)
        assert sorted(await listed(calls, result=either)) == ["missed", "rings", "talks"]

    async def test_calls_are_listed_by_their_last_event(self, calls: CallStore) -> None:
        await calls.add([fact("ringing", 0), fact("missed", 20), fact("missed", 10, call="c2")])
        assert await listed(calls, last_after=at(9)) == ["c2", "c1"]
        assert await listed(calls, last_after=at(10)) == ["c1"]

    async def test_calls_of_a_guest_are_counted_apart(self, calls: CallStore) -> None:
        await calls.add(
            [
                fact("ringing", 0),
                guest("connected", 6, "23", "c1"),
                fact("missed", 0, call="c2", extension="23"),
            ]
        )
        both = CallFilter("acme", frozenset({"23"}))
        conditions: list[tuple[bool | None, Any]] = [(True, ["c1"]), (False, ["c2"])]
        for as_guest, ids in conditions:
            filter_ = replace(both, as_guest=as_guest)
            assert await listed(calls, extensions=both.extensions, as_guest=as_guest) == ids
            assert await calls.count_calls(filter_, 10) == 1
        assert await calls.count_calls(both, 10) == 2
