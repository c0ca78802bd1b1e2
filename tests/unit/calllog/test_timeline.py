"""The timeline has what each phone reported, for those who may see it."""

from dataclasses import replace

from softphone_calllog.history.timeline import timeline
from softphone_calllog.record import CallRecord
from softphone_common.domain.call import Observation, Phase
from support.observations import CALLER, at, folded, observed


def hit(phase: Phase, seconds: float, extension: str = "21") -> Observation:
    observation = observed(phase, seconds, extension, device=f"d{extension}")
    return replace(observation, hit=f"{phase}-{extension}-{seconds}")


RING, ANSWER = hit("ringing", 0), hit("connected", 5)
GUEST = replace(hit("connected", 6, "23"), by_shared_id=True, remote=None)
RECORD = CallRecord("acme", folded(ANSWER, hit("ringing", 1, "22"), GUEST, RING))


def test_timeline_is_in_the_order_of_time() -> None:
    entries = timeline(RECORD, with_hits=True)
    assert [(each.at, each.extension, each.hit) for each in entries] == [
        (at(0), "21", "ringing-21-0"),
        (at(1), "22", "ringing-22-1"),
        (at(5), "21", "connected-21-5"),
        (at(6), "23", "connected-23-6"),
    ]


def test_repeated_event_is_listed_first_and_last() -> None:
    rings = [hit("ringing", second) for second in range(5)]
    entries = timeline(CallRecord("acme", folded(*rings, *rings)), with_hits=True)
    assert [each.hit for each in entries] == ["ringing-21-0", "ringing-21-4"]


def test_hits_are_for_administrators() -> None:
    assert {each.hit for each in timeline(RECORD, with_hits=False)} == {""}


def test_guest_sees_a_timeline_of_its_part() -> None:
    ended = folded(ANSWER, GUEST, RING, hit("ended", 9))
    part = CallRecord("acme", ended).for_users_at(["23"])
    assert part is not None
    entries = timeline(part, with_hits=True)
    assert [(each.extension, each.remote, each.hit) for each in entries] == [
        ("23", None, "connected-23-6"),
        ("21", None, ""),
    ]
    assert CALLER.raw not in str(entries)
