"""The order of matches by what users took before."""

from dataclasses import replace

from softphone_common.domain.matching import Match
from softphone_common.domain.records.picks import by_picks, ordered_for
from softphone_common.domain.records.visibility import Viewer, groups_of, matches_for

SURE = Match("a", "contact", "a", "exact", "number")
MATCHES = (
    SURE,
    replace(SURE, record="b", picks=1, picked_by=("anna",)),
    replace(SURE, record="c", picks=3, picked_by=("bert", "carl", "dora")),
    replace(SURE, record="d", level="range"),
    replace(SURE, record="e", level="range", picks=9, picked_by=("anna",)),
    replace(SURE, record="f", level="maybe"),
)


def ids(matches: tuple[Match, ...]) -> str:
    return "".join(match.record for match in matches)


def test_most_picked_are_first_within_their_level() -> None:
    assert ids(by_picks(MATCHES)) == "cbaedf"
    assert by_picks(()) == ()


def test_own_pick_is_first_within_its_level() -> None:
    ranked = by_picks(MATCHES)
    assert ids(ordered_for("anna", ranked)) == "bcaedf"
    assert ids(ordered_for("bert", ranked)) == ids(ordered_for("nobody", ranked)) == "cbaedf"


def test_pick_of_a_main_number_stays_behind_a_range() -> None:
    declared = replace(SURE, level="range", basis="range")
    main = replace(declared, record="m", basis="main-number", picks=9, picked_by=("anna",))
    assert ids(ordered_for("anna", by_picks((declared, main)))) == "am"


def test_nobody_is_told_what_others_picked() -> None:
    for user in ("anna", "bert", "", "boss"):
        named = {each for match in ordered_for(user, MATCHES) for each in match.picked_by}
        assert named == ({user} if user in {"anna", "bert"} else set())
    shown = matches_for(Viewer("boss", sees_all=True, user="boss"), MATCHES)
    assert not any(match.picked_by for match in shown)
    assert [match.picks for match in shown] == [0, 1, 3, 0, 9, 0]


def test_users_who_picked_are_groups_alone() -> None:
    users = ["anna", "bert", *(f"u{n}" for n in range(100))]
    viewers = [(user, Viewer(user, user=user)) for user in users]
    groups = dict(groups_of(viewers, by_picks(MATCHES)))
    assert {ids(shown) for shown in groups.values()} == {"bcaedf", "cbaedf"}
    assert sorted(map(len, groups)) == [1, 1, 100]
