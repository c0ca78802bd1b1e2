"""Browsers that connect while a tenant's room opens or closes, over a broker that delays it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from softphone_testing.proxy import FaultProxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.stack.installation import Installation, everything
from support.tenant.browser import Browser, open_socket, signed_in
from support.tenant.company import Person

LINGER = timedelta(seconds=60)
FIELDS = {"extension": "21", "number": "089 99998001"}


@pytest.fixture(scope="module")
async def installation(
    broker: FaultProxy, mongodb: RealServer, redis_server: RealServer
) -> AsyncIterator[Installation]:
    """All services, with time-outs that outlast the delays of these tests."""
    settings = {
        "linger_seconds": LINGER.total_seconds(),
        "publish_seconds": 60,
        "watchdog_seconds": 60,
    }
    async with everything(broker.url, mongodb.url, redis_server.url, **settings) as installation:
        yield installation


@pytest.fixture(scope="module", autouse=True)
async def stale_sockets(installation: Installation) -> float:
    """The sockets that the metric counts before any browser comes.

    The metric belongs to the process, and tests of the hub alone have joined sessions in it that
    never leave.
    """
    return await sockets(installation)


async def a_user(installation: Installation) -> Person:
    return await installation.make_user(await installation.make_tenant())


def stop_at_binding(broker: FaultProxy, user: Person) -> None:
    """Stops the connection at notifier's binding for this tenant's calls, until the thaw."""
    broker.stop_at(binding(user))


def binding(user: Person) -> str:
    return f"call.*.{user.tenant}"


async def says_hello(browser: Browser, user: Person) -> None:
    await browser.send({"type": "hello", "token": user.token})


async def is_rung(installation: Installation, user: Person, browser: Browser) -> None:
    phone = await installation.make_phone(user.tenant)
    await browser.expect_call(await phone.post_hits("ringing", call_id="a", **FIELDS))


async def sockets(installation: Installation) -> float:
    return await installation.metric("softphone_sockets")


async def test_second_browser_waits_for_the_opening_room(
    installation: Installation, broker: FaultProxy
) -> None:
    anna, before = await a_user(installation), await sockets(installation)
    async with open_socket(installation.url) as first, open_socket(installation.url) as second:
        stop_at_binding(broker, anna)
        try:
            await says_hello(first, anna)
            await until(lambda: broker.holds(binding(anna)), what="the binding for its calls")
            await says_hello(second, anna)

            async def came() -> bool:
                return bool(second.frames) or await sockets(installation) == before + 2

            await until(came, what="both sockets")
            assert (first.frames, second.frames) == ([], [])
        finally:
            broker.thaw()
        for browser in (first, second):
            await browser.expect("welcome")
        await is_rung(installation, anna, second)
        assert [frame["type"] for frame in second.frames[:2]] == ["welcome", "call"]


async def test_user_removed_while_the_room_opens_is_refused(
    installation: Installation, broker: FaultProxy
) -> None:
    anna = await a_user(installation)
    async with open_socket(installation.url) as browser:
        stop_at_binding(broker, anna)
        try:
            await says_hello(browser, anna)
            await until(lambda: broker.holds(binding(anna)), what="the binding for its calls")
            token = installation.token(anna.tenant)
            answer = await installation.ask("DELETE", f"/api/users/{anna.id}", token)
            assert answer.status_code == 204
            await until(lambda: is_refused(installation, anna), what="news of the removal")
        finally:
            broker.thaw()
        assert await browser.close_code() == 4005
        assert browser.frames == []


async def is_refused(installation: Installation, user: Person) -> bool:
    """Whether notifier refuses the user, having received the removal."""
    async with open_socket(installation.url) as browser:
        await says_hello(browser, user)
        await until(lambda: browser.is_closed, within=1, what="the end")
        return await browser.close_code() == 4005


async def test_browser_back_while_rooms_close_receives_calls(
    installation: Installation, broker: FaultProxy, stale_sockets: float
) -> None:
    anna, bernd = await a_user(installation), await a_user(installation)
    for user in (anna, bernd):
        async with signed_in(installation.url, user.token):
            pass

    async def nobody_is_there() -> bool:
        return await sockets(installation) == stale_sockets

    await until(nobody_is_there, what="the end of all sockets")
    stop_at_binding(broker, anna)
    try:
        installation.clock.move(LINGER + timedelta(seconds=1))
        await until(lambda: broker.holds(binding(anna)), what="the end of a room")
        async with (
            signed_in(installation.url, bernd.token) as browser,
            open_socket(installation.url) as other,
        ):
            await says_hello(other, anna)
            broker.thaw()
            await other.expect("welcome")
            await is_rung(installation, anna, other)
            await is_rung(installation, bernd, browser)
    finally:
        broker.thaw()
        installation.clock.reset()
