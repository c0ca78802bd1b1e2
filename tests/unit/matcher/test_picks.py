"""Which of several records a user took for a number, and the order that follows."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import User
from softphone_common.contracts.events import NumbersMatched, UserChanged
from softphone_common.domain.matching import Match
from softphone_common.http.auth import Caller
from softphone_common.process.clock import utc_now
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.directory.store import Finder
from softphone_matcher.picks.handlers import PickHandlers
from softphone_matcher.picks.ranking import Ranking
from softphone_testing.memory.directory import MemoryAnnouncements, MemoryDirectory, MemoryPickStore
from softphone_testing.until import until
from support.bus.buses import memory_bus, running
from support.observations import at
from support.store_contracts.directory import fields

NUMBER, SPELLED = "+498999998701", "089 / 99998 701"
PICKS = "/api/directory/picks"


def person(login: str, role: Any = "user") -> Caller:
    expires_at = datetime(2026, 3, 2, tzinfo=UTC)
    who: dict[str, Any] = {"user": f"id-{login}", "login": login, "role": role}
    return Caller(tenant="acme", extensions=(), expires_at=expires_at, **who)


BOSS, ANNA, BERT, CARL = person("boss", "admin"), person("anna"), person("bert"), person("carl")


class Directory:
    """The routes, asked by one caller or another; records `a`, `b` and `c` have one number."""

    def __init__(self, client: httpx.AsyncClient, asking: list[Caller]) -> None:
        self._client, self._asking = client, asking
        self.ids: dict[str, str] = {}

    async def ask(
        self, who: Caller, method: str, path: str, json: Any = None, **query: str
    ) -> httpx.Response:
        self._asking[:] = [who]
        return await self._client.request(method, path, json=json, params=query)

    async def add(self, name: str, **more: str) -> None:
        body = {"type": "contact", "name": name, "numbers": [{"number": NUMBER}], **more}
        self.ids[name] = (await self.ask(BOSS, "POST", "/api/directory/records", body)).json()["id"]

    async def pick(self, who: Caller, name: str, number: str = SPELLED) -> int:
        body = {"number": number, "record": self.ids.get(name, name)}
        return (await self.ask(who, "POST", PICKS, body)).status_code

    async def order(self, who: Caller) -> str:
        answer = await self.ask(who, "GET", "/api/directory/matches", number=SPELLED)
        return "".join(match["name"] for match in answer.json()["matches"])


@pytest.fixture
async def directory(client: httpx.AsyncClient, asking: list[Caller]) -> Directory:
    made = Directory(client, asking)
    for name in ("c", "b", "a"):
        await made.add(name, type="lead" if name == "c" else "contact")
    return made


async def test_own_pick_is_first_then_that_of_most(directory: Directory) -> None:
    usual = await directory.order(ANNA)
    assert usual[-1] == "c"
    assert await directory.pick(ANNA, usual[1]) == 204
    assert await directory.pick(BERT, "c") == await directory.pick(CARL, "c") == 204
    assert await directory.order(ANNA) == usual[1] + "c" + usual[0]
    assert await directory.order(BOSS) == "c" + usual[1] + usual[0]
    assert await directory.pick(ANNA, "c") == 204
    assert await directory.order(ANNA) == "c" + usual[:2]


async def test_pick_is_replaced_and_forgotten(directory: Directory) -> None:
    usual = await directory.order(ANNA)
    await directory.pick(ANNA, "c")
    for _ in range(2):
        assert (await directory.ask(ANNA, "DELETE", PICKS, number=SPELLED)).status_code == 204
    assert await directory.order(ANNA) == usual
    assert (await directory.ask(ANNA, "DELETE", PICKS, number="anonymous")).status_code == 204


async def test_repeated_pick_changes_no_call(directory: Directory, broker: MemoryBroker) -> None:
    assert [await directory.pick(ANNA, "c") for _ in range(2)] == [204, 204]
    assert await directory.pick(BERT, "c") == 204
    picked = 0
    while envelope := broker.take("calllog.number"):
        picked += b'"picked_by":["' in envelope.body
    assert picked == 2


async def test_record_that_is_not_shown_is_not_picked(directory: Directory) -> None:
    await directory.add("secret", visible_to="owner", owner="bert")
    assert await directory.pick(ANNA, "secret") == 404
    assert await directory.pick(ANNA, "a", "089 99998702") == 404
    assert await directory.pick(ANNA, "a", "anonymous") == 404
    assert await directory.pick(ANNA, "unknown") == 404
    assert await directory.pick(BERT, "secret") == 204
    assert "secret" not in await directory.order(ANNA)


async def test_calls_follow_a_pick_at_once(directory: Directory, broker: MemoryBroker) -> None:
    received: list[NumbersMatched] = []
    other = memory_bus(broker, "calllog")

    async def keep(messages: Any) -> None:
        received.extend(messages)

    other.consume("calllog.number", NumbersMatched, keep)
    async with running(other):
        await directory.pick(ANNA, "c")

        def is_first() -> bool:
            return bool(received) and received[-1].lookups[0].matches[0].name == "c"

        await until(is_first, what="the record that was picked")
    match = received[-1].lookups[0].matches[0]
    assert (match.picks, match.picked_by) == (1, ("id-anna",))


class CountingPicks(MemoryPickStore):
    """Picks that count how often they are asked for."""

    queries = 0

    async def of(self, tenant: str, keys: Any) -> Any:
        self.queries += 1
        return await super().of(tenant, keys)


async def test_number_of_one_record_costs_no_query_of_picks() -> None:
    directory, picks = MemoryDirectory(50), CountingPicks()
    await directory.add("acme", fields("Huber", [NUMBER]))
    finder: Finder = Ranking(directory, picks)
    assert len((await finder.find("acme", [NUMBER, "+49"]))[NUMBER]) == 1
    assert picks.queries == 0


async def test_picks_of_a_removed_user_are_gone(
    bus: Bus, broker: MemoryBroker, picks: MemoryPickStore
) -> None:
    received: list[tuple[Match, ...]] = []
    directory = MemoryDirectory(50)
    kept, taken = [await directory.add("acme", fields(name, [NUMBER])) for name in ("a", "b")]
    await picks.pick("acme", "u1", NUMBER, taken.id, at(1))
    await picks.pick("acme", "u2", NUMBER, kept.id, at(2))
    rematching = Rematching(Ranking(directory, picks), MemoryAnnouncements(), bus, utc_now)
    handlers = PickHandlers(picks, rematching)
    user = User(id="u1", tenant="acme", login="anna")
    await handlers.on_user_changed([UserChanged(tenant="acme", user=user)])
    assert len((await picks.of("acme", [NUMBER]))[NUMBER]) == 2
    gone = user.model_copy(update={"active": False})
    await handlers.on_user_changed([UserChanged(tenant="acme", user=gone)])
    assert [*(await picks.of("acme", [NUMBER]))[NUMBER]] == [kept.id]
    await picks.pick("acme", "u1", NUMBER, taken.id, at(1))
    other = memory_bus(broker, "calllog")

    async def keep(messages: Any) -> None:
        received.extend(message.lookups[0].matches for message in messages)

    other.consume("calllog.number", NumbersMatched, keep)
    async with running(other):
        await handlers.on_user_changed([UserChanged(tenant="acme", user=gone)])
        await until(lambda: received, what="the order without them")
    assert [match.picks for match in received[-1]] == [1, 0]
