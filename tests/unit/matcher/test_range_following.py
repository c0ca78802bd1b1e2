"""Calls of direct lines follow the records of their exchange."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import NumbersMatched
from softphone_common.process.clock import utc_now
from softphone_matcher.directory.input import read_numbers
from softphone_matcher.directory.rematching import Rematching, keys_of
from softphone_matcher.matching.range_following import RangeFollowing, RecentNumbers
from softphone_testing.memory.directory import MemoryAnnouncements, MemoryDirectory
from softphone_testing.until import until
from support.bus.buses import memory_bus, running
from support.store_contracts.directory import NOW

LINE, OTHER_LINE, STRANGER = "+49899999856", "+498999998123", "+493023125001"
TENANT = Tenant(id="acme", name="Acme")


class Site:
    """Two instances of matcher, of which the second has looked some numbers up."""

    def __init__(self, bus: Bus, second: Bus, broker: MemoryBroker) -> None:
        self.directory = MemoryDirectory(50)
        self.matched: dict[str, list[str]] = {}
        self.rematching = Rematching(self.directory, MemoryAnnouncements(), bus, utc_now)
        self.recent = RecentNumbers()
        for recent, each in ((RecentNumbers(), bus), (self.recent, second)):
            RangeFollowing(
                recent, Rematching(self.directory, MemoryAnnouncements(), each, utc_now), each
            )
        self.page = memory_bus(broker, "notifier")
        self.page.subscribe(NumbersMatched, self._take, on_reconnect=lambda: None)

    async def _take(self, message: NumbersMatched) -> None:
        for lookup in message.lookups:
            self.matched[lookup.number] = [match.name for match in lookup.matches]

    async def add(self, name: str, *numbers: dict[str, Any]) -> str:
        read = read_numbers([{"label": "", **number} for number in numbers], TENANT)
        record = await self.directory.add("acme", {"type": "contact", "name": name, **read})
        await self.rematching.publish("acme", keys_of(record.numbers))
        return record.id


@pytest.fixture
async def site(broker: MemoryBroker) -> AsyncIterator[Site]:
    first, second = memory_bus(broker, "matcher"), memory_bus(broker, "matcher")
    made = Site(first, second, broker)
    async with running(first, second, made.page):
        yield made


async def test_direct_lines_in_calls_are_looked_up_again(site: Site) -> None:
    site.recent.note("acme", [LINE, OTHER_LINE, STRANGER])
    site.recent.note("other", ["+4989999981"])
    record = await site.add("Huber GmbH", {"number": "089 99998-0"})
    await until(lambda: len(site.matched) == 3, what="the lines and the number itself")
    shown = ["Huber GmbH"]
    assert site.matched == {LINE: shown, OTHER_LINE: shown, "+4989999980": shown}
    removed = await site.directory.remove("acme", record, "clara", NOW)
    assert removed is not None
    await site.rematching.publish("acme", keys_of(removed.numbers))
    await until(lambda: not any(site.matched.values()), what="no record")


async def test_only_lines_of_the_declared_length_follow(site: Site) -> None:
    site.recent.note("acme", [LINE, OTHER_LINE])
    await site.add("Huber GmbH", {"number": "089 99998", "extension_digits": 3})
    await until(lambda: len(site.matched) == 2, what="the line and the number itself")
    assert site.matched == {OTHER_LINE: ["Huber GmbH"], "+498999998": ["Huber GmbH"]}


def test_numbers_of_the_latest_calls_are_kept() -> None:
    recent = RecentNumbers()
    for number in range(1000, 1600):
        recent.note("acme", [f"+498999998{number}", LINE])
    kept = recent.with_keys("acme", ["+498999998-0"])
    assert len(kept) == 500
    assert {LINE, "+4989999981599"} < set(kept)
    assert "+4989999981000" not in kept
    assert recent.with_keys("acme", ["+493023125-0"]) == recent.with_keys("other", [LINE]) == []


def test_tenants_with_the_latest_calls_are_kept() -> None:
    recent = RecentNumbers()
    for tenant in range(2001):
        recent.note(f"t{tenant}", [LINE])
    kept = [bool(recent.with_keys(f"t{tenant}", [LINE])) for tenant in (0, 1, 2000)]
    assert kept == [False, True, True]
