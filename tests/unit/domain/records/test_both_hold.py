"""Who sees what two records say together: nobody who does not see each of them."""

from itertools import product

import pytest

from softphone_common.domain.records.visibility import Sharing, Viewer, VisibleTo, both_hold

KINDS: tuple[VisibleTo, ...] = ("everyone", "team", "owner", "admins")
SHARINGS = [
    Sharing(visible_to, owner, team)
    for visible_to, owner, team in product(KINDS, ("", "anna", "bert"), ("", "Sales", "Support"))
]
VIEWERS = [
    Viewer(login, frozenset(teams))
    for login in ("anna", "bert", "carl")
    for teams in ((), ("Sales",), ("Support",), ("Sales", "Support"))
]


def test_nobody_sees_more_than_before() -> None:
    for one, other in product(SHARINGS, SHARINGS):
        after = both_hold(one, other)
        for viewer in VIEWERS:
            if viewer.sees(after):
                assert viewer.sees(one), (one, other, viewer)
                assert viewer.sees(other), (one, other, viewer)


@pytest.mark.parametrize("sharing", SHARINGS)
def test_equal_records_stay_visible_as_they_are(sharing: Sharing) -> None:
    assert both_hold(sharing, sharing) == sharing


@pytest.mark.parametrize(
    ("one", "other", "after"),
    [
        (Sharing(), Sharing("team", "anna", "Sales"), Sharing("team", "anna", "Sales")),
        (Sharing("owner", "anna"), Sharing(), Sharing("owner", "anna")),
        (Sharing("owner", "anna"), Sharing("team", "anna", "Sales"), Sharing("owner", "anna")),
        (Sharing("team", "anna", "Sales"), Sharing("owner", "anna"), Sharing("owner", "anna")),
        (
            Sharing("team", "anna", "Sales"),
            Sharing("team", "bert", "Sales"),
            Sharing("team", "", "Sales"),
        ),
        (
            Sharing("team", "anna", "Sales"),
            Sharing("team", "anna", "Support"),
            Sharing("owner", "anna", "Sales"),
        ),
        (Sharing("owner", "anna"), Sharing("owner", "bert"), Sharing("admins", "anna")),
        (Sharing("admins"), Sharing("owner", "bert"), Sharing("admins")),
    ],
)
def test_both_restrictions_hold(one: Sharing, other: Sharing, after: Sharing) -> None:
    assert both_hold(one, other) == after
