"""Records get other numbers when the number profile of their tenant changes."""

from dataclasses import replace

import pytest

from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import LastDigits, Tenant
from softphone_common.contracts.events import NumbersMatched
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.process.clock import utc_now
from softphone_matcher.directory.input import read_numbers
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.matching.rereading import BATCH, Rereading
from softphone_testing.memory.directory import MemoryAnnouncements, MemoryDirectory
from softphone_testing.until import until
from support.bus.buses import memory_bus, running

MUNICH = NumberProfile(area_code="89")
BERLIN = replace(MUNICH, area_code="30")
IN_MUNICH, IN_BERLIN = "+498923125001", "+493023125001"


def tenant(numbers: NumberProfile, last_digits: LastDigits = 0) -> Tenant:
    return Tenant(id="acme", name="Acme", numbers=numbers, last_digits=last_digits)


class Site:
    def __init__(self, bus: Bus) -> None:
        self.directory = MemoryDirectory(50)
        self.rematching = Rematching(self.directory, MemoryAnnouncements(), bus, utc_now)

    async def add(self, name: str) -> None:
        numbers = read_numbers([{"number": "23125001", "label": ""}], tenant(MUNICH))
        await self.directory.add("acme", {"type": "contact", "name": name, **numbers})

    async def reread(self, numbers: NumberProfile) -> int:
        rereading = Rereading(self.directory, [], self.rematching, seconds=60)
        return await rereading.reread(tenant(numbers))

    async def found(self) -> list[int]:
        """How many records are found by the number in Munich, and by that in Berlin."""
        return [len(each) for each in (await self.directory.find("acme", NUMBERS)).values()]


NUMBERS = [IN_MUNICH, IN_BERLIN]


@pytest.fixture
def site(bus: Bus) -> Site:
    return Site(bus)


async def test_all_records_are_read_as_dialled_now(site: Site) -> None:
    for number in range(BATCH + 1):
        await site.add(f"Record {number}")
    assert await site.reread(MUNICH) == 0
    assert await site.reread(BERLIN) == BATCH + 1
    assert await site.found() == [0, 50]
    assert await site.reread(BERLIN) == 0


async def test_last_digits_are_keys_as_the_tenant_wants(site: Site) -> None:
    await site.add("Anna")
    rereading = Rereading(site.directory, [], site.rematching, seconds=60)
    similar = "+492213125001"
    found: list[list[str]] = []
    for digits in (0, 7, 8, 0):
        await rereading.reread(tenant(MUNICH, digits))
        matches = (await site.directory.find("acme", [similar]))[similar]
        found.append([match.basis for match in matches])
        exact = (await site.directory.find("acme", [IN_MUNICH]))[IN_MUNICH]
        assert [match.level for match in exact] == ["exact"]
    assert found == [[], ["last-digits"], [], []]


async def test_calls_of_old_and_new_numbers_follow(site: Site, broker: MemoryBroker) -> None:
    messages: list[NumbersMatched] = []

    async def take(message: NumbersMatched) -> None:
        messages.append(message)

    other = memory_bus(broker, "notifier")
    other.subscribe(NumbersMatched, take, on_reconnect=lambda: None)
    async with running(other):
        await site.add("Anna")
        await site.reread(BERLIN)
        await until(lambda: messages, what="the message")
    found = {each.number: len(each.matches) for each in messages[0].lookups}
    assert found == {IN_MUNICH: 0, IN_BERLIN: 1}


async def test_change_of_the_profile_is_noticed_while_the_service_runs(site: Site) -> None:
    await site.add("Anna")
    rereading = Rereading(site.directory, [tenant(BERLIN)], site.rematching, seconds=60)
    await rereading.start()

    async def is_read() -> bool:
        return await site.found() == [0, 1]

    try:
        await until(is_read, what="the record in Berlin")
    finally:
        await rereading.stop()
