"""Browsers that come while a tenant's room is opened or closed, which the broker may hold up."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from softphone_testing.proxy import Proxy
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.browser_socket import BrowserSocket, opened, signed_in
from support.installation import Installation, Person, everything

LINGER = timedelta(seconds=60)
SAID = {"extension": "21", "number": "089 99998001"}
SOCKETS = "softphone_sockets "


@pytest.fixture(scope="module")
async def office(
    broker: Proxy, mongodb: RealServer, redis_server: RealServer
) -> AsyncIterator[Installation]:
    """A broker that is slow is not given up."""
    settings = {
        "linger_seconds": LINGER.total_seconds(),
        "publish_seconds": 60,
        "watchdog_seconds": 60,
    }
    async with everything(broker.url, mongodb.url, redis_server.url, **settings) as installation:
        yield installation


async def a_user(office: Installation) -> Person:
    return await office.make_user(await office.make_tenant())


def hold_up(broker: Proxy, user: Person) -> None:
    """Notifier's wishes for this tenant's calls are on their way until the thaw."""
    broker.stop_at(wish(user))


def wish(user: Person) -> str:
    return f"call.*.{user.tenant}"


async def says_hello(browser: BrowserSocket, user: Person) -> None:
    await browser.say({"type": "hello", "token": user.token})


async def is_rung(office: Installation, user: Person, browser: BrowserSocket) -> None:
    phone = await office.make_device(user.tenant)
    await browser.hears_of(await office.told(phone.key, "ringing", call_id="a", **SAID))


async def sockets(office: Installation) -> float:
    lines = (await office.client.get("/metrics")).text.splitlines()
    return float(next(line for line in lines if line.startswith(SOCKETS)).split()[-1])


async def test_whoever_comes_while_the_room_is_opened_waits_for_it_too(
    office: Installation, broker: Proxy
) -> None:
    anna, before = await a_user(office), await sockets(office)
    async with opened(office.url) as first, opened(office.url) as second:
        hold_up(broker, anna)
        try:
            await says_hello(first, anna)
            await until(lambda: broker.holds(wish(anna)), what="the wish for its calls")
            await says_hello(second, anna)

            async def came() -> bool:
                return bool(second.frames) or await sockets(office) == before + 2

            await until(came, what="both at the door")
            assert (first.frames, second.frames) == ([], [])
        finally:
            broker.thaw()
        for browser in (first, second):
            await browser.hears("welcome")
        await is_rung(office, anna, second)
        assert [frame["type"] for frame in second.frames[:2]] == ["welcome", "call"]


async def test_who_is_removed_while_the_room_is_opened_is_not_let_in(
    office: Installation, broker: Proxy
) -> None:
    anna = await a_user(office)
    async with opened(office.url) as browser:
        hold_up(broker, anna)
        try:
            await says_hello(browser, anna)
            await until(lambda: broker.holds(wish(anna)), what="the wish for its calls")
            token = office.token(anna.tenant)
            answer = await office.ask("DELETE", f"/api/users/{anna.id}", token)
            assert answer.status_code == 204
            await until(lambda: turned_away(office, anna), what="news of the removal")
        finally:
            broker.thaw()
        assert await browser.end() == 4005
        assert browser.frames == []


async def turned_away(office: Installation, user: Person) -> bool:
    """Whether notifier has heard that the user is no more."""
    async with opened(office.url) as browser:
        await says_hello(browser, user)
        await until(lambda: browser.ended, within=1, what="the end")
        return await browser.end() == 4005


async def test_who_comes_back_while_other_rooms_are_closed_is_not_forgotten(
    office: Installation, broker: Proxy
) -> None:
    anna, bernd = await a_user(office), await a_user(office)
    for user in (anna, bernd):
        async with signed_in(office.url, user.token):
            pass

    async def nobody_is_there() -> bool:
        return await sockets(office) == 0

    await until(nobody_is_there, what="the end of all sockets")
    hold_up(broker, anna)
    try:
        office.clock.move(LINGER + timedelta(seconds=1))
        await until(lambda: broker.holds(wish(anna)), what="the end of a room")
        async with signed_in(office.url, bernd.token) as browser, opened(office.url) as other:
            await says_hello(other, anna)
            broker.thaw()
            await other.hears("welcome")
            await is_rung(office, anna, other)
            await is_rung(office, bernd, browser)
    finally:
        broker.thaw()
        office.clock.reset()
