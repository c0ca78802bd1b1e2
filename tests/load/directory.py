"""Measures the directory: imports, look-ups and searches, each compared with the bare driver."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from time import perf_counter
from typing import Any
from uuid import uuid4

from load.measurement import Measurement, percentile
from load.site import Site
from softphone_common.search.keys import search_terms
from softphone_common.stores.mongo import Collection, Document
from softphone_matcher.directory.listing import Filter
from softphone_matcher.directory.record import id_in_source
from softphone_matcher.directory.store import COLLECTION, INDEXES, MongoDirectory
from softphone_matcher.directory.upsert import BATCH
from softphone_matcher.matching.finder import MatchFinder
from softphone_matcher.picks.ranking import Ranking
from softphone_matcher.picks.store import MongoPickStore
from softphone_testing.until import until

_BARE = "bare_records"
BARE = {_BARE: INDEXES[COLLECTION]}
"""A collection with the indexes of the directory, which the driver fills without the product."""
SOURCE = "load"
AT_ONCE = 50
MATCHES_MAX = 50
FAMILY = ("Müller", "Schäfer", "Groß", "Huber", "Yılmaz", "Kowalski", "Nowak", "Becker")
GIVEN = ("Jörg", "Änne", "Maria", "Tim", "Zoë", "Łukasz", "Eva", "Jonas")

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Size:
    """How much is measured: records of the large tenant, pairs, and bursts of each."""

    records: int
    pairs: int
    bursts: int


async def measure(site: Site, size: Size, say: Callable[[str], None]) -> list[Measurement]:
    """All measurements of the directory, on two new tenants."""
    large, small = await site.new_tenant(), await site.new_tenant()
    await _import(site, small, _csv(range(max(AT_ONCE, size.records // 100))))
    say(f"a tenant with {max(AT_ONCE, size.records // 100):,} records is there")
    imports = await _measure_imports(site, large, size, say)
    say(f"look-ups and searches among {size.records:,} records")
    return [*imports, *await _measure_reads(site, large, small, size)]


# --- imports --------------------------------------------------------------------------------------


async def _measure_imports(
    site: Site, tenant: str, size: Size, say: Callable[[str], None]
) -> list[Measurement]:
    bare, records = site.database[_BARE], site.database[COLLECTION]
    each = size.records // size.pairs
    first, again, inserted = [], [], []
    for pair in range(size.pairs):
        rows = range(pair * each, (pair + 1) * each)
        send = partial(_import, site, tenant, _csv(rows))
        first.append(await _seconds(send))
        again.append(await _seconds(send))
        ids = [id_in_source(tenant, SOURCE, str(row)) for row in rows]
        found = await records.find({"_id": {"$in": ids}}).to_list(None)
        assert len(found) == each
        documents = [{**document, "_id": uuid4().hex} for document in found]
        inserted.append(await _seconds(partial(_insert, bare, documents)))
        say(f"{(pair + 1) * each:,} of {size.records:,} records imported")
    rates = [each / seconds for seconds in first]
    floors = [each / seconds for seconds in inserted]
    return [
        Measurement("contacts imported from CSV", "rows/s", rates, floors, "at least", 0.5),
        Measurement("the same file again", "s", again, first, "at most", 1 / 3),
    ]


async def _insert(collection: Collection, documents: Sequence[Document]) -> None:
    # in the batches of an import: a larger one can fill the cache of SecantusDB 0.7 for good
    for begin in range(0, len(documents), BATCH):
        await collection.insert_many(documents[begin : begin + BATCH], ordered=False)


async def _import(site: Site, tenant: str, file: bytes) -> None:
    started = await site.ask(
        tenant, "matcher", "POST", f"/api/directory/imports?source={SOURCE}", content=file
    )
    path = f"/api/directory/imports/{started['id']}"

    async def ended() -> bool:
        state: str = (await site.ask(tenant, "matcher", "GET", path))["state"]
        return state == "finished"

    await until(ended, what="the end of an import", within=3600)


def _csv(rows: Sequence[int]) -> bytes:
    lines = (f"{row};{_name(row)};{_number(row)};{row}@example.org\r\n" for row in rows)
    return ("Id;Name;Telefon;E-Mail\r\n" + "".join(lines)).encode()


def _name(row: int) -> str:
    return f"{FAMILY[row % len(FAMILY)]}, {GIVEN[row // len(FAMILY) % len(GIVEN)]} {row:06}"


def _number(row: int) -> str:
    # behind a trunk line of 089 99998, which is reserved for fiction
    return f"089 99998-{row:06}"


# --- look-ups and searches ------------------------------------------------------------------------


async def _measure_reads(site: Site, large: str, small: str, size: Size) -> list[Measurement]:
    directory = MongoDirectory(site.database, MATCHES_MAX)
    finder = MatchFinder(Ranking(directory, MongoPickStore(site.database)), lambda _: None)
    records = site.database[COLLECTION]
    sizes = {large: size.records, small: max(AT_ONCE, size.records // 100)}
    known = {tenant: await _keys(site, tenant) for tenant in sizes}
    turn = count()

    def key(tenant: str) -> str:
        return random.Random(next(turn)).choice(known[tenant])

    async def look_up(tenant: str) -> None:
        number = key(tenant)
        assert (await finder.find(tenant, [number]))[number]

    async def look_up_bare(tenant: str) -> None:
        query = {"tenant": tenant, "keys": {"$in": [key(tenant)]}}
        assert await records.find(query, {"terms": 0, "numbers": 0}).to_list(None)

    async def search(tenant: str) -> None:
        row = random.Random(next(turn)).randrange(sizes[tenant])
        typed = search_terms(f"{FAMILY[row % len(FAMILY)][:3]} {row:06}"[:9])
        await directory.list_records(Filter(tenant, typed=typed), None, 20)

    lookups, bare, few, searches, few_searches = [], [], [], [], []
    for _ in range(size.pairs):
        lookups.append(await _p95(lambda: look_up(large), size.bursts))
        bare.append(await _p95(lambda: look_up_bare(large), size.bursts))
        few.append(await _p95(lambda: look_up(small), size.bursts))
        searches.append(await _p95(lambda: search(large), size.bursts, 1))
        few_searches.append(await _p95(lambda: search(small), size.bursts, 1))
    name = f"look-up p95, {AT_ONCE} at once"
    return [
        Measurement(name, "ms", lookups, bare, "at most", 20, beyond=True),
        Measurement("look-up p95, 100 times the records", "ms", lookups, few, "at most", 1.2),
        Measurement(
            "search p95, 100 times the records", "ms", searches, few_searches, "at most", 1.2
        ),
    ]


async def _keys(site: Site, tenant: str) -> list[str]:
    query: dict[str, Any] = {"tenant": tenant}
    found = await site.database[COLLECTION].find(query, {"keys": 1}).to_list(None)
    return [document["keys"][0] for document in found if document["keys"]]


async def _p95(work: Work, bursts: int, at_once: int = AT_ONCE) -> float:
    """The 95th percentile of the milliseconds that the work takes, this many at the same time."""
    taken: list[float] = []
    for _ in range(bursts):
        taken += await asyncio.gather(*(_seconds(work) for _ in range(at_once)))
    return 1000 * percentile(taken, 95)


async def _seconds(work: Work) -> float:
    begun = perf_counter()
    await work()
    return perf_counter() - begun
