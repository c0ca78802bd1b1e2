"""Numbers that never find a record: those of the company, and those that it ignores."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import OwnNumber, Tenant
from softphone_common.contracts.events import NumbersMatched
from softphone_common.domain.matching import Match
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.process.clock import utc_now
from softphone_common.process.errors import UnavailableError
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.matching.finder import MatchFinder
from softphone_matcher.matching.list_following import ListFollowing
from softphone_testing.memory.directory import MemoryAnnouncements, MemoryDirectory
from softphone_testing.until import until
from support.bus.buses import memory_bus, running
from support.observations import at
from support.store_contracts.directory import KEY, OTHER_KEY, add

PROFILE = NumberProfile(area_code="89", trunk="+498999998")


def tenant(version: int = 1, own: Iterable[str] = (), ignored: Iterable[str] = ()) -> Tenant:
    lists = {
        name: tuple(OwnNumber(number=number, name=number) for number in numbers)
        for name, numbers in (("own_numbers", own), ("ignored_numbers", ignored))
    }
    return Tenant(id="acme", name="Acme", numbers=PROFILE, version=version, **lists)


class Site:
    """A directory with one record, and a tenant whose lists change."""

    def __init__(self) -> None:
        self.directory = MemoryDirectory(50)
        self.tenant: Tenant | None = tenant()
        self.finder = MatchFinder(self.directory, lambda _: self.tenant)

    async def names(self, *numbers: str) -> list[list[str]]:
        found = await self.finder.find("acme", numbers)
        return [[match.name for match in found[number]] for number in numbers]

    def why(self, number: str) -> str | None:
        return self.finder.why_none("acme", normalise(number, PROFILE))


@pytest.fixture
async def site() -> Site:
    made = Site()
    await add(made.directory, "Anna", OTHER_KEY, "+541123456789")
    return made


@pytest.mark.parametrize(("lists", "code"), [("own", "number-own"), ("ignored", "number-ignored")])
@pytest.mark.parametrize("spelling", ["030 23125001", "+49 (0)30/23125-001", "00493023125001"])
async def test_listed_number_finds_nobody(site: Site, lists: str, code: str, spelling: str) -> None:
    assert await site.names(OTHER_KEY) == [["Anna"]]
    site.tenant = tenant(2, **{lists: [spelling]})
    assert (await site.names(OTHER_KEY, "+49302312500"), site.why("030 23125001")) == (
        [[], []],
        code,
    )
    assert (await site.names("+541123456789"), site.why("+541123456789")) == ([["Anna"]], None)
    site.tenant = tenant(3)
    assert (await site.names(OTHER_KEY), site.why("030 23125001")) == ([["Anna"]], None)


async def test_all_numbers_of_an_ignored_line_find_nobody(site: Site) -> None:
    site.tenant = tenant(2, ignored=["+54 9 11 2345-6789"])
    assert await site.names("+541123456789", "+5491123456789") == [[], []]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("030 23125001", None),
        ("21", "number-internal"),
        ("22", "number-ignored"),
        ("+49 89 99998-21", "number-internal"),
        ("anonymous", "number-withheld"),
        ("110", "number-service"),
        ("Huber", "number-unreadable"),
    ],
)
async def test_reason_of_a_number_is_a_code(site: Site, number: str, code: str | None) -> None:
    site.tenant = tenant(2, own=["089 999980"], ignored=["22"])
    assert site.why(number) == code


async def test_tenant_that_is_not_stored_has_no_lists(site: Site) -> None:
    site.tenant = None
    assert await site.names(OTHER_KEY) == [["Anna"]]


async def test_nothing_is_asked_for_listed_numbers_alone(site: Site) -> None:
    class Unavailable:
        async def find(self, tenant: str, numbers: Iterable[str]) -> dict[str, tuple[Match, ...]]:
            raise UnavailableError("MongoDB", "away")

    ignoring = tenant(2, ignored=["030 23125001"])
    finder = MatchFinder(Unavailable(), lambda _: ignoring)
    assert await finder.find("acme", [OTHER_KEY]) == {OTHER_KEY: ()}
    with pytest.raises(UnavailableError):
        await finder.find("acme", [OTHER_KEY, KEY])


async def test_calls_follow_changed_lists(site: Site, bus: Bus, broker: MemoryBroker) -> None:
    lookups: dict[str, int] = {}

    async def take(message: NumbersMatched) -> None:
        lookups.update({each.number: len(each.matches) for each in message.lookups})

    following = ListFollowing(
        [], Rematching(site.finder, MemoryAnnouncements(), bus, utc_now), utc_now
    )

    async def change(version: int, **lists: list[str]) -> None:
        site.tenant = tenant(version, **lists)
        await following.follow(site.tenant)

    other = memory_bus(broker, "notifier")
    other.subscribe(NumbersMatched, take, on_reconnect=lambda: None)
    async with running(other):
        await change(1, ignored=["030 23125777"])
        await change(2, ignored=["030 23125001", "22"])
        await until(lambda: len(lookups) == 2, what="both numbers")
        assert lookups == {OTHER_KEY: 0, "+493023125777": 0}
        await change(3, own=["030 23125001"])
        await change(4)
        await until(lambda: lookups[OTHER_KEY] == 1, what="the record")
    await change(4, own=["030 23125001"])
    assert lookups[OTHER_KEY] == 1, "the version has not changed"


async def test_lists_changed_before_the_start_are_followed(
    site: Site, bus: Bus, broker: MemoryBroker
) -> None:
    numbers: list[str] = []

    async def take(message: NumbersMatched) -> None:
        numbers.extend(each.number for each in message.lookups)

    rematching = Rematching(site.finder, MemoryAnnouncements(), bus, utc_now)
    other = memory_bus(broker, "notifier")
    other.subscribe(NumbersMatched, take, on_reconnect=lambda: None)
    async with running(other):
        for minutes in (30, 5):
            changed = {"updated_at": at(0) - timedelta(minutes=minutes)}
            ignored = f"030 231250{minutes:02}"
            site.tenant = tenant(7, ignored=[ignored]).model_copy(update=changed)
            await ListFollowing([], rematching, lambda: at(0)).follow(site.tenant)
        await until(lambda: numbers, what="the number that was changed lately")
    assert numbers == ["+493023125005"]


async def test_lists_are_followed_while_the_service_runs(
    site: Site, bus: Bus, broker: MemoryBroker
) -> None:
    lookups: list[str] = []

    async def take(message: NumbersMatched) -> None:
        lookups.extend(each.number for each in message.lookups)

    tenants = [tenant(1)]
    following = ListFollowing(
        tenants, Rematching(site.finder, MemoryAnnouncements(), bus, utc_now), utc_now, seconds=0.01
    )
    other = memory_bus(broker, "notifier")
    other.subscribe(NumbersMatched, take, on_reconnect=lambda: None)
    async with running(other):
        await following.start()
        try:
            await until(lambda: following.has_seen("acme"), what="the first lists")
            tenants[:] = [tenant(2, ignored=["030 23125001"])]
            await until(lambda: lookups == [OTHER_KEY], what="the number")
        finally:
            await following.stop()
