"""A merge whose process is killed anywhere in between: nothing is lost, and it ends later."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import RecordShared
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import utc_now
from softphone_matcher.directory.editing import Editing
from softphone_matcher.directory.input import fields_of
from softphone_matcher.directory.record import Record
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.matching.finder import MatchFinder
from softphone_matcher.merging.begun_merges import BegunMerges
from softphone_matcher.merging.merger import Merger, Wish
from softphone_testing.memory.directory import (
    MemoryAnnouncements,
    MemoryDirectory,
    MemoryMerges,
    MemoryPickStore,
)
from softphone_testing.until import until
from support.bus.buses import bus_settings, memory_bus, running
from support.observations import at
from support.stack.import_site import KilledError
from support.store_contracts.directory import KEY, OTHER_KEY, add
from unit.matcher.test_visibility import BOSS

STEPS_MAX = 60
"""More than a merge asks of stores and of the broker."""


EMPTY: Any = {"organization": "", "organization_record": "", "emails": [], "tags": []}


class Life:
    """The steps that a process has left."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def step(self) -> None:
        if self.steps == 0:
            raise KilledError
        self.steps -= 1


class Mortal:
    """A store or a bus of a process that is killed before or after one of its calls."""

    def __init__(self, target: Any, life: Life) -> None:
        self._target, self._life = target, life

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **more: Any) -> Any:
            self._life.step()
            result = await getattr(self._target, name)(*args, **more)
            self._life.step()
            return result

        return call


class Site:
    """The stores of a matcher, and any number of processes."""

    def __init__(self) -> None:
        self.directory, self.picks = MemoryDirectory(50), MemoryPickStore()
        self.merges = MemoryMerges(self.directory)
        self.announcements = MemoryAnnouncements()
        self.received: list[RecordShared] = []
        broker = MemoryBroker()
        self.bus, self.calllog = memory_bus(broker, "matcher"), memory_bus(broker, "calllog")
        self.calllog.consume("calllog.record", RecordShared, self._keep)

    async def _keep(self, messages: Any) -> None:
        self.received.extend(messages)

    def merger(self, steps: int = -1) -> Merger:
        """The merger of a process that is killed after these steps; -1 for one that is not."""
        life = Life(steps)
        directory, bus = Mortal(self.directory, life), Mortal(self.bus, life)
        merges, picks = Mortal(self.merges, life), Mortal(self.picks, life)
        everything: Any = (directory, merges, picks, bus)
        directory, merges, picks, bus = everything
        finder = MatchFinder(self.directory, self._tenant)
        rematching = Rematching(finder, self.announcements, bus, utc_now)
        editing = Editing(directory, self._tenant, rematching, utc_now, 50)
        security = SecurityLog(self.bus, utc_now, bus_settings("amqp://memory"))
        stores = (directory, merges, picks)
        return Merger(*stores, editing, self._tenant, rematching, security, utc_now)

    def _tenant(self, id_: str) -> Tenant:
        return Tenant(id=id_, name="Acme")

    async def two(self) -> tuple[Record, Record]:
        """Two records, of which the other one is restricted and was picked."""
        restricted = {"visible_to": "team", "team": "Sales"}
        more = EMPTY
        kept = await add(self.directory, "Kept", KEY, **more)
        other = await add(self.directory, "Other", OTHER_KEY, **(more | restricted))
        await self.picks.pick("acme", "u1", OTHER_KEY, other.id, at(1))
        return kept, other

    async def found(self, key: str) -> set[str]:
        """The records that a call of this number finds."""
        return {match.record for match in (await self.directory.find("acme", [key]))[key]}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    async with running(made.bus), running(made.calllog):
        yield made


async def test_killed_merge_loses_nothing_and_ends_later(site: Site) -> None:
    for steps in range(STEPS_MAX):
        kept, other = await site.two()
        wish = Wish(kept.id, other.id, version=1, other_version=1)
        was_killed = False
        try:
            await site.merger(steps).merge(BOSS, wish)
        except KilledError:
            was_killed = True
        assert await site.found(OTHER_KEY) & {kept.id, other.id}, "the number finds one of both"
        await BegunMerges(site.merges, site.merger(), 60).end_all()
        assert await site.found(OTHER_KEY) in ({kept.id}, {other.id}), "it has ended or not begun"
        # the same request once more, as its sender repeats it
        record, _ = await site.merger().merge(BOSS, wish)
        assert [number.number for number in record.numbers] == [KEY, OTHER_KEY]
        assert (record.visible_to, record.version) == ("team", 2)
        assert await site.found(KEY) == await site.found(OTHER_KEY) == {kept.id}
        gone = await site.directory.get("acme", other.id, deleted=True)
        assert gone is not None
        assert gone.merged_into == kept.id
        assert (await site.picks.of("acme", [OTHER_KEY]))[OTHER_KEY][kept.id].count == 1
        assert await site.merges.list_begun(5) == []

        async def is_heard(record: str = other.id) -> bool:
            return any(each.record == record and each.merged for each in site.received)

        await until(is_heard, what="the merge in calls")
        await site.directory.remove("acme", kept.id, "boss", at(9))
        await site.picks.forget_user("acme", "u1")
        if not was_killed:
            assert steps > 10
            return
    raise AssertionError("a merge has more steps")


async def test_merge_is_given_up_if_the_other_record_was_changed(site: Site) -> None:
    """By somebody who saves it while its process is dead."""
    kept, other = await site.two()
    steps = 0
    while not await site.merges.list_begun(5):
        with pytest.raises(KilledError):
            await site.merger(steps).merge(BOSS, Wish(kept.id, other.id))
        steps += 1
    await site.directory.replace("acme", other, fields_of(other) | {"name": "Changed"})
    assert await BegunMerges(site.merges, site.merger(), 60).end_all() == 0
    assert await site.merges.list_begun(5) == []
    assert await site.found(OTHER_KEY) == {kept.id, other.id}
    with pytest.raises(ProblemError):
        await site.merger().merge(BOSS, Wish(kept.id, other.id, version=1))
    await site.merger().merge(BOSS, Wish(kept.id, other.id))
    assert await site.found(OTHER_KEY) == {kept.id}


async def test_begun_merge_ends_before_its_record_is_merged(site: Site) -> None:
    kept, other = await site.two()
    third = await add(site.directory, "Third", **EMPTY)
    steps = 0
    while not await site.merges.list_begun(5):
        with pytest.raises(KilledError):
            await site.merger(steps).merge(BOSS, Wish(kept.id, other.id))
        steps += 1
    await site.merger().merge(BOSS, Wish(third.id, kept.id))
    assert await site.merges.list_begun(5) == []
    assert await site.found(KEY) == await site.found(OTHER_KEY) == {third.id}
    assert (await site.picks.of("acme", [OTHER_KEY]))[OTHER_KEY][third.id].count == 1

    def merged() -> list[str]:
        return [each.record for each in site.received if each.merged]

    await until(lambda: len(merged()) == 2, what="both merges in calls")
    assert merged() == [other.id, kept.id]
