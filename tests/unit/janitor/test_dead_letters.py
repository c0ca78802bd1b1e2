"""Dead letters over a bus and a store in memory: kept when they die, replayed to their queue."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial

import pytest

from softphone_common.bus import topology
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.events import CleanUpFinished
from softphone_common.process.errors import PoisonError, UnavailableError
from softphone_janitor.dead_letters.service import DeadLetterService
from softphone_janitor.dead_letters.store import DeadLetter, Selection
from softphone_testing.memory.dead_letters import MemoryDeadLetterStore
from softphone_testing.until import until
from support.bus.buses import memory_bus, running
from support.observations import at

QUEUE = "janitor.sweep"
EVERY = Selection()


def finished(sweep: str) -> CleanUpFinished:
    return CleanUpFinished(tenant="acme", sweep=sweep, moved=1, finished_at=at(0))


class Site:
    """The dead letters of a queue whose handler refuses messages while it is `broken`."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.seconds = 0
        self.is_broken = True
        self.handled: list[str] = []
        self.letters = MemoryDeadLetterStore()
        self.bus = memory_bus(self.broker, "janitor", publish_seconds=0.2)
        self.bus.consume(QUEUE, CleanUpFinished, self._handle)
        self.service = DeadLetterService(self.letters, self.bus, self.now)
        self.service.consume(BatchPolicy(50, 0.01))

    def now(self) -> datetime:
        """Each look at the clock is a second later than the one before."""
        self.seconds += 1
        return at(self.seconds)

    async def _handle(self, messages: Sequence[CleanUpFinished]) -> None:
        if self.is_broken:
            raise PoisonError("refused by the release")
        self.handled += [message.sweep for message in messages]

    async def died(self, count: int, times: int = 1) -> list[DeadLetter]:
        """The letters, as soon as this many have died that often, those that died last first."""

        async def kept() -> list[DeadLetter] | None:
            letters = (await self.letters.list_letters(EVERY, None, 50)).items
            done = len(letters) == count and all(letter.times == times for letter in letters)
            return letters if done else None

        letters = await until(kept, what="the dead letters")
        assert letters is not None
        return letters

    async def until_handled(self, *sweeps: str) -> None:
        await until(lambda: sorted(self.handled) == sorted(sweeps), what="the handled messages")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    dead_letters = Site()
    async with running(dead_letters.bus):
        yield dead_letters


async def test_a_message_that_dies_is_kept_with_its_reason(site: Site) -> None:
    await site.bus.publish(finished("a"))
    (letter,) = await site.died(1)
    assert (letter.queue, letter.tenant, letter.state) == (QUEUE, "acme", "waiting")
    assert "refused by the release" in letter.reason
    assert '"sweep":"a"' in letter.body
    assert site.broker.ready(topology.dead(QUEUE)) == 0


async def test_several_replays_at_once_are_one(site: Site) -> None:
    await site.bus.publish(finished("a"))
    (letter,) = await site.died(1)
    site.is_broken = False
    replays = await asyncio.gather(*(site.service.replay(letter.id, "anna") for _ in range(5)))
    assert sorted(replays) == [False] * 4 + [True]
    await site.until_handled("a")
    (letter,) = await site.died(1)
    assert letter.state == "replayed"
    assert not await site.service.replay(letter.id, "anna")


async def test_a_replay_that_dies_again_is_the_same_letter(site: Site) -> None:
    await site.bus.publish(finished("a"))
    (first,) = await site.died(1)
    assert await site.service.replay(first.id, "anna")
    (again,) = await site.died(1, times=2)
    assert (again.id, again.first_at, again.state) == (first.id, first.first_at, "waiting")
    site.is_broken = False
    assert await site.service.replay(first.id, "anna")
    await site.until_handled("a")


async def test_without_the_broker_a_letter_waits(site: Site) -> None:
    await site.bus.publish(finished("a"))
    (letter,) = await site.died(1)
    site.broker.stop()
    with pytest.raises(UnavailableError):
        await site.service.replay(letter.id, "anna")
    assert (await site.died(1))[0].state == "waiting"
    site.is_broken = False
    site.broker.start()

    async def replayed() -> bool:
        try:
            return await site.service.replay(letter.id, "anna")
        except UnavailableError:
            return False

    await until(replayed, what="the broker")
    await site.until_handled("a")


async def test_replaying_all_ends_though_letters_die_again(site: Site) -> None:
    await site.bus.publish(*(finished(str(n)) for n in range(5)))
    await site.died(5)
    selection = Selection(died_before=site.now())
    counts = [await site.service.replay_all(selection, 2, "anna")]
    while counts[-1]:
        # wait until the replayed letters are dead again, the worst case for the caller
        dead_again = sum(counts)
        await until(partial(_have_died_again, site, dead_again), what="the deaths")
        counts.append(await site.service.replay_all(selection, 2, "anna"))
    assert counts == [2, 2, 1, 0]


async def _have_died_again(site: Site, count: int) -> bool:
    letters = (await site.letters.list_letters(EVERY, None, 50)).items
    return sum(letter.times == 2 for letter in letters) == count


async def test_replaying_all_leaves_other_selections(site: Site) -> None:
    await site.bus.publish(finished("a"), finished("b"))
    await site.died(2)
    site.is_broken = False
    assert await site.service.replay_all(Selection(queue="calllog.call"), 50, "anna") == 0
    assert await site.service.replay_all(Selection(tenant="other"), 50, "anna") == 0
    assert await site.service.replay_all(Selection(queue=QUEUE, tenant="acme"), 50, "anna") == 2
    await site.until_handled("a", "b")
    assert await site.service.replay_all(Selection(), 50, "anna") == 0


async def test_a_dropped_letter_is_never_replayed(site: Site) -> None:
    await site.bus.publish(finished("a"))
    (letter,) = await site.died(1)
    assert await site.service.drop(letter.id, "anna")
    assert not await site.service.drop(letter.id, "anna")
    assert not await site.service.replay(letter.id, "anna")
