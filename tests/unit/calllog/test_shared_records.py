"""Calls and comments follow who sees their records."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from softphone_calllog.record import Fact
from softphone_calllog.search.filter import CallFilter
from softphone_common.contracts.entities import Comment
from softphone_common.contracts.events import (
    NumbersMatched,
    RecordShared,
)
from softphone_common.domain.matching import Lookup
from softphone_common.domain.records.visibility import Viewer, matches_for
from softphone_testing.until import until
from support.bus.buses import running
from support.observations import CALLER, at
from support.stack.memory_calllog import Calllog
from support.store_contracts.calls import MATCH, fact, matched


@pytest.fixture
async def calllog() -> AsyncIterator[Calllog]:
    log = Calllog()
    async with running(log.bus, log.other):
        yield log


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


async def test_restrictions_of_several_records_count_in_any_order(calllog: Calllog) -> None:
    """Each record has a time of its own in the look-up of its call."""
    other = replace(MATCH, record="r2", name="Huber GmbH")
    await calllog.handlers.on_calls([fact("missed", 0), matched(2, MATCH, other)])
    shared: dict[str, Any] = {"tenant": "acme", "owner": "anna"}
    later = RecordShared(**shared, record=MATCH.record, visible_to="owner", at=at(20))
    earlier = RecordShared(**shared, record=other.record, visible_to="owner", at=at(10))
    await calllog.handlers.on_records_shared([later])
    await calllog.handlers.on_records_shared([earlier])
    record = await calllog.phase("c1", "missed")
    assert matches_for(Viewer("bert"), record.matches) == ()
    # a look-up from before both adds what it found, and opens neither
    third = replace(MATCH, record="r3")
    await calllog.handlers.on_calls([matched(5, MATCH, other, third)])
    record = await calllog.phase("c1", "missed")
    assert [match.record for match in matches_for(Viewer("bert"), record.matches)] == ["r3"]
    await calllog.handlers.on_calls([matched(15, MATCH, other)])
    record = await calllog.phase("c1", "missed")
    assert [match.record for match in matches_for(Viewer("bert"), record.matches)] == ["r2"]
    # handled again, older messages change nothing
    await calllog.handlers.on_records_shared([earlier, later, earlier])
    assert await calllog.phase("c1", "missed") == record


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
