"""Matcher over a bus and a directory in memory: one look-up for a batch, one match for a call."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime

import pytest

from softphone_common.bus.consumer import BatchPolicy
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.events import CallMatched, CallObserved
from softphone_common.domain.matching import Match
from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_common.process.errors import UnavailableError
from softphone_matcher.matching.handlers import MatchHandlers
from softphone_matcher.matching.range_following import RecentNumbers
from softphone_testing.memory.directory import MemoryDirectory
from softphone_testing.until import until
from support.bus.buses import memory_bus, running
from support.observations import CALLER, WITHHELD, at
from support.store_contracts.calls import OTHER_CALLER, fact
from support.store_contracts.directory import KEY, OTHER_KEY, add

INTERNAL = RemoteNumber("22", None, "internal", "22")


class CountingDirectory(MemoryDirectory):
    """Counts its look-ups; is unavailable for the first `outages` of them."""

    def __init__(self) -> None:
        super().__init__(50)
        self.outages = 0
        self.look_ups: list[tuple[str, set[str]]] = []

    async def find(self, tenant: str, keys: Iterable[str]) -> dict[str, tuple[Match, ...]]:
        if self.outages:
            self.outages -= 1
            raise UnavailableError("MongoDB", "away")
        wanted = list(keys)
        self.look_ups.append((tenant, set(wanted)))
        return await super().find(tenant, wanted)


class Matcher:
    """Matcher's handler on its queue, and a bus that receives the matches."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.directory = CountingDirectory()
        self.matched: list[CallMatched] = []
        self.bus = memory_bus(self.broker, "matcher")
        self.other = memory_bus(self.broker, "ingest")
        handlers = MatchHandlers(self.directory, RecentNumbers(), self.bus, self.now)
        policy = BatchPolicy(50, 0.05)
        self.bus.consume("matcher.call", CallObserved, handlers.on_call_observed, policy)
        self.other.consume("ingest.match", CallMatched, self._on_matched)

    @staticmethod
    def now() -> datetime:
        return at(100)

    async def _on_matched(self, messages: Sequence[CallMatched]) -> None:
        self.matched += messages

    async def until_matched(self, count: int) -> dict[str, list[str]]:
        """The names matched with each call, as soon as there are this many messages."""
        await until(lambda: len(self.matched) == count, what="the matches")
        return {
            f"{one.tenant}/{one.call_id}": [match.name for match in one.matches]
            for one in self.matched
        }


@pytest.fixture
async def matcher() -> AsyncIterator[Matcher]:
    service = Matcher()
    async with running(service.bus, service.other):
        yield service


async def test_a_batch_is_one_look_up_for_each_tenant(matcher: Matcher) -> None:
    await add(matcher.directory, "Anna", KEY)
    await add(matcher.directory, "Bert", KEY, OTHER_KEY)
    await add(matcher.directory, "Carl", KEY, tenant="other")
    await matcher.other.publish(
        fact("ringing", 0, remote=CALLER),
        fact("ringing", 1, call="c2", remote=OTHER_CALLER),
        fact("connected", 2, remote=CALLER),
        fact("ringing", 3, tenant="other", remote=CALLER),
    )
    assert await matcher.until_matched(3) == {
        "acme/c1": ["Anna", "Bert"],
        "acme/c2": ["Bert"],
        "other/c1": ["Carl"],
    }
    assert sorted(matcher.directory.look_ups) == [("acme", {KEY, OTHER_KEY}), ("other", {KEY})]
    assert {message.matched_at for message in matcher.matched} == {at(100)}


async def test_tenant_with_few_calls_is_looked_up_first(matcher: Matcher) -> None:
    flood = [fact("ringing", 0, call=f"c{n}", tenant="loud") for n in range(20)]
    await matcher.other.publish(*flood, fact("ringing", 0, tenant="quiet"))
    await matcher.until_matched(len(flood) + 1)
    assert [tenant for tenant, _ in matcher.directory.look_ups] == ["quiet", "loud"]


async def test_a_number_without_a_record_is_published_too(matcher: Matcher) -> None:
    await matcher.other.publish(fact("ringing", 0))
    assert await matcher.until_matched(1) == {"acme/c1": []}


async def test_only_external_numbers_are_looked_up(matcher: Matcher) -> None:
    remotes = (WITHHELD, INTERNAL, None)
    await matcher.other.publish(
        *(fact("ringing", 0, call=f"c{n}", remote=remote) for n, remote in enumerate(remotes)),
        fact("ringing", 1, call="external"),
    )
    assert await matcher.until_matched(1) == {"acme/external": []}
    assert matcher.directory.look_ups == [("acme", {KEY})]


async def test_each_number_of_a_call_is_looked_up(matcher: Matcher) -> None:
    await add(matcher.directory, "Anna", KEY)
    await add(matcher.directory, "Bert", OTHER_KEY)
    await matcher.other.publish(
        fact("ringing", 0, remote=CALLER), fact("connected", 2, remote=OTHER_CALLER)
    )
    await matcher.until_matched(2)
    found = {message.number: message.matches[0].name for message in matcher.matched}
    assert found == {KEY: "Anna", OTHER_KEY: "Bert"}


async def test_an_outage_of_the_directory_costs_no_match(matcher: Matcher) -> None:
    await add(matcher.directory, "Anna", KEY)
    matcher.directory.outages = 2
    await matcher.other.publish(fact("ringing", 0))
    assert await matcher.until_matched(1) == {"acme/c1": ["Anna"]}
