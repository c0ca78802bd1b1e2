"""The fold: any order and any repetition of what phones tell is the same call."""

from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_common.domain.call import (
    ENDS,
    ENDS_KEPT,
    PHASES,
    Call,
    Direction,
    Evidence,
    Observation,
    Phase,
    fold,
    order,
)
from softphone_common.domain.call_legs import OVERTAKEN, TALK_LIMIT, Leg
from softphone_common.domain.call_view import NOBODY, view
from softphone_common.domain.numbers.normalise import RemoteNumber
from support.observations import CALL, CALLER, WITHHELD, at, folded, observed, seen
from unit.domain.call_scenarios import (
    SCENARIOS,
    Scenario,
)

NUMBERS = (
    None,
    CALLER,
    WITHHELD,
    RemoteNumber("1", None, "invalid", ""),
    RemoteNumber("1", "", "invalid", ""),
    RemoteNumber("1", None, "invalid", "", "7"),
)
observations = st.builds(
    Observation,
    call_id=st.just(CALL),
    phase=st.sampled_from(PHASES),
    extension=st.sampled_from(["21", "22", "31", ""]),
    remote=st.sampled_from(NUMBERS),
    at=st.sampled_from([0, 0.001, 2, 5, 5.001, 60, 90_000]).map(at),
    direction=st.sampled_from([None, "inbound", "outbound"]),
    name=st.sampled_from(["", "Huber", "Sepp"]),
    reason=st.sampled_from(["", "busy", "normal"]),
    talk_seconds=st.sampled_from([None, -1, 0, 7, 10**15]),
    external_id=st.sampled_from(["", "A", "B"]),
    identity=st.sampled_from(["phone", "click", "derived"]),
    device=st.sampled_from(["", "d1", "d2"]),
    called=st.sampled_from(NUMBERS),
    called_name=st.sampled_from(["", "Zentrale"]),
    by_shared_id=st.booleans(),
)
anything = st.lists(observations, min_size=1, max_size=12)
scenarios = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())


def deliveries(what: list[Observation]) -> st.SearchStrategy[list[Observation]]:
    """Every observation at least once, any of them again, in any order."""
    again = st.lists(st.sampled_from(what), max_size=6)
    return again.flatmap(lambda more: st.permutations([*what, *more]))


def desk(*observations: Observation) -> Leg:
    """The leg of the device d1 at extension 21."""
    legs = seen(*observations).legs
    return next(leg for leg in legs if (leg.extension, leg.device) == ("21", "d1"))


@scenarios
def test_says_what_happened(scenario: Scenario) -> None:
    call = seen(*scenario.observations)
    assert {name: getattr(call, name) for name in scenario.says} == scenario.says
    if scenario.legs:
        assert {leg.extension: leg.phase for leg in call.legs} == scenario.legs


def test_answer_is_that_of_the_extension_a_user_has() -> None:
    rings = [observed("ringing", 0, extension) for extension in ("20", "21", "22")]
    answers = [observed("connected", 3, "20"), observed("connected", 4, "21")]
    call = folded(*rings, *answers)
    assert view(call).answered_by == "20"
    assert view(call, {"22", "21"}).answered_by == view(call, {"21"}).extension == "21"
    assert view(call, {"22"}).answered_by == "20"
    both = folded(*rings, *answers, observed("connected", 5, "22"))
    assert view(both, {"21", "22"}).answered_by == "21"


@scenarios
@given(data=st.data())
def test_any_delivery_of_a_scenario_is_the_same_call(
    scenario: Scenario, data: st.DataObject
) -> None:
    delivered = data.draw(deliveries(list(scenario.observations)))
    assert folded(*delivered) == folded(*scenario.observations)
    assert seen(*delivered) == seen(*scenario.observations)


@given(data=st.data(), what=anything)
def test_any_delivery_of_anything_is_the_same_call(
    data: st.DataObject, what: list[Observation]
) -> None:
    delivered = data.draw(deliveries(what))
    assert folded(*delivered) == folded(*what)
    assert seen(*delivered) == seen(*what)


@given(what=anything)
def test_folding_what_is_known_changes_nothing(what: list[Observation]) -> None:
    call = folded(*what)
    assert all(fold(call, observation) == call for observation in what)


@given(one=observations, other=observations)
def test_only_equal_observations_share_a_place_in_the_order(
    one: Observation, other: Observation
) -> None:
    for name in (f.name for f in fields(Observation)):
        near = replace(one, **{name: getattr(other, name)})
        assert (order(one) == order(near)) == (one == near), name


@given(what=anything)
def test_a_view_never_contradicts_itself(what: list[Observation]) -> None:
    call = seen(*what)
    over = call.phase in ENDS
    assert (call.talk_seconds is not None) == over
    assert (call.outcome is not None) == over
    assert (call.ended_at is not None) == over
    answered = any(leg.answered for leg in call.legs)
    assert (call.answered_by is not None) == any(
        leg.answered and leg.extension for leg in call.legs
    )
    assert call.answered_by in {None, call.extension}
    assert (call.connected_at is not None) == answered
    assert call.started_at == min(o.at for o in what)
    assert call.last_at == max(o.at for o in what)
    assert {leg.extension for leg in call.legs} == {o.extension for o in what}
    keys = [(leg.extension, leg.device) for leg in call.legs]
    assert keys == sorted(set(keys))
    assert call.remote in {o.remote or NOBODY for o in what}
    if over:
        assert call.talk_seconds is not None
        assert call.talk_seconds >= 0
        assert answered or call.talk_seconds == 0
        assert (call.outcome == "answered") == answered


@given(what=anything, end=observations, data=st.data())
def test_an_end_after_all_ends_its_leg_and_a_ring_opens_it_again(
    what: list[Observation], end: Observation, data: st.DataObject
) -> None:
    end = replace(end, phase="ended", at=at(100_000), extension="21", device="d1")
    ring = replace(data.draw(observations), phase="ringing", at=at(100_001))
    ring = replace(ring, extension="21", device="d1")
    what = [*what, replace(ring, at=at(0))]
    assert desk(*what, end).ended_at is not None
    again = desk(*what, end, ring)
    assert (again.ended_at, again.phase, again.reopened_at) == (None, "ringing", ring.at)
    assert desk(*what, end, ring, replace(end, at=ring.at)).ended_at == ring.at


@given(what=anything, end=observations, data=st.data())
def test_a_repeated_end_moves_nothing(
    what: list[Observation], end: Observation, data: st.DataObject
) -> None:
    end = replace(end, phase="ended", at=at(100_000), extension="21", device="d1")
    later = data.draw(st.sampled_from([0.001, 2, 90_000]))
    again = replace(end, at=at(100_000 + later))
    assert desk(*what, end, again).ended_at == desk(*what, end).ended_at


@given(what=anything, end=observations, phase=st.sampled_from(sorted(ENDS)))
def test_an_end_without_an_extension_or_an_id_ends_all(
    what: list[Observation], end: Observation, phase: Phase
) -> None:
    last = replace(end, phase=phase, extension="", external_id="", at=at(90_000))
    call = seen(*what, last)
    assert call.phase in ENDS
    assert all(leg.ended_at is not None for leg in call.legs)


@pytest.mark.parametrize("ends", [3, 2 * ENDS_KEPT, 100])
def test_of_many_ends_the_first_after_the_last_ring_counts(ends: int) -> None:
    repeated = [observed("ended", second) for second in range(ends)]
    call = seen(observed("ringing", -1), *repeated, observed("ringing", 1.5))
    assert call.ended_at == at(2)
    assert all(len(e.observations) <= 2 * ENDS_KEPT + 1 for e in folded(*repeated).evidence)


def test_end_that_overtook_its_ring_and_answer_stays() -> None:
    late = (observed("ringing", 1), observed("connected", 1))
    assert seen(observed("ended", 0), *late).phase == "ended"
    assert seen(observed("ended", 0), *late, observed("ringing", 9)).phase == "ringing"


def test_answer_that_its_end_overtook_opens_nothing() -> None:
    ended = (observed("ringing", 0), observed("ended", 30))
    overtaken = seen(*ended, observed("connected", 30 + OVERTAKEN.total_seconds()))
    assert (overtaken.phase, overtaken.outcome) == ("ended", "answered")
    assert seen(*ended, observed("connected", 31.001)).phase == "connected"
    assert seen(*ended, observed("ringing", 30.1), observed("connected", 30.2)).phase == "connected"


@pytest.mark.parametrize(
    ("seconds", "phase"), [(10.0, "ended"), (10.001, "connected")], ids=["sibling", "transfer"]
)
def test_a_leg_begun_too_late_for_a_ring_group_is_a_transfer(seconds: float, phase: str) -> None:
    answered = (observed("ringing", 0), observed("connected", 5), observed("ended", 30))
    assert seen(*answered, observed("ringing", seconds, "22")).phase == phase


def test_the_first_to_answer_answered_the_call() -> None:
    call = seen(
        observed("connected", 9), observed("connected", 8, "22"), observed("connected", 10, "11")
    )
    assert (call.answered_by, call.connected_at) == ("22", at(8))


def test_of_many_repetitions_the_one_that_says_most_is_not_lost() -> None:
    repeated = [observed("ringing", s, remote=WITHHELD) for s in (0, 2)]
    ends = [observed("ended", s) for s in (60, 64)]
    call = seen(*repeated, observed("ringing", 1), *ends, observed("ended", 62, talk_seconds=50))
    assert (call.remote, call.outcome, call.talk_seconds) == (CALLER, "answered", 50)


@pytest.mark.parametrize(
    ("talk_seconds", "counted"),
    [(-5, 0), (0, 0), (10**18, int(TALK_LIMIT.total_seconds()))],
)
def test_a_length_nobody_can_believe_breaks_nothing(talk_seconds: int, counted: int) -> None:
    assert seen(observed("ended", 9, talk_seconds=talk_seconds)).talk_seconds == counted


@pytest.mark.parametrize(
    ("directions", "expected"),
    [
        ((None, None), "inbound"),
        ((None, "outbound"), "outbound"),
        (("outbound", "inbound"), "outbound"),
        (("inbound", "outbound"), "inbound"),
    ],
)
def test_the_direction_is_what_was_said_first(
    directions: tuple[Direction | None, Direction | None], expected: Direction
) -> None:
    first, second = directions
    call = seen(observed("ringing", 0, direction=first), observed("connected", 5, direction=second))
    assert call.direction == expected


def test_the_first_name_and_the_last_reason_of_an_end_are_kept() -> None:
    call = seen(
        observed("ringing", 0),
        observed("connected", 1, name="Huber", reason="picked up"),
        observed("ended", 2, name="Sepp", reason="busy"),
        observed("ended", 3, reason="normal"),
        observed("missed", 4),
    )
    assert (call.name, call.reason) == ("Huber", "normal")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda: fold(Call("another"), observed("ringing", 0)), "folded into another"),
        (lambda: view(Call(CALL)), "no evidence"),
    ],
)
def test_refuses_what_is_not_of_one_call(broken: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        broken()


@pytest.mark.parametrize(("seconds", "transferred"), [(0, False), (10, False), (10.001, True)])
def test_a_leg_that_rings_late_is_a_transfer(seconds: float, transferred: bool) -> None:
    call = seen(
        observed("ringing", 0), observed("connected", 5), observed("ringing", seconds, "31")
    )
    assert [leg.transferred for leg in call.legs] == [False, transferred]


def test_no_leg_is_a_transfer_before_an_answer() -> None:
    call = seen(observed("ringing", 0), observed("ringing", 60, "31"))
    assert [leg.transferred for leg in call.legs] == [False, False]


def test_one_phone_declines_and_another_at_its_desk_rings_on() -> None:
    rings = (observed("ringing", 0, device="d1"), observed("ringing", 0, device="d2"))
    call = seen(*rings, observed("missed", 3, device="d1"))
    assert (call.phase, call.outcome) == ("ringing", None)
    assert [(leg.device, leg.phase) for leg in call.legs] == [("d1", "missed"), ("d2", "ringing")]
    answered = seen(
        *rings, observed("missed", 3, device="d1"), observed("connected", 5, device="d2")
    )
    assert (answered.phase, answered.answered_by) == ("connected", "21")


def test_click_belongs_to_the_phone_at_its_extension() -> None:
    click = observed("dialed", 0, direction="outbound", identity="click")
    call = seen(click, observed("connected", 4, device="d1"), observed("ended", 9, device="d1"))
    assert [(leg.device, leg.dialed_at) for leg in call.legs] == [("d1", at(0))]
    assert (call.phase, call.talk_seconds) == ("ended", 5)


def test_evidence_stored_by_earlier_releases_is_read() -> None:
    first, last = observed("ended", 60, device="d1"), observed("ended", 68, device="d2")
    stored = Call(CALL, (Evidence(first, last, last),))
    assert view(stored).ended_at == at(60)
    assert view(fold(stored, observed("ringing", 66, device="d1"))).ended_at == at(68)


def test_reason_of_a_phone_that_declined_is_not_the_calls() -> None:
    """Two phones of one desk, and one of another: only the end of the talk gives a reason."""
    declined = (
        observed("ringing", 0, device="d1"),
        observed("ringing", 0, device="d2"),
        observed("ringing", 0, "22", device="d3"),
        observed("missed", 2, device="d1", reason="declined"),
        observed("connected", 3, device="d2"),
        observed("missed", 4, "22", device="d3", reason="busy"),
        observed("ended", 30, device="d2"),
    )
    assert seen(*declined).reason == ""
    assert seen(*declined[:-1], observed("ended", 30, device="d2", reason="normal")).reason == (
        "normal"
    )
    assert seen(*declined[:4]).reason == "declined"
