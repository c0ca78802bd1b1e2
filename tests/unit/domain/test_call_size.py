"""The size of a call: how many legs are kept, and what folding and showing them costs."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softphone_common.domain.call import (
    LEGS_COUNTED,
    LEGS_KEPT,
    PHASES,
    Call,
    Observation,
    Phase,
    fold,
    fold_all,
)
from softphone_common.domain.call_view import view
from support.observations import CALL, at, folded, observed, seen
from support.steps import steps_of

LEGS = 3 * LEGS_KEPT
RINGS = [observed("ringing", leg % 7, f"{leg:03}", device="d1") for leg in range(LEGS)]
ENDS = [observed("ended", 60 + leg % 7, f"{leg:03}", device="d1") for leg in range(LEGS)]
ANSWERED = [observed("connected", 8 + leg, f"{leg:03}", device="d1") for leg in (7, 150, 290)]
NAMELESS = [observed("ringing", leg % 7, "", external_id=f"id-{leg}") for leg in range(LEGS)]


ALL = LEGS_KEPT + LEGS_COUNTED


def large(legs: int, *, ids: bool = True, phases: Sequence[Phase] = PHASES) -> list[Observation]:
    """Observations of each phase for this number of legs and of ids without an extension."""
    named = [
        observed(phase, 7 * turn, f"{leg:03}", device="d1", external_id=f"{leg}-{turn}" * ids)
        for leg in range(legs)
        for phase in phases
        for turn in range(4)
    ]
    nameless = (replace(o, phase=phase) for o in named for phase in PHASES)
    return named + [replace(o, extension="", external_id=o.extension) for o in nameless]


@settings(max_examples=25)
@given(seed=st.integers(), repeated=st.integers(0, 40), batch=st.integers(1, 400))
def test_call_of_many_legs_is_one_in_any_order(seed: int, repeated: int, batch: int) -> None:
    """Folded one by one, in batches of any size, in any order, and with repetitions."""
    what = [*RINGS, *ENDS, *NAMELESS, *ANSWERED]
    random = Random(seed)
    delivered = what + random.sample(what, repeated)
    random.shuffle(delivered)
    call = Call(CALL)
    for begin in range(0, len(delivered), batch):
        call = fold_all(call, delivered[begin : begin + batch])
    assert call == folded(*what)
    assert fold(call, random.choice(what)) == call


def test_call_keeps_its_first_legs_and_counts_the_others() -> None:
    call = seen(*RINGS, *ENDS)
    kept = sorted({e.first.extension for e in folded(*RINGS, *ENDS).evidence})
    assert kept == [leg.extension for leg in call.legs]
    assert [leg.extension for leg in call.legs] == [f"{leg:03}" for leg in range(LEGS_KEPT)]
    assert all(leg.rung_at and leg.ended_at for leg in call.legs)
    assert call.further_legs == LEGS - LEGS_KEPT
    assert seen(*RINGS[:LEGS_KEPT]).further_legs == 0
    assert len(seen(*RINGS[:LEGS_KEPT]).legs) == LEGS_KEPT


def test_ids_without_an_extension_push_out_no_leg() -> None:
    call = seen(*RINGS[:2], *NAMELESS)
    assert [leg.extension for leg in call.legs] == ["", "000", "001"]
    assert call.further_legs == LEGS - LEGS_KEPT


def test_call_shows_a_limited_number_of_ids() -> None:
    call = seen(*large(LEGS_KEPT // 2))
    assert call.external_ids == tuple(sorted(call.external_ids))
    assert len(call.external_ids) == LEGS_KEPT


def test_legs_that_are_not_kept_are_counted_up_to_a_limit() -> None:
    rings = [observed("ringing", 0, f"{leg}") for leg in range(LEGS_KEPT + LEGS_COUNTED + 50)]
    call = folded(*rings)
    assert view(call).further_legs == LEGS_COUNTED
    assert fold_all(call, reversed(rings)) == folded(*reversed(rings)) == call


@settings(max_examples=6)
@given(seed=st.integers(), batch=st.integers(100, 700))
def test_call_of_all_legs_and_more_is_one_in_any_order(seed: int, batch: int) -> None:
    """Legs are first kept, then their times, then the join of these, or at once."""
    legs = [f"{leg:04}" for leg in range(0, ALL + 60, 3)] + [f"{leg}" for leg in range(ALL)]
    rings = [observed("ringing", n % 9, leg, device="d1") for n, leg in enumerate(legs)]
    ends = [replace(o, phase="ended", at=at(20 + n % 9)) for n, o in enumerate(rings[::2])]
    answers = [replace(o, phase="connected", at=at(9)) for o in rings[::25]]
    shared = [replace(o, by_shared_id=True) for o in answers[::2]]
    delivered = [*rings, *ends, *answers, *shared]
    Random(seed).shuffle(delivered)
    call = Call(CALL)
    for begin in range(0, len(delivered), batch):
        call = fold_all(call, delivered[begin : begin + batch])
    assert call == folded(*rings, *answers, *ends, *shared)
    assert call.rest is not None
    assert fold_all(call, delivered[:batch]) == call


@pytest.mark.parametrize("leg", [LEGS_KEPT - 1, LEGS_KEPT, LEGS_KEPT + 37, ALL - 1, ALL, ALL + 9])
def test_answer_counts_however_many_legs_ring(leg: int) -> None:
    """Before the others are heard of or after, and before their ends or after."""
    rings = [observed("ringing", 0, f"{n:04}", device="d1") for n in range(ALL + 10)]
    answer = observed("connected", 4, f"{leg:04}", device="d1")
    end = observed("ended", 64, f"{leg:04}", device="d1")
    for order in ([*rings, answer, end], [end, answer, *rings], [answer, *rings, end]):
        talking = seen(*(o for o in order if o != end))
        assert (talking.phase, talking.answered_by) == ("connected", answer.extension)
        assert (talking.extension, talking.ring_seconds) == (answer.extension, 4)
        call = seen(*order)
        assert (call.phase, call.outcome) == ("ended", "answered")
        assert (call.answered_by, call.ended_at) == (answer.extension, at(64))
        assert (call.talk_seconds, call.last_at) == (60, at(64))
        shown = [(leg.extension, leg.answered) for leg in call.legs]
        assert len(shown) == LEGS_KEPT
        assert (answer.extension, True) in shown or leg >= ALL


def test_talk_of_a_further_leg_outlasts_the_ends_of_the_others() -> None:
    ends = [replace(o, at=at(5)) for o in ENDS if o.extension != "250"]
    talking = [*RINGS, observed("connected", 4, "250", device="d1"), *ends]
    assert (seen(*talking).phase, seen(*talking).ended_at) == ("connected", None)
    call = seen(*talking, observed("ended", 64, "250", device="d1"))
    assert (call.phase, call.talk_seconds, call.answered_by) == ("ended", 60, "250")


def test_length_of_talk_of_a_further_leg_is_an_answer() -> None:
    call = seen(*RINGS, observed("ended", 64, "250", device="d1", talk_seconds=50))
    assert (call.outcome, call.answered_by, call.talk_seconds) == ("answered", "250", 50)


def test_length_of_talk_beyond_the_legs_counted_names_nobody() -> None:
    rings = [observed("ringing", 0, f"{n:04}", device="d1") for n in range(ALL + 9)]
    call = seen(*rings, observed("ended", 64, f"{ALL + 3}", device="d1", talk_seconds=60))
    assert (call.outcome, call.answered_by, call.talk_seconds) == ("answered", None, 60)


def test_call_rings_while_a_further_leg_rings_alone() -> None:
    """A queue rings one agent after another, and the hundred before have missed it."""
    rung = [*RINGS[:-1], *ENDS[:-1]]
    assert seen(*rung).phase == "missed"
    ring = observed("ringing", 90, "299", device="d1")
    assert seen(*rung, ring).phase == "ringing"
    again = observed("ringing", 90, "250", device="d1")
    assert seen(*rung, again).phase == "ringing"
    assert seen(*rung, again, replace(again, phase="missed", at=at(99))).ended_at == at(99)


def test_end_without_an_extension_ends_a_further_leg() -> None:
    talking = [*RINGS, *ENDS, observed("connected", 80, "250", device="d1")]
    assert seen(*talking).phase == "connected"
    call = seen(*talking, observed("ended", 95, ""))
    assert (call.phase, call.ended_at) == ("ended", at(95))


def test_late_answer_does_not_open_a_further_leg_that_ended() -> None:
    legs = [*RINGS, *ENDS]
    overtaken = observed("connected", 65.5, "250", device="d1")
    assert seen(*legs, overtaken).phase == "ended"


def test_click_at_an_extension_of_a_further_leg_is_no_leg() -> None:
    click = observed("dialed", 0, "250", identity="click")
    assert seen(*RINGS, *ENDS, click).ended_at == seen(*RINGS, *ENDS).ended_at is not None


@settings(max_examples=25)
@given(seed=st.integers())
def test_names_of_legs_change_nothing_but_the_names(seed: int) -> None:
    """The same histories give the same call, whichever of the legs are the first by name."""
    random = Random(seed)
    histories = [_history(random, may_answer=n < 3) for n in range(LEGS_KEPT + 40)]
    names = [f"{n:03}" for n in range(len(histories))]

    def call_of(named: Sequence[str]) -> tuple[object, ...]:
        legs = zip(named, histories, strict=True)
        call = seen(*(observed(p, t, leg, device="d1") for leg, h in legs for p, t in h))
        answered = None if call.answered_by is None else named.index(call.answered_by)
        times = call.rung_at, call.connected_at, call.ended_at, call.started_at, call.last_at
        return call.phase, call.outcome, call.ring_seconds, call.talk_seconds, answered, *times

    plain = call_of(names)
    random.shuffle(names)
    assert call_of(names) == plain
    assert call_of(names[::-1]) == plain


def _history(random: Random, *, may_answer: bool) -> list[tuple[Phase, float]]:
    """Phases of a leg and their seconds, with fractions of their own, so that nothing ties."""
    begun = 1 + 3 * random.random()
    history: list[tuple[Phase, float]] = [("ringing", begun)]
    if may_answer and random.random() < 0.7:
        history.append(("connected", begun + 2 + 40 * random.random()))
    if random.random() < 0.8:
        last = history[-1][1]
        history.append(("ended", last + 2 + 90 * random.random()))
        if random.random() < 0.2:
            history.append(("ringing", history[-1][1] + 7 + random.random()))
    return history


def test_batch_costs_its_own_size_and_one_pass_of_the_call() -> None:
    call = folded(*large(LEGS_KEPT))

    def cost(of: Call, batch: Sequence[Observation]) -> int:
        return steps_of(lambda: fold_all(of, batch))

    for leg in ("000", "a new one", ""):
        ring = observed("ringing", 900, leg, device="d1")
        later = [replace(ring, at=at(900 + n)) for n in range(500)]
        alone = cost(Call(CALL), later)
        assert cost(call, later) < 2 * alone + 2 * cost(call, later[:1])


@pytest.mark.parametrize("ids", [True, False])
@pytest.mark.parametrize("phases", [PHASES, ("ringing",)])
def test_view_costs_what_its_legs_cost(ids: bool, phases: Sequence[Phase]) -> None:
    """Twice the legs cost about twice, although each end without an extension may be any leg's."""
    half = folded(*large(LEGS_KEPT // 2, ids=ids, phases=phases))
    whole = folded(*large(LEGS_KEPT, ids=ids, phases=phases))
    assert steps_of(lambda: view(whole)) < 2.5 * steps_of(lambda: view(half))
