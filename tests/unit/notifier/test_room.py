"""A tenant's room folds what it hears, numbers what it tells, and lets browsers resume."""

from dataclasses import replace
from datetime import timedelta
from time import perf_counter
from timeit import repeat

from softphone_common.contracts.events import (
    CallMatched,
    CallObserved,
    NumbersMatched,
    RecordShared,
)
from softphone_common.contracts.websocket import CallFrame
from softphone_common.domain.call import Phase
from softphone_common.domain.matching import Lookup, Match
from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_notifier.live.room import Room
from support.observations import CALL, CALLER, at, observed

MATCH = Match("r1", "contact", "Huber, Maria", "exact", "number +498999998001")
MATCHED = CallMatched(tenant="acme", call_id=CALL, matches=(MATCH,), matched_at=at(1))
FINISHED = 2000
ANNA = frozenset({"anna"})


def a_room(calls_max: int = 10, replay_max: int = 10, replay_bytes_max: int = 100_000) -> Room:
    return Room(at(0), lambda: {"21", "22"}, calls_max, replay_max, replay_bytes_max)


def message_of(phase: Phase, seconds: float, call: str = CALL) -> CallObserved:
    return CallObserved(tenant="acme", observation=replace(observed(phase, seconds), call_id=call))


def frame(room: Room, seconds: float) -> CallFrame:
    call = room.observe(message_of("connected", seconds))
    assert call is not None
    return CallFrame(seq=room.next_seq(at(seconds)), call=call)


def test_observation_already_folded_makes_no_frame() -> None:
    room = a_room()
    assert room.observe(message_of("ringing", 0)) is not None
    assert room.observe(message_of("ringing", 0)) is None


def test_matches_before_the_call_are_shown_with_it() -> None:
    room = a_room()
    assert room.match(MATCHED) is None
    call = room.observe(message_of("ringing", 0))
    assert call is not None
    assert call.matches == (MATCH,)


def test_matches_repeated_or_older_make_no_frame() -> None:
    room = a_room()
    room.observe(message_of("ringing", 0))
    assert room.match(MATCHED) is not None
    assert room.match(MATCHED.model_copy(update={"matched_at": at(2)})) is None
    assert (
        room.match(CallMatched(tenant="acme", call_id=CALL, matches=(), matched_at=at(0))) is None
    )


def test_look_up_without_matches_is_told_once() -> None:
    room = a_room()
    ringing = room.observe(message_of("ringing", 0))
    assert ringing is not None
    assert not ringing.matched
    nobody = CallMatched(
        tenant="acme", call_id=CALL, number=CALLER.e164 or "", matches=(), matched_at=at(1)
    )
    answered = room.match(nobody)
    assert answered is not None
    assert (answered.matched, answered.matches) == (True, ())
    assert room.match(nobody.model_copy(update={"matched_at": at(2)})) is None
    assert [call.matched for call in room.running()] == [True]


def test_calls_follow_the_records_of_their_number() -> None:
    room = a_room()
    room.observe(message_of("ringing", 0))
    room.observe(message_of("ended", 1))
    room.observe(message_of("ringing", 2, "other"))
    number = CALLER.e164 or ""

    def follow(seconds: float, *matches: Match, number: str = number) -> list[str]:
        lookups = (Lookup(number, matches, at(seconds)),)
        message = NumbersMatched(tenant="acme", lookups=lookups)
        return [call.id for call in room.match_numbers(message) if call.matches == matches]

    assert follow(3, MATCH) == sorted([CALL, "other"])
    assert follow(4, MATCH) == []
    assert follow(5, number="+493023125001") == []
    assert follow(2) == []
    assert follow(6) == sorted([CALL, "other"])
    room.prune(at(9999), timedelta(seconds=1))
    assert follow(7, MATCH) == ["other"]


def test_restriction_counts_for_look_ups_from_before_it() -> None:
    """They may come after the message about it, and name other records as well."""
    room = a_room()
    number, other = CALLER.e164 or "", replace(MATCH, record="r2")
    shared = RecordShared(tenant="acme", record="r1", visible_to="admins", at=at(5))
    opened = shared.model_copy(update={"visible_to": "everyone", "at": at(3)})
    for message in (shared, opened):
        assert list(room.share(message)) == []
    room.observe(message_of("ringing", 0))
    matched = MATCHED.model_copy(update={"number": number, "matches": (MATCH, other)})
    call = room.match(matched)
    assert call is not None
    assert [match.visible_to for match in call.matches] == ["admins", "everyone"]
    call = room.match(matched.model_copy(update={"matched_at": at(6)}))
    assert call is not None
    assert [match.visible_to for match in call.matches] == ["everyone", "everyone"]


def test_finished_call_is_not_running() -> None:
    room = a_room()
    room.observe(message_of("ringing", 0))
    assert [call.id for call in room.running()] == [CALL]
    room.observe(message_of("missed", 5))
    assert room.running() == []


def test_sequence_numbers_grow_whatever_the_clock_does() -> None:
    room = a_room()
    given = [room.next_seq(at(seconds)) for seconds in (1, 1, 0, 2)]
    assert given == sorted(set(given))


def test_resumed_browser_gets_later_frames_of_its_own_only() -> None:
    room = a_room()
    first, second, third = frame(room, 1), frame(room, 0.5), frame(room, 2)
    room.remember(first, ANNA, "first")
    room.remember(second, frozenset({"bernd"}), "second")
    room.remember(third, ANNA, "third")
    assert room.since(first.seq, "anna") == ["third"]
    assert room.since(third.seq, "anna") == []


def test_unknown_sequence_number_cannot_be_resumed_from() -> None:
    room = a_room(replay_max=1)
    first, second = frame(room, 1), frame(room, 0.5)
    room.remember(first, ANNA, "first")
    room.remember(second, ANNA, "second")
    assert room.since(first.seq, "anna") is None
    assert room.since(second.seq + 1, "anna") is None
    room.forget_recent()
    assert room.since(second.seq, "anna") is None


def test_frames_over_their_bytes_are_dropped_oldest_first() -> None:
    room = a_room(replay_max=100, replay_bytes_max=10_000)
    frames = [frame(room, second) for second in range(20, 0, -1)]
    for each in frames:
        room.remember(each, ANNA, "x" * 1000)
    resumed = [room.since(each.seq, "anna") for each in frames]
    kept = [texts for texts in resumed if texts is not None]
    assert [len(texts) for texts in kept] == list(reversed(range(len(kept))))
    assert resumed[-len(kept) :] == kept
    assert 5 <= len(kept) <= 10
    room.remember(frame(room, 30), ANNA, "x" * 20_000)
    assert all(room.since(each.seq, "anna") is None for each in frames)


def test_users_of_a_frame_count_as_its_bytes() -> None:
    room = a_room(replay_max=100, replay_bytes_max=10_000)
    first = frame(room, 2)
    room.remember(first, ANNA, "first")
    room.remember(frame(room, 1), frozenset(map(str, range(1000))), "second")
    assert room.since(first.seq, "anna") is None


def test_deleted_call_is_not_running_until_it_is_restored() -> None:
    room = a_room()
    room.observe(message_of("ringing", 0))
    assert [call.id for call in room.running()] == [CALL]
    room.set_deleted(CALL, is_deleted=True)
    assert room.running() == []
    room.set_deleted(CALL, is_deleted=False)
    assert [call.id for call in room.running()] == [CALL]


def test_late_event_of_a_deleted_call_is_hidden() -> None:
    room = a_room()
    room.set_deleted(CALL, is_deleted=True)  # of a call that this room does not know yet
    assert room.observe(message_of("ringing", 0)) is None
    assert room.running() == []
    room.observe(message_of("missed", 5))
    room.prune(at(3600), timedelta(seconds=600))
    assert room.observe(message_of("missed", 6)) is None
    room.set_deleted(CALL, is_deleted=False)
    shown = room.shown(CALL)
    assert shown is not None
    assert shown.outcome == "missed"


def test_swept_call_that_goes_on_is_shown() -> None:
    room = a_room()
    room.observe(message_of("ringing", 0))
    room.set_deleted(CALL, is_deleted=True, swept=True)
    assert room.running() == []
    assert room.observe(message_of("connected", 5)) is not None


def test_deleted_calls_of_a_room_are_limited() -> None:
    room = a_room(calls_max=2)
    for call in ("a", "b", "c"):
        room.set_deleted(call, is_deleted=True)
    assert [call for call in "abc" if room.is_hidden(call)] == ["b", "c"]


def test_resumed_browser_gets_no_frame_of_a_deleted_call() -> None:
    room = a_room()
    first, second, third = frame(room, 1), frame(room, 0.5), frame(room, 2)
    room.remember(first, ANNA, "first", CALL)
    room.remember(second, ANNA, "second", CALL)
    room.set_deleted(CALL, is_deleted=True)
    room.remember(third, ANNA, "trash")
    assert room.since(first.seq, "anna") == ["trash"]


def test_sequence_number_of_a_welcome_can_be_resumed_from() -> None:
    room = a_room()
    seq = room.next_seq(at(1))
    room.mark(seq)
    assert room.since(seq, "anna") == []


def test_calls_are_forgotten_running_ones_after_a_day() -> None:
    room = a_room()
    room.observe(message_of("ringing", 0))
    room.prune(at(3600), timedelta(seconds=600))
    assert room.running() != []
    room.prune(at(0) + timedelta(hours=25), timedelta(seconds=600))
    assert room.running() == []
    room.observe(message_of("missed", 0))
    room.prune(at(601), timedelta(seconds=600))
    assert room.observe(message_of("missed", 0)) is not None


def test_room_over_its_limit_forgets_the_oldest_call() -> None:
    room = a_room(calls_max=1)
    room.observe(message_of("ringing", 0))
    room.match(CallMatched(tenant="acme", call_id="other", matches=(MATCH,), matched_at=at(1)))
    assert room.running() == []


def test_call_is_known_by_its_observations_only() -> None:
    """Matches alone do not show how long ago the call was."""
    room = a_room()
    room.match(MATCHED)
    assert not room.knows(message_of("ringing", 0))
    room.observe(message_of("ringing", 0))
    assert room.knows(message_of("connected", 5))


def test_running_calls_have_matches_in_order_of_arrival() -> None:
    room = a_room()
    for call in (CALL, "other"):
        room.observe(message_of("ringing", 0, call))
    room.match(MATCHED)
    room.observe(message_of("connected", 5))
    first, second = room.running()
    assert (first.id, first.phase, first.matches) == (CALL, "connected", (MATCH,))
    assert (second.id, second.phase) == ("other", "ringing")


def test_finished_calls_do_not_slow_down_new_browsers() -> None:
    idle, busy = a_room(calls_max=10_000), a_room(calls_max=10_000)
    for turn in range(FINISHED):
        busy.observe(message_of("ringing", 0, f"call-{turn}"))
        busy.observe(message_of("missed", 5, f"call-{turn}"))
    for room in (idle, busy):
        room.observe(message_of("ringing", 0))

    def cost(room: Room) -> float:
        assert [call.id for call in room.running()] == [CALL]
        return min(repeat(room.running, number=100, repeat=5))

    assert cost(busy) < 20 * cost(idle)


def test_forgetting_calls_is_cheaper_than_showing_them() -> None:
    """It is done again and again, and holds up everybody."""
    room = a_room(calls_max=10_000)
    messages = [message_of("ringing", 0, f"call-{turn}") for turn in range(FINISHED)]
    began = perf_counter()
    for message in messages:
        room.observe(message)
    showing = perf_counter() - began
    tidying = min(repeat(lambda: room.prune(at(60), timedelta(1)), number=1, repeat=5))
    assert len(room.running()) == FINISHED
    assert tidying < showing / 10


def test_sequence_numbers_of_two_instances_differ() -> None:
    """By chance two of a thousand may; of thirty not all do."""
    rooms = [a_room() for _ in range(30)]
    given = [[room.next_seq(at(seconds)) for seconds in (1, 1, 1, 2)] for room in rooms]
    assert len({number % 1000 for numbers in given for number in numbers}) > 15
    for numbers in given:
        assert len({number % 1000 for number in numbers}) == 1
        assert abs(numbers[0] / 1_000_000 - at(1).timestamp()) < 0.01
        assert max(numbers) < 2**53


def test_matches_follow_the_party_after_a_transfer() -> None:
    room = a_room()
    number = RemoteNumber("08999998002", "+498999998002", "external", "+49 89 99998002")
    weber = replace(MATCH, record="r2", name="Weber")
    later = MATCHED.model_copy(
        update={"number": number.e164, "matches": (weber,), "matched_at": at(3)}
    )
    room.observe(message_of("ringing", 0))
    room.match(MATCHED.model_copy(update={"number": CALLER.e164}))
    assert room.match(later) is None
    other = message_of("connected", 2)
    other = other.model_copy(update={"observation": replace(other.observation, remote=number)})
    call = room.observe(other)
    assert call is not None
    assert (call.remote, call.matches) == (number, (weber,))
    # the end names the first caller again, and so does what is looked up for it
    again = MATCHED.model_copy(update={"number": CALLER.e164, "matched_at": at(9)})
    assert room.match(again) is None
    over = room.observe(message_of("ended", 8))
    assert over is not None
    assert (over.remote, over.matches) == (number, (weber,))


def test_changed_user_gets_no_frame_of_before_again() -> None:
    room = a_room()
    seen = room.next_seq(at(0))
    room.mark(seen)
    sent = frame(room, 1)
    for users in (ANNA, frozenset({"bela"})):
        room.remember(sent, users, "text")
    room.forget_frames_of("anna")
    assert room.since(seen, "anna") is None
    assert room.since(seen, "bela") == ["text"]
    later = room.next_seq(at(2))
    room.mark(later)
    assert room.since(later, "anna") == []
