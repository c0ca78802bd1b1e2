"""The behaviour of a HitStore, tested on MongoDB and in memory alike."""

from datetime import timedelta
from typing import Any

import pytest

from softphone_common.contracts.events import CallMatched
from softphone_common.contracts.hit import EventJson, HitJson, HitOutcome
from softphone_common.domain.matching import Match
from softphone_ingest.hit_log.hit_json import request_json
from softphone_ingest.hit_log.store import HitStore, StoredHit
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import HitRequest
from support.observations import CALL, CALLER, at

REQUEST = HitRequest("GET", "/ringing", "n=1", {"x.dotted": "a", "$dollar": "b"}, b"\xff\x00", "")
KEPT = timedelta(days=36500)
"""The tests' hits are months old, and MongoDB's TTL index must not remove them."""
MATCH = Match("r1", "contact", "Erika Huber", "exact", "number +498999998001")
EVENT = EventJson(
    event="ringing",
    direction=None,
    extension="21",
    number="089 99998001",
    remote=CALLER,
    call_id=None,
    name="",
    reason="",
    duration=None,
    time=None,
    call=CALL,
)


def stored(
    id_: str, seconds: float = 0, outcome: HitOutcome = "accepted", **more: Any
) -> StoredHit:
    hit = HitJson(
        id=id_,
        device="d1",
        at=at(seconds),
        request=request_json(REQUEST),
        status=202 if outcome == "accepted" else 422,
        outcome=outcome,
        **more,
    )
    return StoredHit("acme", hit, REQUEST, at(seconds) + KEPT)


async def latest(store: HitStore, size: int = 50, seconds: float = 100) -> list[HitJson]:
    return (await store.latest("acme", "d1", None, size, at(seconds))).items


class HitStoreContract:
    """Needs a fixture `hits` with an empty store."""

    async def test_a_hit_comes_back_byte_by_byte(self, hits: HitStore) -> None:
        await hits.add([stored("h1")])
        assert await hits.get("acme", "d1", "h1") == stored("h1")
        assert await hits.get("acme", "d2", "h1") is None
        assert await hits.get("other", "d1", "h1") is None

    async def test_a_hit_is_stored_once(self, hits: HitStore) -> None:
        await hits.add([stored("h1")])
        await hits.add([stored("h1", why="changed"), stored("h2", 1)])
        assert [hit.id for hit in await latest(hits)] == ["h2", "h1"]
        assert (await latest(hits))[1].why is None

    async def test_latest_hits_are_paged_until_they_expire(self, hits: HitStore) -> None:
        await hits.add([stored(f"h{n}", n) for n in range(5)])
        page = await hits.latest("acme", "d1", None, 3, at(100))
        assert [hit.id for hit in page.items] == ["h4", "h3", "h2"]
        rest = await hits.latest("acme", "d1", page.next, 3, at(100))
        assert [hit.id for hit in rest.items] == ["h1", "h0"]
        assert rest.next is None
        assert await latest(hits, seconds=5 + KEPT.total_seconds()) == []

    async def test_first_replay_decides_for_all(self, hits: HitStore) -> None:
        await hits.add([stored("h1", outcome="refused")])
        first = await hits.claim("h1", [EVENT], ["one"])
        assert (first.messages, first.hit.events) == (("one",), (EVENT,))
        assert (await hits.claim("h1", [], ["two"])).messages == ("one",)
        await hits.refuse("h1", HitError("event", "missing"))
        done = await hits.accept("h1", at(60))
        assert (done.hit.outcome, done.hit.field, done.hit.replayed_at) == (
            "accepted",
            None,
            at(60),
        )

    async def test_failed_replay_leaves_its_reason(self, hits: HitStore) -> None:
        await hits.add([stored("h1", outcome="refused")])
        await hits.refuse("h1", HitError("event", "missing"))
        refused = await hits.get("acme", "d1", "h1")
        assert refused is not None
        assert (refused.hit.outcome, refused.hit.field) == ("refused", "event")
        assert (refused.hit.code, refused.messages) == ("missing", None)

    async def test_expired_hit_cannot_be_replayed(self, hits: HitStore) -> None:
        with pytest.raises(HitError):
            await hits.claim("gone", [], [])
        with pytest.raises(HitError):
            await hits.accept("gone", at(0))

    async def test_latest_matches_are_shown(self, hits: HitStore) -> None:
        await hits.add([stored("h1", events=(EVENT,))])
        newer = CallMatched(tenant="acme", call_id=CALL, matches=(MATCH,), matched_at=at(2))
        older = newer.model_copy(update={"matches": (), "matched_at": at(1)})
        await hits.keep_matches([newer, older], at(0) + KEPT)
        (hit,) = await latest(hits)
        assert hit.events[0].matches == (MATCH,)
