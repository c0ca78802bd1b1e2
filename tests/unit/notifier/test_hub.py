"""The hub over a bus in memory: who gets which frame, and what a reconnect does to browsers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from softphone_common.contracts.entities import Comment
from softphone_common.contracts.events import (
    CallChanged,
    CallMatched,
    CallObserved,
    CommentSaved,
    HitSeen,
)
from softphone_testing.until import until
from support.observations import CALL, at, observed
from support.paths import SAMPLES
from support.stack.memory_hub import SETTINGS, Live, live_hub
from support.wire import sample


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    async with live_hub() as made:
        yield made


def ringing(extension: str = "21", tenant: str = "acme", seconds: float = 0) -> CallObserved:
    return CallObserved(tenant=tenant, observation=observed("ringing", seconds, extension))


async def test_call_reaches_only_the_users_at_its_extension(live: Live) -> None:
    anna, bela = await live.join("anna"), await live.join("bela")
    otto = await live.join("otto", "other")
    await live.sender.publish(ringing("21"))
    await live.sender.publish(ringing("22", tenant="acme", seconds=1))
    await until(lambda: bela.of_type("call") and len(anna.of_type("call")) == 2, what="the call")
    assert [frame["call"]["id"] for frame in anna.of_type("call")] == [CALL, CALL]
    assert len(bela.of_type("call")) == 1
    assert otto.of_type("call") == []


async def test_guest_of_a_call_gets_its_part_only(live: Live) -> None:
    """In frames, in the welcome and in the frames it missed."""
    anna, bela = await live.join("anna"), await live.join("bela")
    seq = bela.of_type("welcome")[0]["seq"]
    await live.sender.publish(ringing("21"))
    joined = ringing("22", seconds=20)
    guest = replace(joined.observation, remote=None, device="d2", by_shared_id=True)
    await live.sender.publish(joined.model_copy(update={"observation": guest}))
    await until(lambda: bela.of_type("call") and len(anna.of_type("call")) == 2, what="the call")
    assert anna.of_type("call")[1]["call"]["remote"]["e164"] is not None
    again, resumed = await live.join("bela"), await live.join("bela", seen=seq)
    await until(lambda: resumed.of_type("call"), what="the missed frame")
    calls = [frame["call"] for each in (bela, resumed) for frame in each.of_type("call")]
    for call in (*calls, *again.of_type("welcome")[0]["calls"]):
        assert (call["remote"]["e164"], call["started_at"]) == (None, "2026-03-02T09:00:20Z")
        assert [leg["extension"] for leg in call["legs"]] == ["22"]
    assert len(calls) == 2


async def test_match_sends_the_call_again(live: Live) -> None:
    anna = await live.join("anna")
    await live.sender.publish(ringing())
    await until(lambda: anna.of_type("call"), what="the call")
    match = CallMatched.model_validate(sample(SAMPLES, CallMatched.type))
    matched = match.model_copy(update={"tenant": "acme", "call_id": CALL})
    await live.sender.publish(matched)
    await until(lambda: len(anna.of_type("call")) == 2, what="the call with its matches")
    bare, found = (frame["call"]["matches"] for frame in anna.of_type("call"))
    assert bare == []
    assert len(found) == len(match.matches)


async def test_comment_and_recycled_call_are_sent(live: Live) -> None:
    anna, bela = await live.join("anna"), await live.join("bela")
    comment = Comment(id=uuid4().hex, call=CALL, text="rings back", author="anna", at=at(0))
    await live.sender.publish(
        CommentSaved(tenant="acme", comment=comment, extensions=("21",)),
        CallChanged(
            tenant="acme",
            call_id=CALL,
            extensions=("21", "22"),
            deleted_at=at(1),
            deleted_by="anna",
        ),
    )
    await until(lambda: anna.of_type("trash") and bela.of_type("trash"), what="the recycled call")
    assert [frame["comment"]["text"] for frame in anna.of_type("comment")] == ["rings back"]
    assert bela.of_type("comment") == []
    assert anna.of_type("trash")[0]["call_id"] == CALL


async def test_deleted_call_sends_no_frame_until_it_is_restored(live: Live) -> None:
    anna, bela = await live.join("anna"), await live.join("bela")

    where: dict[str, Any] = {"tenant": "acme", "call_id": CALL, "extensions": ("21",)}
    comment = Comment(id=uuid4().hex, call=CALL, text="rings back", author="anna", at=at(0))
    await live.sender.publish(ringing())
    await live.sender.publish(CallChanged(**where, deleted_at=at(1), deleted_by="boss"))
    answered = observed("connected", 2, "21")
    await live.sender.publish(CallObserved(tenant="acme", observation=answered))
    await live.sender.publish(CommentSaved(tenant="acme", comment=comment, extensions=("21",)))
    other = replace(observed("ringing", 3, "22"), call_id="other")
    await live.sender.publish(CallObserved(tenant="acme", observation=other))
    await until(lambda: bela.of_type("call"), what="a call after that")
    assert [frame["type"] for frame in anna.frames] == ["welcome", "call", "trash"]
    await live.sender.publish(CallChanged(**where, deleted_at=None, deleted_by=None))
    await until(lambda: len(anna.of_type("call")) == 2, what="the restored call")
    assert anna.of_type("call")[-1]["call"]["phase"] == "connected"


async def test_sweep_overtaken_by_the_end_sends_no_frame(live: Live) -> None:
    anna = await live.join("anna")
    where: dict[str, Any] = {"tenant": "acme", "call_id": CALL, "extensions": ("21",)}
    await live.sender.publish(ringing())
    missed = observed("missed", 5, "21")
    await live.sender.publish(CallObserved(tenant="acme", observation=missed))
    swept = CallChanged(**where, deleted_at=at(6), deleted_by="PBX Clean Up", swept=True)
    await live.sender.publish(swept)
    await live.sender.publish(CallChanged(**where, deleted_at=at(7), deleted_by="boss"))
    await until(lambda: anna.of_type("trash"), what="the deletion by a person")
    assert [frame["deleted_by"] for frame in anna.of_type("trash")] == ["boss"]


async def test_returning_browser_gets_the_frames_it_missed(live: Live) -> None:
    anna = await live.join("anna")
    seen = anna.frames[0]["seq"]
    await live.leave(anna)
    await live.sender.publish(ringing())
    bela = await live.join("bela")
    await live.sender.publish(ringing("22", seconds=1))
    await until(lambda: bela.of_type("call"), what="the later call")
    again = await live.join("anna", seen=seen)
    await until(lambda: again.of_type("call"), what="the missed call")
    assert again.of_type("resync") == []


async def test_reconnect_of_the_bus_has_browsers_read_the_log(live: Live) -> None:
    anna = await live.join("anna")
    live.broker.stop()
    await until(lambda: not live.bus.is_connected, what="the lost connection")
    live.broker.start()
    await until(lambda: anna.of_type("resync"), what="the resync")
    await live.sender.publish(ringing())
    await until(lambda: anna.of_type("call"), what="a call after the outage")


async def test_browser_resumes_across_no_gap(live: Live) -> None:
    anna = await live.join("anna")
    live.broker.stop()
    await until(lambda: not live.bus.is_connected, what="the lost connection")
    live.broker.start()
    await until(lambda: anna.of_type("resync"), what="the resync")
    await live.leave(anna)
    again = await live.join("anna", seen=anna.frames[0]["seq"])
    await live.sender.publish(ringing())
    await until(lambda: again.of_type("call"), what="a call after the outage")
    assert [frame["type"] for frame in again.frames] == ["welcome", "resync", "call"]


async def test_browser_that_joins_in_an_outage_is_served_later(live: Live) -> None:
    live.broker.stop()
    await until(lambda: not live.bus.is_connected, what="the lost connection")
    anna = await live.join("anna")
    live.broker.start()
    await until(lambda: anna.of_type("resync"), what="the resync")
    await live.sender.publish(ringing())
    await until(lambda: anna.of_type("call"), what="a call after the outage")


async def test_user_with_too_many_sockets_loses_the_oldest(live: Live) -> None:
    first, second, third = [await live.join("anna") for _ in range(3)]
    assert first.session.is_closing
    assert not second.session.is_closing
    assert not third.session.is_closing


async def test_tenant_with_too_many_sockets_gets_no_other(live: Live) -> None:
    for user in ("anna", "anna", "bela", "bela"):
        await live.join(user)
    fifth, elsewhere = await live.open("carla"), await live.join("otto", "other")
    await live.hub.join(fifth.session, None)
    assert fifth.session.is_closing
    assert not elsewhere.session.is_closing


async def test_call_that_is_too_old_is_not_shown(live: Live) -> None:
    anna = await live.join("anna")
    live.now = at(0) + timedelta(seconds=SETTINGS.late_seconds + 1)
    fresh = replace(observed("ringing", 0), call_id="new", at=live.now)
    await live.sender.publish(ringing())
    await live.sender.publish(CallObserved(tenant="acme", observation=fresh))
    await until(lambda: anna.of_type("call"), what="the new call")
    assert [frame["call"]["id"] for frame in anna.of_type("call")] == ["new"]


async def test_hit_reaches_administrators_while_they_watch(live: Live) -> None:
    seen = HitSeen.model_validate(sample(SAMPLES, HitSeen.type))
    device, tenant = seen.hit.device, seen.tenant
    admin = await live.open("anna", tenant, "admin")
    user = await live.open("bela", tenant, "user")
    for socket in (admin, user):
        await live.hits.watch(socket.session, device)
    await live.sender.publish(seen)
    await until(lambda: admin.of_type("hit"), what="the hit")
    await live.hits.watch(admin.session, "another")
    await live.sender.publish(seen)
    await live.hits.watch(admin.session, device)
    await live.sender.publish(seen)
    await until(lambda: len(admin.of_type("hit")) == 2, what="the hit after that")
    await live.hits.remove(admin.session)
    assert user.of_type("hit") == []


async def test_user_who_watches_a_device_is_recorded(live: Live) -> None:
    anna = await live.open("anna")
    await live.hits.watch(anna.session, None)
    assert live.security.entries == []
    await live.hits.watch(anna.session, "d1")
    (entry,) = live.security.entries
    assert (entry.event, entry.actor) == ("access-refused", "anna")
    assert entry.detail == "role-required watch-hits"


async def test_administrator_without_the_role_gets_no_hits(live: Live) -> None:
    seen = HitSeen.model_validate(sample(SAMPLES, HitSeen.type))
    first = await live.open("anna", seen.tenant, "admin")
    other = await live.open("bela", seen.tenant, "admin")
    stranger = await live.open("otto", "another", "admin")
    for socket in (first, other, stranger):
        await live.hits.watch(socket.session, seen.hit.device)
    first.session.caller = first.session.caller.model_copy(update={"role": "user"})
    await live.hits.on_hit_seen(seen)
    await until(lambda: other.of_type("hit"), what="the hit")
    assert first.of_type("hit") == stranger.of_type("hit") == []
