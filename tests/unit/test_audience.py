"""Who is told of a call: the users at its extensions, and nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softphone_common.domain.audience import audience, extensions_of
from unit.observed import seen, told

USERS_AT = {"21": ["anna"], "22": ["bert", "carl"], "23": ["anna", "dora"], "24": [], "99": ["eve"]}


@pytest.mark.parametrize(
    ("extensions", "users"),
    [
        (["21"], {"anna"}),
        (["22"], {"bert", "carl"}),
        (["21", "23"], {"anna", "dora"}),
        (["24"], set()),
        (["77"], set()),
        (["77", "99"], {"eve"}),
    ],
)
def test_the_users_at_the_extensions_of_the_call(extensions: list[str], users: set[str]) -> None:
    call = seen(*(told("ringing", 0, extension) for extension in extensions))
    assert audience(call, USERS_AT) == users


def test_a_sibling_still_hears_that_somebody_else_answered() -> None:
    ringing = [told("ringing", 0), told("ringing", 0, "22")]
    call = seen(*ringing, told("connected", 4, "22"), told("ended", 9, "22"))
    assert extensions_of(call) == {"21", "22"}
    assert audience(call, USERS_AT) == {"anna", "bert", "carl"}


def test_nobody_is_told_where_nobody_sits() -> None:
    assert audience(seen(told("ringing", 0)), {}) == frozenset()


def test_an_extension_is_compared_whole() -> None:
    assert audience(seen(told("ringing", 0, "2")), USERS_AT) == frozenset()


@given(extensions=st.sets(st.sampled_from([*USERS_AT, "77"]), min_size=1))
def test_nobody_without_a_part_in_the_call_is_told(extensions: set[str]) -> None:
    heard = audience(seen(*(told("ringing", 0, x) for x in extensions)), USERS_AT)
    assert heard == {user for x in extensions for user in USERS_AT.get(x, [])}
