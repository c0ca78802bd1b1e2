"""Who sees which record, which matches a call shows to whom, and who may change that."""

import pytest

from softphone_common.domain.matching import Match
from softphone_common.domain.records.visibility import (
    Sharing,
    Viewer,
    VisibleTo,
    groups_of,
    matches_for,
    refused_field,
)

BOSS = Viewer("boss", sees_all=True)
ANNA = Viewer("anna", frozenset({"Sales"}))
BERT = Viewer("bert", frozenset({"Support", "Sales"}))
CARL = Viewer("carl")
PHONE = Viewer()
VIEWERS = {"boss": BOSS, "anna": ANNA, "bert": BERT, "carl": CARL, "phone": PHONE}
EVERYONE = Sharing(owner="anna", team="Sales")


def shared(visible_to: VisibleTo, owner: str = "", team: str = "") -> Sharing:
    return Sharing(visible_to, owner, team)


def match(
    record: str, visible_to: VisibleTo = "everyone", owner: str = "", team: str = ""
) -> Match:
    more = {"visible_to": visible_to, "owner": owner, "team": team}
    return Match(record, "contact", record, "exact", "number", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "seen_by"),
    [
        (shared("everyone"), {"anna", "bert", "carl", "phone"}),
        (shared("everyone", "anna", "Support"), {"anna", "bert", "carl", "phone"}),
        (shared("team", team="Sales"), {"anna", "bert"}),
        (shared("team", team="Support"), {"bert"}),
        (shared("team", "carl", "Support"), {"bert", "carl"}),
        (shared("team", team="sales"), set()),
        (shared("team"), set()),
        (shared("owner", "anna", "Support"), {"anna"}),
        (shared("owner", "Sales"), set()),
        (shared("owner", "gone"), set()),
        (shared("owner"), set()),
        (shared("admins", "anna", "Sales"), set()),
    ],
)
def test_record_is_seen_by_those_it_is_visible_to(record: Sharing, seen_by: set[str]) -> None:
    found = {name for name, viewer in VIEWERS.items() if viewer.sees(record)}
    assert found == seen_by | {"boss"}


def test_owner_named_like_a_team_is_no_team() -> None:
    assert not Viewer("x", frozenset({"owner:anna"})).sees(shared("owner", "anna"))
    assert not Viewer("Sales").sees(shared("team", team="Sales"))


def test_each_viewer_gets_the_matches_they_see() -> None:
    matches = (match("all"), match("sales", "team", team="Sales"), match("own", "owner", "anna"))
    shown = {
        name: [each.record for each in matches_for(viewer, matches)]
        for name, viewer in VIEWERS.items()
    }
    assert shown == {
        "boss": ["all", "sales", "own"],
        "anna": ["all", "sales", "own"],
        "bert": ["all", "sales"],
        "carl": ["all"],
        "phone": ["all"],
    }


def test_users_who_see_the_same_are_one_group() -> None:
    matches = (match("all"), match("sales", "team", team="Sales"), match("own", "owner", "anna"))
    crowd = [(f"u{n}", Viewer(f"u{n}", frozenset({f"Team {n}"}))) for n in range(200)]
    groups = [*groups_of([*VIEWERS.items(), *crowd], matches)]
    assert len(groups) == 4
    for users, shown in groups:
        for user in users:
            assert matches_for(dict([*VIEWERS.items(), *crowd])[user], matches) == shown


@pytest.mark.parametrize(
    ("after", "refused"),
    [
        (shared("everyone", "carl", "Support"), None),
        (shared("owner", "anna"), None),
        (shared("team", team="Sales"), None),
        (shared("team", "carl", "Sales"), None),
        (shared("owner"), "owner"),
        (shared("owner", "bert"), "owner"),
        (shared("team", "anna", "Support"), "team"),
        (shared("team"), "team"),
        (shared("admins", "anna"), "visible_to"),
    ],
)
@pytest.mark.parametrize("before", [None, shared("everyone"), shared("owner", "anna")])
def test_user_restricts_to_themselves_or_their_team(
    before: Sharing | None, after: Sharing, refused: str | None
) -> None:
    expected = None if before == after else refused
    assert refused_field(ANNA, before, after) == expected
    assert refused_field(BOSS, before, after) is None


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        # a colleague's record
        (shared("everyone", "carl"), shared("owner", "anna"), "visible_to"),
        (shared("everyone", "carl"), shared("everyone", "anna"), "owner"),
        (shared("everyone", "carl"), shared("everyone", ""), "owner"),
        (shared("everyone", "carl"), shared("everyone", "carl", "Sales"), None),
        # a record of the team
        (shared("team", "carl", "Sales"), shared("everyone", "carl", "Sales"), "visible_to"),
        (shared("team", "carl", "Sales"), shared("team", "anna", "Sales"), "owner"),
        (shared("team", "", "Sales"), shared("team", "anna", "Sales"), "owner"),
        (shared("team", "", "Sales"), shared("team", "", "Other"), "team"),
        (shared("team", "", "Sales"), shared("owner", "anna", "Sales"), "visible_to"),
        # unchanged, whatever it is
        (shared("team", "carl", "Sales"), shared("team", "carl", "Sales"), None),
        # the own record, of which its owner may not lose sight
        (shared("owner", "anna"), shared("everyone", "carl"), None),
        (shared("owner", "anna"), shared("owner", "carl"), "owner"),
        (shared("team", "anna", "Support"), shared("team", "anna", "Sales"), None),
    ],
)
def test_nobody_takes_a_record_from_its_owner(
    before: Sharing, after: Sharing, refused: str | None
) -> None:
    assert refused_field(ANNA, before, after) == refused
