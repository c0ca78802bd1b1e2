"""The records that a call shows in the frames of each user."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

import pytest

from softphone_common.contracts.entities import Comment, Role, User
from softphone_common.contracts.events import (
    CallMatched,
    CallObserved,
    CommentSaved,
    NumbersMatched,
    RecordShared,
    UserChanged,
)
from softphone_common.domain.matching import Lookup, Match
from softphone_notifier.live.audiences import Audiences
from softphone_notifier.live.room import Room
from softphone_testing.until import until
from support.observations import CALL, CALLER, at, observed
from support.stack.memory_hub import Live, Socket, live_hub

NUMBER = CALLER.e164 or ""
ALL = Match("all", "contact", "Seen by all", "exact", "number")
OF_SALES = replace(ALL, record="sales", visible_to="team", team="Sales")
OF_ANNA = replace(ALL, record="own", visible_to="owner", owner="anna")
OF_BOSS = replace(ALL, record="boss", visible_to="admins")
MATCHES = (ALL, OF_SALES, OF_ANNA, OF_BOSS)
RINGING = CallObserved(tenant="acme", observation=observed("ringing", 0))
MATCHED = CallMatched(tenant="acme", call_id=CALL, number=NUMBER, matches=MATCHES, matched_at=at(1))


def user(login: str, *teams: str, role: Role = "user", version: int = 2) -> User:
    return User(
        id=login,
        tenant="acme",
        login=login,
        role=role,
        teams=teams,
        extensions=("21",),
        version=version,
    )


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    async with live_hub() as made:
        crowd = (user("anna"), user("bela", "Sales"), user("carl", "Support"), user("eva", "Sales"))
        for each in (*crowd, user("boss", role="admin")):
            made.users.apply(each)
        yield made


async def join(live: Live, login: str, seen: int | None = None) -> Socket:
    """A browser whose token is newer than all changes of its user."""
    socket = await live.join(login, seen=seen)
    socket.session.caller = socket.session.caller.model_copy(update={"version": 9})
    return socket


def shown(socket: Socket) -> list[list[str]]:
    """The records of the call in each of its frames."""
    calls = [frame["call"] for frame in socket.of_type("call")]
    return [[match["record"] for match in call["matches"]] for call in calls]


async def until_shown(socket: Socket, records: list[str]) -> None:
    await until(lambda: shown(socket)[-1:] == [records], what=f"the records {records}")


SEEN = {
    "anna": ["all", "own"],
    "bela": ["all", "sales"],
    "carl": ["all"],
    "boss": ["all", "sales", "own", "boss"],
}


async def test_call_is_prepared_once_for_each_set_of_records(live: Live) -> None:
    room = Room(at(0), lambda: {"21"}, 10, 10, 100_000)
    room.observe(RINGING)
    call = room.match(MATCHED)
    assert call is not None
    audiences = Audiences(live.users)
    prepared = {
        users: [match.record for match in part.matches]
        for part, users in audiences.seen_by("acme", room, call)
    }
    alike = [{"anna"}, {"bela", "eva"}, {"boss"}, {"carl"}]
    assert sorted(map(sorted, prepared)) == sorted(map(sorted, alike))
    for users, records in prepared.items():
        assert all(SEEN.get(user, records) == records for user in users)
    (own,) = audiences.seen_by("acme", room, call, only="carl")
    assert [match.record for match in own[0].matches] == ["all"]


async def test_frame_has_the_records_of_its_user(live: Live) -> None:
    sockets = {name: await join(live, name) for name in SEEN}
    await live.sender.publish(RINGING)
    await live.sender.publish(MATCHED)
    for name, records in SEEN.items():
        await until_shown(sockets[name], records)
        assert shown(sockets[name]) == [[], records]


async def test_welcome_has_the_records_of_its_user(live: Live) -> None:
    first = await join(live, "anna")
    await live.sender.publish(RINGING)
    await live.sender.publish(MATCHED)
    await until_shown(first, SEEN["anna"])
    await live.leave(first)
    for name, records in SEEN.items():
        socket = await join(live, name)
        (call,) = socket.of_type("welcome")[0]["calls"]
        assert [match["record"] for match in call["matches"]] == records
        await live.leave(socket)


async def test_missed_frames_have_the_records_of_their_user(live: Live) -> None:
    carl, seen = await join(live, "carl"), {}
    for name in ("anna", "bela"):
        socket = await join(live, name)
        seen[name] = socket.frames[0]["seq"]
        await live.leave(socket)
    await live.sender.publish(RINGING)
    await live.sender.publish(MATCHED)
    await until_shown(carl, SEEN["carl"])
    await live.leave(carl)
    for name, seq in seen.items():
        again = await join(live, name, seen=seq)
        await until_shown(again, SEEN[name])
        assert shown(again) == [[], SEEN[name]]
        await live.leave(again)


async def test_users_who_see_the_same_share_a_frame(live: Live) -> None:
    bela, eva = await join(live, "bela"), await join(live, "eva")
    await live.sender.publish(RINGING)
    await live.sender.publish(MATCHED)
    for socket in (bela, eva):
        await until_shown(socket, ["all", "sales"])
    numbers = [[frame["seq"] for frame in socket.of_type("call")] for socket in (bela, eva)]
    assert numbers[0] == numbers[1]


def has_both(socket: Socket) -> bool:
    return len(socket.of_type("comment")) == 2


async def test_comment_names_its_record_to_those_who_see_it(live: Live) -> None:
    sockets = {name: await join(live, name) for name in SEEN}
    comment = Comment(id="k1", call=CALL, text="Ja", author="anna", at=at(3), record="sales")
    message = CommentSaved(tenant="acme", comment=comment, extensions=("21",))
    await live.sender.publish(message.model_copy(update={"sights": ("team:Sales",)}))
    await live.sender.publish(message)
    for name, socket in sockets.items():
        await until(partial(has_both, socket), what="both comments")
        named = [frame["comment"]["record"] for frame in socket.of_type("comment")]
        assert named == ["sales" if name in {"bela", "boss"} else None, "sales"]


async def test_call_follows_who_may_see_its_record(live: Live) -> None:
    bela, carl = await join(live, "bela"), await join(live, "carl")
    await live.sender.publish(RINGING)
    await live.sender.publish(MATCHED)
    await until_shown(bela, ["all", "sales"])
    restricted = replace(ALL, visible_to="team", team="Support")
    lookup = Lookup(NUMBER, (restricted, OF_SALES), at(2))
    await live.sender.publish(NumbersMatched(tenant="acme", lookups=(lookup,)))
    await until_shown(bela, ["sales"])
    await until_shown(carl, ["all"])


async def test_call_follows_the_restriction_of_its_record(live: Live) -> None:
    bela, carl, late = await join(live, "bela"), await join(live, "carl"), OF_SALES.record
    await live.sender.publish(RINGING)
    await live.sender.publish(MATCHED)
    await until_shown(bela, ["all", "sales"])
    for record, visible_to, seconds in ((ALL.record, "admins", 5), (late, "everyone", 0)):
        message = {"tenant": "acme", "record": record, "visible_to": visible_to, "at": at(seconds)}
        await live.sender.publish(RecordShared.model_validate(message))
    await until_shown(bela, ["sales"])
    await until_shown(carl, [])
    assert shown(carl) == [[], ["all"], []]


async def test_restriction_hides_records_in_calls_that_come_later(live: Live) -> None:
    """The look-up of the call began before, and its message comes after."""
    bela, carl = await join(live, "bela"), await join(live, "carl")
    for visible_to, seconds in (("admins", 5), ("everyone", 0)):
        message = {"tenant": "acme", "record": ALL.record, "at": at(seconds)}
        await live.sender.publish(
            RecordShared.model_validate({**message, "visible_to": visible_to})
        )
    await live.sender.publish(RINGING)
    await live.sender.publish(MATCHED)
    await until_shown(bela, ["sales"])
    await until_shown(carl, [])
    await live.sender.publish(MATCHED.model_copy(update={"matched_at": at(6)}))
    await until_shown(carl, ["all"])
    assert shown(carl)[:-1] == [[]] * (len(shown(carl)) - 1)


async def test_restrictions_of_several_records_count_in_any_order(live: Live) -> None:
    bela = await join(live, "bela")
    await live.sender.publish(RINGING)
    await live.sender.publish(MATCHED)
    await until_shown(bela, ["all", "sales"])
    for record, seconds in ((ALL.record, 5), (OF_SALES.record, 4)):
        message = {"tenant": "acme", "record": record, "visible_to": "admins", "at": at(seconds)}
        await live.sender.publish(RecordShared.model_validate(message))
    await until_shown(bela, [])


async def test_call_follows_the_merge_of_its_record(live: Live) -> None:
    bela, carl = await join(live, "bela"), await join(live, "carl")
    await live.sender.publish(RINGING)
    await live.sender.publish(MATCHED)
    await until_shown(bela, ["all", "sales"])
    into = replace(OF_SALES, record="kept", visible_to="team", team="Support")
    shared = {"tenant": "acme", "visible_to": "team", "team": "Support", "at": at(5)}
    message = {**shared, "record": OF_SALES.record, "merged": into}
    await live.sender.publish(RecordShared.model_validate(message))
    await until_shown(carl, ["all", "kept"])
    await until_shown(bela, ["all"])


async def test_own_pick_is_first_in_the_frames_of_its_user(live: Live) -> None:
    anna, bela, carl = [await join(live, name) for name in ("anna", "bela", "carl")]
    picked = (ALL, replace(OF_SALES, picks=2, picked_by=("bela", "eva")), replace(ALL, record="x"))
    await live.sender.publish(RINGING)
    await live.sender.publish(MATCHED.model_copy(update={"matches": picked}))
    await until_shown(bela, ["sales", "all", "x"])
    await until_shown(anna, ["all", "x"])
    await until_shown(carl, ["all", "x"])
    (_, call) = (frame["call"] for frame in bela.of_type("call"))
    assert call["matches"][0]["picked_by"] == ["bela"]


async def test_user_of_another_team_sees_other_records(live: Live) -> None:
    """From the next frame on; frames of before are not sent again."""
    bela = await join(live, "bela")
    await live.sender.publish(RINGING)
    await live.sender.publish(MATCHED)
    await until_shown(bela, ["all", "sales"])
    seq = bela.of_type("call")[0]["seq"]
    changed = user("bela", "Support", version=3)
    await live.sender.publish(UserChanged(tenant="acme", user=changed))
    answered = observed("connected", 3)
    await live.sender.publish(CallObserved(tenant="acme", observation=answered))
    await until_shown(bela, ["all"])
    await live.leave(bela)
    again = await join(live, "bela", seen=seq)
    await until(lambda: again.of_type("resync"), what="the resync")
    assert shown(again) == []
    (call,) = again.of_type("welcome")[0]["calls"]
    assert [match["record"] for match in call["matches"]] == ["all"]
