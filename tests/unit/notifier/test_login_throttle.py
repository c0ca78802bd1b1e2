"""Who is turned away before any work is done for them, and that places come free again."""

import asyncio
from contextlib import AsyncExitStack, ExitStack

import pytest

from softphone_common.edge.client_network import WIDE_FACTOR
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import utc_now
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.rate_limit import RateLimiter
from softphone_common.stores.token_buckets import LocalTokenBuckets
from softphone_notifier.accounts.login_throttle import LoginThrottle
from softphone_notifier.live.handshake_limit import Handshake, HandshakeLimit
from support.stack.memory_hub import notifier_settings

SETTINGS = notifier_settings(
    signins_max=3, signin_failures_max=2, login_failures_max=5, hellos_max=3, hellos_address_max=2
)
HERE = "198.51.100.7"


@pytest.fixture
def throttle() -> LoginThrottle:
    limiter = RateLimiter(LocalTokenBuckets(100), utc_now, SETTINGS)
    return LoginThrottle(limiter, SETTINGS)


async def test_only_so_many_passwords_are_worked_on_at_once(throttle: LoginThrottle) -> None:
    async with AsyncExitStack() as under_way:
        for login in ("a", "b", "c"):
            await under_way.enter_async_context(throttle.sign_in(HERE, "acme", login))
        with pytest.raises(ProblemError) as refusal:
            async with asyncio.timeout(10), throttle.sign_in("192.0.2.1", "other", "d"):
                pytest.fail("one too many")
        assert refusal.value.status == 503
        assert refusal.value.headers["Retry-After"]
    async with throttle.sign_in(HERE, "acme", "d"):
        pass


async def test_an_outage_is_nobodys_wrong_password(throttle: LoginThrottle) -> None:
    for _ in range(5):
        with pytest.raises(UnavailableError):
            async with throttle.sign_in(HERE, "acme", "anna"):
                raise UnavailableError("MongoDB")
    for status in (401, 401, 429):
        with pytest.raises(ProblemError) as refusal:
            async with throttle.sign_in(HERE, "acme", "anna"):
                raise ProblemError("login-failed")
        assert refusal.value.status == status


async def tried(throttle: LoginThrottle, address: str, *, right: bool = False) -> int:
    """The status of a sign-in as anna."""
    try:
        async with throttle.sign_in(address, "acme", "anna"):
            if not right:
                raise ProblemError("login-failed")
    except ProblemError as refusal:
        return refusal.status
    return 201


async def test_who_guesses_in_one_network_keeps_nobody_out_elsewhere(
    throttle: LoginThrottle,
) -> None:
    guesses = [await tried(throttle, f"2001:db8:7:7::{n}") for n in range(20)]
    assert guesses == [401] * 2 + [429] * 18
    assert await tried(throttle, "2001:db8:7:7:ffff::1", right=True) == 429
    for _ in range(10):
        assert await tried(throttle, "2001:db8:7:8::1", right=True) == 201
    assert await tried(throttle, HERE, right=True) == 201


async def test_a_login_may_fail_so_often_from_all_networks_together(
    throttle: LoginThrottle,
) -> None:
    guesses = [await tried(throttle, f"198.51.100.{n}") for n in range(7)]
    assert guesses == [401] * 5 + [429] * 2
    async with throttle.sign_in(HERE, "acme", "bernd"):
        pass


async def test_signing_in_gives_guessers_no_more_tries(throttle: LoginThrottle) -> None:
    guesses = [await tried(throttle, f"198.51.100.{n}") for n in range(4)]
    assert guesses == [401] * 4
    assert await tried(throttle, HERE, right=True) == 201
    assert [await tried(throttle, f"203.0.113.{n}") for n in range(2)] == [401, 429]


async def _wait(handshake: Handshake) -> None:
    async with handshake.within(600):
        await asyncio.get_running_loop().create_future()


async def test_full_lobby_drops_the_oldest_handshake() -> None:
    handshakes = HandshakeLimit(SETTINGS)
    with ExitStack() as waiting:
        here = [waiting.enter_context(handshakes.admit(HERE)) for _ in range(3)]
        there = [waiting.enter_context(handshakes.admit("192.0.2.1")) for _ in range(2)]
        assert here[2] is None
        first, second, *others = [handshake for handshake in (*here, *there) if handshake]
        assert len(others) == 2
        async with asyncio.timeout(10):
            with pytest.raises(TimeoutError):
                await _wait(first)
            waits = asyncio.create_task(_wait(second))
            await asyncio.sleep(0)
            second.drop()
            with pytest.raises(TimeoutError):
                await waits
    with handshakes.admit("192.0.2.1") as place:
        assert place


def test_lobby_counts_a_wide_network_with_a_wider_limit() -> None:
    handshakes = HandshakeLimit(SETTINGS.model_copy(update={"hellos_max": 1000}))
    with ExitStack() as waiting:
        admitted = [
            waiting.enter_context(handshakes.admit(f"2001:db8:1:{n:x}::{k}"))
            for n in range(9)
            for k in range(1, 4)
        ]
        assert sum(place is not None for place in admitted) == 2 * WIDE_FACTOR
        assert waiting.enter_context(handshakes.admit("2001:db8:2::1"))
