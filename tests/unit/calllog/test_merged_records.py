"""Calls and comments of a record that was merged into another one."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from softphone_common.contracts.entities import Comment
from softphone_common.contracts.events import RecordShared
from softphone_common.domain.matching import Match
from softphone_common.domain.records.visibility import Viewer
from softphone_testing.until import until
from support.bus.buses import running
from support.observations import at
from support.stack.memory_calllog import Calllog
from support.store_contracts.calls import MATCH, fact, matched


@pytest.fixture
async def calllog() -> AsyncIterator[Calllog]:
    """Calllog's handlers on their queues."""
    log = Calllog()
    async with running(log.bus, log.other):
        yield log


KEPT = replace(MATCH, record="kept", name="Huber GmbH", level="maybe", visible_to="owner")


def merge_of(record: str = MATCH.record, into: Match = KEPT, seconds: float = 20) -> RecordShared:
    shared: dict[str, Any] = {"tenant": "acme", "record": record, "at": at(seconds)}
    return RecordShared(**shared, visible_to=into.visible_to, owner="anna", merged=into)


async def test_calls_and_comments_of_a_merged_record_move(calllog: Calllog) -> None:
    """However old they are; a call that has both records shows one of them."""
    comment = Comment(id="k1", call="c1", text="Ja", author="anna", at=at(3), record=MATCH.record)
    await calllog.comments.add("acme", comment)
    await calllog.calls.add([fact("missed", 0), matched(2, MATCH)])
    both = matched(2, replace(KEPT, level="exact"), MATCH, call="c2")
    await calllog.calls.add([fact("missed", 1, call="c2"), both])
    await calllog.calls.add([fact("missed", 0, tenant="other"), matched(2, MATCH, tenant="other")])
    for _ in range(2):
        await calllog.other.publish(merge_of())
        await until(lambda: calllog.broker.ready("calllog.record") == 0, what="an empty queue")
    now = replace(KEPT, level=MATCH.level, owner="anna")

    async def shown() -> list[tuple[Match, ...]]:
        found = [await calllog.calls.get("acme", call) for call in ("c1", "c2")]
        return [record.matches for record in found if record]

    async def have_moved() -> bool:
        return bool(await calllog.comments.of_record("acme", "kept", 9, Viewer("anna")))

    await until(have_moved, what="the comments of the record that stays")
    assert [[match.record for match in matches] for matches in await shown()] == [["kept"]] * 2
    assert (await shown())[0] == (now,)
    assert await calllog.comments.of_record("acme", "kept", 9, Viewer("bert")) == []
    assert await calllog.comments.of_record("acme", MATCH.record, 9, Viewer(sees_all=True)) == []
    theirs = await calllog.calls.get("other", "c1")
    assert theirs is not None
    assert theirs.matches == (MATCH,)


async def test_look_ups_from_before_a_merge_show_the_record_that_stays(calllog: Calllog) -> None:
    """Also if this one is part of a third by now, or was restricted after that."""
    third = replace(MATCH, record="third", visible_to="everyone")
    await calllog.handlers.on_records_shared([merge_of()])
    await calllog.handlers.on_calls([fact("missed", 0), matched(5, MATCH)])
    await calllog.handlers.on_records_shared([merge_of("kept", third, 30)])
    restricted = RecordShared(tenant="acme", record="third", visible_to="admins", at=at(40))
    await calllog.handlers.on_records_shared([restricted])
    await calllog.handlers.on_calls([fact("missed", 1, call="c2"), matched(5, MATCH, call="c2")])
    await calllog.handlers.on_calls([fact("missed", 2, call="c3"), matched(50, MATCH, call="c3")])
    found = [await calllog.calls.get("acme", call) for call in ("c1", "c2", "c3")]
    shown = [record.matches[0] for record in found if record]
    assert [(each.record, each.visible_to) for each in shown] == [
        ("third", "admins"),
        ("third", "admins"),
        (MATCH.record, "everyone"),
    ]


async def test_comments_that_move_late_are_restricted_too(calllog: Calllog) -> None:
    comment = Comment(id="k1", call="c1", text="Ja", author="anna", at=at(3), record=MATCH.record)
    await calllog.comments.add("acme", comment)
    restricted = RecordShared(tenant="acme", record="kept", visible_to="admins", at=at(30))
    await calllog.handlers.on_records_shared([restricted])
    await calllog.handlers.on_records_shared([merge_of()])
    assert await calllog.comments.of_record("acme", "kept", 9, Viewer("anna")) == []
    assert len(await calllog.comments.of_record("acme", "kept", 9, Viewer(sees_all=True))) == 1
