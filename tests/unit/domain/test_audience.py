"""How much of a call the users at its extensions may see."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

from softphone_common.domain.audience import OTHERS_SHOWN, Parts, extensions_of, guests_of, part_for
from softphone_common.domain.call import LEGS_KEPT, Call, Observation, fold_all
from softphone_common.domain.call_view import NOBODY, CallView, view
from support.observations import CALLER, OTHER_CALLER, at, folded, observed
from support.steps import steps_of

DESK = (
    observed("ringing", 0, "21", name="Huber", external_id="A", device="d1"),
    observed("ringing", 1, "22", external_id="B", device="d2"),
    observed("connected", 5, "21", external_id="A", device="d1"),
)
GUEST = replace(
    observed("connected", 20, "31", remote=None, external_id="A", device="d3"), by_shared_id=True
)
END = observed("ended", 60, "21", name="Huber", external_id="A", device="d1")


def guests(number: int) -> Call:
    """A desk, and this number of guests that talk one after another."""
    joined = [replace(GUEST, extension=f"5{n:02}", at=at(20 + n)) for n in range(number)]
    ends = [replace(o, phase="ended", at=o.at + timedelta(seconds=99)) for o in joined[::2]]
    return folded(*DESK, *joined, *ends)


def frames_of(call: Call) -> list[CallView]:
    """The views of the parts of all guests."""
    parts = Parts(call)
    seen = (parts.for_users_at({guest}) for guest in sorted(parts.guests))
    return [view(part.call) for part in seen if part is not None]


def seen_at(extension: str, *observations: Observation) -> CallView:
    return seen_in(folded(*observations), extension)


def seen_in(call: Call, extension: str) -> CallView:
    part = part_for(call, {extension, "no part"})
    assert part is not None
    return view(part.call)


def test_desks_of_a_call_see_it_as_a_whole() -> None:
    call = folded(*DESK, GUEST, END)
    for extension in ("21", "22"):
        part = part_for(call, {extension})
        assert part is not None
        assert part.call is call
        assert part.since is None
    assert guests_of(call) == {"31"}


def test_guest_sees_its_own_part_and_what_follows() -> None:
    """Not the number and name of the desk's caller, nor that other desks rang before."""
    for order in permutations((*DESK, GUEST, END)):
        part = part_for(folded(*order), {"31"})
        assert part is not None
        call = view(part.call)
        assert part.since == at(20)
        assert (call.remote, call.name, call.external_ids) == (NOBODY, "", ("A",))
        assert (call.started_at, call.rung_at, call.ended_at) == (at(20), None, None)
        assert [leg.extension for leg in call.legs] == ["21", "31"]
        assert call.legs[0].ended_at == at(60)


def test_guest_sees_the_number_that_it_reports_itself() -> None:
    guest = replace(GUEST, remote=OTHER_CALLER, name="Weber")
    end = replace(END, at=at(70), remote=CALLER)
    call = seen_at("31", *DESK, guest, replace(guest, phase="ended", at=at(65)), end)
    assert (call.remote, call.name, call.phase) == (OTHER_CALLER, "Weber", "ended")


def test_guest_sees_no_ids_of_events_without_an_extension() -> None:
    later = [observed("ended", 80, "", external_id=id_, device="d9") for id_ in ("A", "Z")]
    call = seen_at("31", *DESK, GUEST, *later)
    assert call.external_ids == ("A",)
    assert call.ended_at == at(80)


def test_extension_with_a_desk_of_its_own_is_no_guest() -> None:
    also = replace(GUEST, extension="21")
    call = folded(*DESK, also)
    assert guests_of(call) == frozenset()
    assert part_for(call, {"21"}) is not None


def test_user_without_a_part_in_the_call_sees_nothing() -> None:
    assert part_for(folded(*DESK, GUEST), {"23", ""}) is None
    assert part_for(folded(observed("ended", 0, "")), {""}) is None


def test_extension_that_answers_beyond_legs_kept_sees_the_call() -> None:
    rings = [observed("ringing", 0, f"{leg:03}", device="d1") for leg in range(LEGS_KEPT + 20)]
    answer = observed("connected", 4, "110", device="d1")
    shared = replace(answer, extension="111", by_shared_id=True)
    call = folded(*rings, answer, shared, replace(shared, extension="005"))
    assert extensions_of(call) == {*(o.extension for o in rings[:LEGS_KEPT]), "110"}
    assert guests_of(call) == frozenset()
    part = part_for(call, {"110"})
    assert part is not None
    assert part.call is call
    assert part_for(call, {"111"}) is None


def test_guests_cost_their_number_and_not_its_square() -> None:
    half, whole = guests(48), guests(96)
    assert len(frames_of(whole)) == 96
    assert steps_of(lambda: frames_of(whole)) < 2.5 * steps_of(lambda: frames_of(half))
    assert all(len(call.legs) <= 1 + OTHERS_SHOWN for call in frames_of(whole))


def test_guest_of_many_sees_the_first_legs_and_their_end() -> None:
    """They stay when more guests come: a browser takes a leg that is gone for old data."""
    few, many = guests(15), guests(60)
    shown = [seen_in(call, "500") for call in (few, many)]
    assert [leg.extension for leg in shown[0].legs] == [leg.extension for leg in shown[1].legs]
    assert len(shown[1].legs) == OTHERS_SHOWN - 2  # the desks said nothing more yet
    assert shown[1].phase == "connected"
    ends = [replace(e.last, phase="ended", at=at(200)) for e in many.evidence]
    over = seen_in(fold_all(many, [*ends, END]), "500")
    assert (over.phase, over.ended_at) == ("ended", at(200))
