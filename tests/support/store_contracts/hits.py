"""The behaviour of a HitStore, tested on MongoDB and in memory alike."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from softphone_common.contracts.events import CallMatched
from softphone_common.contracts.hit import EventJson, FieldNoteJson, HitJson, HitOutcome
from softphone_common.domain.matching import Match
from softphone_ingest.hit_log.device_states import DeviceState
from softphone_ingest.hit_log.hit_json import request_json
from softphone_ingest.hit_log.store import HitStore, StoredHit
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.request import HitRequest
from support.observations import CALL, CALLER, OTHER_CALLER, at

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

NOTE = FieldNoteJson(field="each.1.event", code="missing", why="is missing")


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

    async def test_oldest_hits_beyond_a_limit_are_removed(self, hits: HitStore) -> None:
        await hits.add([stored(f"h{number}", number) for number in range(6)])
        await hits.add([replace(stored("other", 0), tenant="globex")])
        await hits.trim("acme", "d1", 9, 1_000_000)
        assert len(await latest(hits)) == 6
        await hits.trim("acme", "d1", 4, 1_000_000)
        assert [hit.id for hit in await latest(hits)] == ["h5", "h4", "h3", "h2"]
        await hits.trim("acme", "d1", 4, 2 * stored("h5", 5).size)
        assert [hit.id for hit in await latest(hits)] == ["h5", "h4"]
        assert await hits.get("globex", "d1", "other") is not None

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

    async def test_hits_of_one_outcome_are_listed(self, hits: HitStore) -> None:
        await hits.add([stored("h1", 1), stored("h2", 2, "refused"), stored("h3", 3)])
        page = await hits.latest("acme", "d1", None, 9, at(100), "refused")
        assert [hit.id for hit in page.items] == ["h2"]

    async def test_state_of_a_device_is_that_of_its_last_hit(self, hits: HitStore) -> None:
        assert await hits.states("acme") == {}
        await hits.add([stored("h2", 2, "refused"), stored("h1", 1)])
        assert await hits.states("acme") == {"d1": DeviceState(at(2), is_refused=True)}
        await hits.add([stored("h0", 0)])
        assert (await hits.states("acme"))["d1"].heard_at == at(2)
        await hits.add([stored("h3", 3)])
        assert await hits.states("acme") == {"d1": DeviceState(at(3), is_refused=False)}
        assert await hits.states("globex") == {}

    async def test_first_replay_decides_for_all(self, hits: HitStore) -> None:
        await hits.add([stored("h1", outcome="refused")])
        first = await hits.claim("h1", [EVENT], [NOTE], ["one"])
        assert (first.messages, first.hit.events) == (("one",), (EVENT,))
        assert first.hit.unread == (NOTE,)
        assert (await hits.claim("h1", [], [], ["two"])).messages == ("one",)
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
            await hits.claim("gone", [], [], [])
        with pytest.raises(HitError):
            await hits.accept("gone", at(0))

    async def test_latest_matches_are_shown(self, hits: HitStore) -> None:
        await hits.add([stored("h1", events=(EVENT,))])
        newer = CallMatched(tenant="acme", call_id=CALL, matches=(MATCH,), matched_at=at(2))
        older = newer.model_copy(update={"matches": (), "matched_at": at(1)})
        await hits.keep_matches([newer, older], at(0) + KEPT)
        (hit,) = await latest(hits)
        assert hit.events[0].matches == (MATCH,)

    async def test_a_hit_shows_the_matches_of_its_own_number(self, hits: HitStore) -> None:
        transferred = EVENT.model_copy(update={"remote": OTHER_CALLER})
        ended = EVENT.model_copy(update={"event": "ended", "remote": None})
        await hits.add([stored("h1", events=(EVENT, transferred, ended))])
        one = CallMatched(
            tenant="acme", call_id=CALL, number="+498999998001", matches=(MATCH,), matched_at=at(2)
        )
        other = one.model_copy(update={"number": OTHER_CALLER.e164, "matches": ()})
        await hits.keep_matches([other, one], at(0) + KEPT)
        (hit,) = await latest(hits)
        assert [event.matches for event in hit.events] == [(MATCH,), (), ()]
