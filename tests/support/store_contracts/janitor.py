"""The behaviour of a SweepStore and a DeadLetterStore, tested on MongoDB and in memory alike."""

from datetime import datetime, timedelta

import pytest

from softphone_common.bus.envelope import ATTEMPT_HEADER, QUEUE_HEADER, REASON_HEADER, Envelope
from softphone_common.stores.keyset import Position
from softphone_janitor.clean_up.store import Sweep, SweepStore
from softphone_janitor.dead_letters.store import LEASE, DeadLetter, DeadLetterStore, Selection
from support.observations import at

QUEUE, OTHER_QUEUE = "calllog.call", "matcher.call"
OWN_HEADERS = {
    "cloudEvents_type": "softphone.call-observed.v1",
    "cloudEvents_tenant": "acme",
    "dotted.name": 1,
    "$dollar": [True],
}
DEATH_HEADERS = {
    REASON_HEADER: "ValueError: bad",
    ATTEMPT_HEADER: 4,
    QUEUE_HEADER: QUEUE,
    "x-death": [{"time": object()}],
    "x-first-death-reason": "rejected",
}


def sweep(id_: str, seconds: float = 0, tenant: str = "acme") -> Sweep:
    return Sweep(id=id_, tenant=tenant, requested_by="PBX Clean Up", requested_at=at(seconds))


class SweepStoreContract:
    """Needs a fixture `sweeps` with an empty store."""

    async def test_an_id_is_stored_once(self, sweeps: SweepStore) -> None:
        assert await sweeps.add(sweep("acme/2026-03-02"))
        assert not await sweeps.add(sweep("acme/2026-03-02", 60))
        assert await sweeps.add(sweep("other/2026-03-02"))
        latest = {one.id: one.requested_at for one in await sweeps.list_latest(50)}
        assert latest == {"acme/2026-03-02": at(0), "other/2026-03-02": at(0)}

    async def test_a_sweep_is_unpublished_until_marked(self, sweeps: SweepStore) -> None:
        await sweeps.add(sweep("a"))
        await sweeps.add(sweep("b"))
        assert {one.id for one in await sweeps.list_unpublished()} == {"a", "b"}
        await sweeps.mark_published("a")
        await sweeps.mark_published("unknown")
        assert [one.id for one in await sweeps.list_unpublished()] == ["b"]
        published = {one.id: one.is_published for one in await sweeps.list_latest(50)}
        assert published == {"a": True, "b": False}

    async def test_a_result_is_noted(self, sweeps: SweepStore) -> None:
        await sweeps.add(sweep("a"))
        (before,) = await sweeps.list_latest(50)
        assert (before.moved, before.finished_at) == (None, None)
        await sweeps.finish("a", 3, at(9))
        await sweeps.finish("unknown", 7, at(9))
        (after,) = await sweeps.list_latest(50)
        assert after == before.model_copy(update={"moved": 3, "finished_at": at(9)})

    async def test_finished_sweeps_are_known_by_id(self, sweeps: SweepStore) -> None:
        for id_ in ("a", "b", "c"):
            await sweeps.add(sweep(id_))
        await sweeps.finish("a", 0, at(9))
        await sweeps.finish("c", 2, at(9))
        assert await sweeps.finished_among({"a", "b", "unknown"}) == {"a"}
        assert await sweeps.finished_among(()) == set()

    async def test_the_latest_come_first(self, sweeps: SweepStore) -> None:
        for id_, seconds in (("b", 1), ("a", 1), ("c", 0), ("d", 2)):
            await sweeps.add(sweep(id_, seconds))
        assert [one.id for one in await sweeps.list_latest(3)] == ["d", "b", "a"]


def message(id_: str = "m1", body: bytes = b"{}", **headers: object) -> Envelope:
    own = {"cloudEvents_id": id_, **OWN_HEADERS, **DEATH_HEADERS, **headers}
    return Envelope(body, own, "call.ringing.acme")


async def keep(
    letters: DeadLetterStore, envelope: Envelope, seconds: float = 0, queue: str = QUEUE
) -> str:
    (id_,) = await letters.keep(queue, [envelope], at(seconds))
    return id_


async def state(letters: DeadLetterStore, id_: str) -> str:
    return (await require(letters, id_)).state


async def require(letters: DeadLetterStore, id_: str) -> DeadLetter:
    letter = await letters.get(id_)
    assert letter is not None
    return letter


class DeadLetterStoreContract:
    """Needs a fixture `letters` with an empty store."""

    async def test_a_letter_shows_its_message_and_reason(self, letters: DeadLetterStore) -> None:
        letter = await require(letters, await keep(letters, message(body=b"\xff{}")))
        assert (letter.queue, letter.tenant, letter.times) == (QUEUE, "acme", 1)
        assert (letter.type, letter.reason) == ("softphone.call-observed.v1", "ValueError: bad")
        assert (letter.body, letter.state, letter.replayed_at) == ("\ufffd{}", "waiting", None)
        assert (letter.first_at, letter.last_at) == (at(0), at(0))
        assert letter.headers["dotted.name"] == 1
        assert "x-death" not in letter.headers

    async def test_the_broker_may_give_the_reason(self, letters: DeadLetterStore) -> None:
        nameless = Envelope(b"?", {"x-first-death-reason": "delivery_limit"})
        letter = await require(letters, await keep(letters, nameless))
        assert letter.reason == "the broker gave up: delivery_limit"
        assert (letter.type, letter.tenant) == ("", "")

    async def test_letters_that_wait_are_counted(self, letters: DeadLetterStore) -> None:
        first, _ = await keep(letters, message()), await keep(letters, message("m2"))
        assert await letters.count_waiting() == 2
        await letters.claim(first, at(1))
        await letters.settle(first, at(2))
        assert await letters.count_waiting() == 1

    async def test_a_message_is_one_letter_in_each_queue(self, letters: DeadLetterStore) -> None:
        first = await keep(letters, message())
        assert await keep(letters, message(reason="other"), 60) == first
        assert await keep(letters, message(), 60, OTHER_QUEUE) != first
        assert await keep(letters, message("m2")) != first
        letter = await require(letters, first)
        assert (letter.times, letter.first_at, letter.last_at) == (2, at(0), at(60))

    async def test_a_batch_keeps_each_message(self, letters: DeadLetterStore) -> None:
        batch = [message("m1"), message("m2"), message("m1")]
        ids = await letters.keep(QUEUE, batch, at(0))
        assert ids[0] == ids[2] != ids[1]
        assert [(await require(letters, id_)).times for id_ in ids[:2]] == [2, 1]

    async def test_without_an_id_the_body_tells_letters_apart(
        self, letters: DeadLetterStore
    ) -> None:
        one = await keep(letters, Envelope(b"one", {}))
        assert await keep(letters, Envelope(b"one", {})) == one
        assert await keep(letters, Envelope(b"two", {})) != one

    async def test_a_claim_gives_the_message_as_it_was(self, letters: DeadLetterStore) -> None:
        claim = await letters.claim(await keep(letters, message(body=b"\xff")), at(10))
        assert claim is not None
        queue, envelope = claim
        assert (queue, envelope.body, envelope.routing_key) == (QUEUE, b"\xff", QUEUE)
        assert envelope.headers == {"cloudEvents_id": "m1", **OWN_HEADERS}

    async def test_a_letter_is_claimed_once_until_its_lease_ends(
        self, letters: DeadLetterStore
    ) -> None:
        id_ = await keep(letters, message())
        assert await letters.claim(id_, at(10)) is not None
        assert await letters.claim(id_, at(10)) is None
        assert await letters.claim(id_, at(10) + LEASE) is None
        assert await letters.claim(id_, at(11) + LEASE) is not None
        assert await letters.claim("unknown", at(10)) is None

    async def test_a_replayed_letter_is_claimed_no_further(self, letters: DeadLetterStore) -> None:
        id_ = await keep(letters, message())
        await letters.claim(id_, at(10))
        await letters.settle(id_, at(11))
        letter = await require(letters, id_)
        assert (letter.state, letter.replayed_at) == ("replayed", at(11))
        assert await letters.claim(id_, at(12) + LEASE) is None

    async def test_a_failed_replay_waits_again(self, letters: DeadLetterStore) -> None:
        id_ = await keep(letters, message())
        await letters.claim(id_, at(10))
        await letters.settle(id_, None)
        assert await state(letters, id_) == "waiting"
        assert await letters.claim(id_, at(10)) is not None

    async def test_a_letter_that_dies_again_waits_again(self, letters: DeadLetterStore) -> None:
        id_ = await keep(letters, message())
        await letters.claim(id_, at(10))
        await keep(letters, message(), 11)  # before its replay is settled
        await letters.settle(id_, at(12))
        assert await state(letters, id_) == "waiting"
        await letters.claim(id_, at(20))
        await letters.settle(id_, at(21))
        await keep(letters, message(), 22)
        letter = await require(letters, id_)
        assert (letter.state, letter.replayed_at, letter.times) == ("waiting", None, 3)

    @pytest.mark.parametrize(
        ("selection", "ids"),
        [
            (Selection(), "210"),
            (Selection(queue=OTHER_QUEUE), "1"),
            (Selection(tenant="other"), "2"),
            (Selection(state="replayed"), "0"),
            (Selection(state="waiting"), "21"),
            (Selection(died_before=at(10)), "0"),
            (Selection(died_before=at(11), state="waiting"), "1"),
        ],
    )
    async def test_lists_are_filtered(
        self, letters: DeadLetterStore, selection: Selection, ids: str
    ) -> None:
        kept = [
            await keep(letters, message("m0"), 0),
            await keep(letters, message("m1"), 10, OTHER_QUEUE),
            await keep(letters, message("m2", cloudEvents_tenant="other"), 20),
        ]
        await letters.claim(kept[0], at(30))
        await letters.settle(kept[0], at(30))
        page = await letters.list_letters(selection, None, 50)
        assert "".join(str(kept.index(letter.id)) for letter in page.items) == ids

    async def test_pages_have_each_letter_once(self, letters: DeadLetterStore) -> None:
        moments = (0, 1, 1, 1, 2)
        kept = [await keep(letters, message(f"m{n}"), at_) for n, at_ in enumerate(moments)]
        ids: list[str] = []
        times: list[datetime] = []
        after: Position[datetime] | None = None
        while True:
            selection = Selection(died_before=at(0) + timedelta(hours=1))
            page = await letters.list_letters(selection, after, 2)
            ids += [letter.id for letter in page.items]
            times += [letter.last_at for letter in page.items]
            after = page.next
            if after is None:
                break
        assert sorted(ids) == sorted(kept)
        assert times == sorted(times, reverse=True)

    async def test_a_dropped_letter_is_gone(self, letters: DeadLetterStore) -> None:
        id_ = await keep(letters, message())
        assert await letters.drop(id_)
        assert not await letters.drop(id_)
        assert await letters.get(id_) is None
        assert await letters.claim(id_, at(10)) is None
