"""A call concerns the users at its extensions, and nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_common.domain.audience import audience

USERS_AT = {"21": ["anna"], "22": ["bert", "carl"], "23": ["anna", "dora"], "24": [], "99": ["eve"]}


@pytest.mark.parametrize(
    ("extensions", "users"),
    [
        ([], set()),
        (["21"], {"anna"}),
        (["22"], {"bert", "carl"}),
        (["21", "23"], {"anna", "dora"}),
        (["21", "21"], {"anna"}),
        (["24"], set()),
        (["77"], set()),
        (["77", "99"], {"eve"}),
        (["2"], set()),
        ([""], set()),
    ],
)
def test_the_users_at_the_extensions(extensions: list[str], users: set[str]) -> None:
    assert audience(extensions, USERS_AT) == users


def test_nobody_is_told_where_nobody_sits() -> None:
    assert audience(["21"], {}) == frozenset()


@given(extensions=st.lists(st.sampled_from([*USERS_AT, "77"])))
def test_who_is_told_sits_at_one_of_the_extensions(extensions: list[str]) -> None:
    users = audience(iter(extensions), USERS_AT)
    everybody = {user for users in USERS_AT.values() for user in users}
    for user in everybody:
        sits_at = {x for x, users in USERS_AT.items() if user in users}
        assert (user in users) == bool(sits_at & set(extensions))
