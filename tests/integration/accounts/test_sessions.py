"""Who gets in, over HTTP and on the socket, and how each is put out again."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from softphone_common.contracts.events import User
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.browser_socket import opened, signed_in
from support.installation import PASSWORD, Installation, Person, Phone, everything

NUMBER = "08999998001"
LINE = 8
CUT = 'softphone_sockets_cut_total{code="4008"}'


@pytest.fixture(scope="module")
async def office(
    rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer
) -> AsyncIterator[Installation]:
    settings = {"session_frames_max": LINE, "hello_seconds": 0.5}
    async with everything(rabbitmq.url, mongodb.url, redis_server.url, **settings) as installation:
        yield installation
        installation.clock.reset()


@pytest.fixture
async def anna(office: Installation) -> AsyncIterator[Person]:
    yield await office.make_user(await office.make_tenant(), "user", ("21",))
    office.clock.reset()


async def phone_of(office: Installation, person: Person) -> Phone:
    return await office.make_device(person.tenant)


async def ring(office: Installation, phone: Phone, call: str, extension: str = "21") -> str:
    said = {"extension": extension, "number": NUMBER, "call_id": call}
    return await office.told(phone.key, "ringing", **said)


# --- over HTTP ------------------------------------------------------------------------------------


async def test_the_answer_is_the_same_whatever_is_wrong(office: Installation, anna: Person) -> None:
    wrong = [
        await office.sign_in(anna.tenant, anna.login, "not the password"),
        await office.sign_in(anna.tenant, "nobody"),
        await office.sign_in("no-tenant", anna.login),
    ]
    assert {(answer.status_code, answer.text) for answer in wrong} == {(401, wrong[0].text)}


async def test_the_cookie_renews_until_it_is_signed_out(office: Installation, anna: Person) -> None:
    answer = await office.sign_in(anna.tenant, anna.login)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/api/session" in cookie
    held = {"Cookie": f"softphone_session={answer.cookies['softphone_session']}"}
    office.clock.move(timedelta(hours=1))
    assert (await office.ask("GET", "/api/calls", answer.json()["token"])).status_code == 401
    renewed = await office.ask("POST", "/api/session/renew", headers=held)
    assert renewed.status_code == 201
    assert (await office.ask("GET", "/api/calls", renewed.json()["token"])).status_code == 200
    assert (await office.ask("DELETE", "/api/session", headers=held)).status_code == 204
    assert (await office.ask("POST", "/api/session/renew", headers=held)).status_code == 401
    assert (await office.ask("POST", "/api/session/renew")).status_code == 401


async def test_a_new_password_ends_every_sign_in(office: Installation, anna: Person) -> None:
    held = {"Cookie": f"softphone_session={anna.cookie}"}
    path = f"/api/users/{anna.id}"
    change = {"password": "an even longer one"}
    answer = await office.ask("PATCH", path, office.token(anna.tenant), change)
    assert answer.status_code == 200
    assert (await office.ask("POST", "/api/session/renew", headers=held)).status_code == 401
    assert (await office.sign_in(anna.tenant, anna.login, PASSWORD)).status_code == 401
    again = await office.sign_in(anna.tenant, anna.login, "an even longer one")
    assert again.status_code == 201


async def test_no_sign_in_under_way_outlives_the_password(
    office: Installation, anna: Person
) -> None:
    """All find the old password still in force, and half are worked on only after the new one."""
    given = {"tenant": anna.tenant, "login": anna.login, "password": PASSWORD}

    async def signs_in() -> str | None:
        # each from a network of its own, so that none is one too many
        there = {"X-Forwarded-For": f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"}
        answer = await office.ask("POST", "/api/session", json=given, headers=there)
        assert answer.status_code in {201, 401}, answer.text
        return answer.cookies.get("softphone_session")

    async def changes() -> int:
        path, admin = f"/api/users/{anna.id}", office.token(anna.tenant)
        change = {"password": "an even longer one"}
        return (await office.ask("PATCH", path, admin, change)).status_code

    some, more = [[signs_in() for _ in range(20)] for _ in range(2)]
    (*before, changed), after = await asyncio.gather(
        asyncio.gather(*some, changes()), asyncio.gather(*more)
    )
    assert changed == 200
    held = [{"Cookie": f"softphone_session={cookie}"} for cookie in [*before, *after] if cookie]
    renewed = [await office.ask("POST", "/api/session/renew", headers=head) for head in held]
    assert {answer.status_code for answer in renewed} <= {401}


async def test_a_short_password_is_refused_and_named(office: Installation, anna: Person) -> None:
    given = {"login": "bernd", "password": "short"}
    answer = await office.ask("POST", "/api/users", office.token(anna.tenant), given)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "password"


async def test_a_login_is_taken_once(office: Installation, anna: Person) -> None:
    given = {"login": anna.login, "password": PASSWORD}
    answer = await office.ask("POST", "/api/users", office.token(anna.tenant), given)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "login"


# --- on the socket --------------------------------------------------------------------------------


async def test_without_a_hello_in_time_the_socket_is_closed(office: Installation) -> None:
    async with opened(office.url) as browser:
        assert await browser.end() == 4001


@pytest.mark.parametrize("text", ["no json", "[]", "17", '{"type": "hello"}', '{"token": "x"}'])
async def test_a_first_frame_that_is_no_hello_is_an_error(office: Installation, text: str) -> None:
    async with opened(office.url) as browser:
        await browser.say(text)
        assert await browser.end() == 4004


async def test_an_expired_token_is_told_apart(office: Installation, anna: Person) -> None:
    office.clock.move(timedelta(hours=1))
    async with opened(office.url) as browser:
        await browser.say({"type": "hello", "token": anna.token, "seen": None})
        assert await browser.end() == 4003


async def test_unknown_frames_are_ignored_and_garbage_is_not(
    office: Installation, anna: Person
) -> None:
    phone = await phone_of(office, anna)
    async with signed_in(office.url, anna.token) as browser:
        await browser.say({"type": "from the future", "what": 1})
        await ring(office, phone, "after-unknown")
        await browser.hears("call")
        await browser.say("garbage")
        assert await browser.end() == 4004


@pytest.mark.parametrize("origin", ["https://evil.example", "http://[", "null"])
async def test_pages_of_other_sites_are_refused(
    office: Installation, anna: Person, origin: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with signed_in(office.url, anna.token, origin=origin):
            pass
    assert refused.value.response.status_code == 403
    async with signed_in(office.url, anna.token, origin=office.url) as browser:
        assert browser.of("welcome")


@pytest.mark.parametrize("how", ["removed", "new password"])
async def test_a_revoked_user_is_cut_within_a_second(
    office: Installation, anna: Person, how: str
) -> None:
    admin, path = office.token(anna.tenant), f"/api/users/{anna.id}"
    async with signed_in(office.url, anna.token) as browser:
        if how == "removed":
            assert (await office.ask("DELETE", path, admin)).status_code == 204
        else:
            given = {"password": "an even longer one"}
            assert (await office.ask("PATCH", path, admin, given)).status_code == 200
        assert await browser.end(within=1) == 4005


async def test_a_removed_user_does_not_get_in_again(office: Installation, anna: Person) -> None:
    await office.ask("DELETE", f"/api/users/{anna.id}", office.token(anna.tenant))
    async with opened(office.url) as browser:
        await browser.say({"type": "hello", "token": anna.token, "seen": None})
        assert await browser.end() == 4005


async def test_a_token_is_renewed_on_the_live_socket(office: Installation, anna: Person) -> None:
    user = User(id=anna.id, tenant=anna.tenant, login=anna.login, extensions=("21",))
    phone = await phone_of(office, anna)
    short, _ = office.tokens.issue(user, timedelta(seconds=2))
    async with signed_in(office.url, short) as renewing, signed_in(office.url, short) as not_so:
        await renewing.say({"type": "token", "token": anna.token})
        assert await not_so.end() == 4003
        await ring(office, phone, "after-the-first-token")
        await renewing.hears("call")


async def test_somebody_elses_token_does_not_renew(office: Installation, anna: Person) -> None:
    bernd = await office.make_user(anna.tenant, "user", ("22",))
    async with signed_in(office.url, anna.token) as browser:
        await browser.say({"type": "token", "token": bernd.token})
        assert await browser.end() == 4001


async def test_what_was_missed_is_sent_again_and_nothing_else(
    office: Installation, anna: Person
) -> None:
    phone = await phone_of(office, anna)
    async with signed_in(office.url, anna.token) as browser:
        before = await ring(office, phone, "seen")
        await browser.hears("call")
        seen = browser.seen
    missed = await ring(office, phone, "missed")
    async with signed_in(office.url, anna.token, seen) as browser:
        await until(browser.calls, what="what was missed")
        assert {call["id"] for call in browser.calls()} == {missed}
        assert {call["id"] for call in browser.of("welcome")[0]["calls"]} == {before, missed}
        assert browser.of("resync") == []
        numbers = [frame["seq"] for frame in browser.frames]
        assert numbers == sorted(numbers)
        assert numbers[0] == seen, (
            "whoever is lost before the missed frames must ask for them again"
        )
        assert all(frame["seq"] > seen for frame in browser.of("call"))


async def test_who_missed_more_than_the_line_holds_reads_again(
    office: Installation, anna: Person
) -> None:
    phone = await phone_of(office, anna)
    async with signed_in(office.url, anna.token) as stays:
        async with signed_in(office.url, anna.token) as browser:
            seen = browser.seen
        for turn in range(LINE):
            await stays.hears_of(await ring(office, phone, f"missed-{turn}"))
        async with signed_in(office.url, anna.token, seen) as browser:
            await browser.hears("resync")
            assert browser.calls() == []
            assert len(browser.of("welcome")[0]["calls"]) == LINE
            assert browser.seen > seen
            await browser.hears_of(await ring(office, phone, "afterwards"))


async def test_who_does_not_read_is_cut_and_holds_up_nobody(
    office: Installation, anna: Person
) -> None:
    call = await ring(office, await phone_of(office, anna), "talked about")
    await office.logged(anna.token, call, phase="ringing")
    text = {"text": "\U0001f600" * 10_000, "record": None}
    stalled = stalled_socket(office.url)
    async with signed_in(office.url, anna.token) as reads, stalled as lazy:
        await lazy.send(json.dumps({"type": "hello", "token": anna.token}))
        welcome = json.loads(await lazy.recv())
        before, said = await cuts(office), 0
        while await cuts(office) == before:
            said += 1
            assert said < 200, "nobody was cut"
            await office.post(f"/api/calls/{call}/comments", anna.token, text)
            await reads.hears("comment", said)
        assert welcome["type"] == "welcome"
        with suppress(ConnectionClosed):
            while True:  # what was still on its way
                await lazy.recv()
        assert lazy.close_code == 4008


def stalled_socket(url: str) -> connect:
    """A socket that takes in only what is asked for, as over a line that is too thin."""
    thin = socket.socket()
    thin.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    where = urlsplit(url)
    thin.connect((where.hostname, where.port))
    return connect(f"ws://{where.netloc}/ws", sock=thin, max_queue=1, compression=None, proxy=None)


async def cuts(office: Installation) -> str:
    """The metric of sockets cut for being slow."""
    lines = (await office.client.get("/metrics")).text.splitlines()
    return next((line for line in lines if line.startswith(CUT)), "")


@pytest.mark.parametrize("seen", [0, 17, 2**52])
async def test_a_number_never_given_out_means_reading_again(
    office: Installation, anna: Person, seen: int
) -> None:
    async with signed_in(office.url, anna.token, seen) as browser:
        await browser.hears("resync")


async def test_everybody_at_the_extension_hears_and_nobody_else(
    office: Installation, anna: Person
) -> None:
    phone = await phone_of(office, anna)
    both = await office.make_user(anna.tenant, "user", ("21", "22"))
    async with (
        signed_in(office.url, anna.token) as one,
        signed_in(office.url, anna.token) as tab,
        signed_in(office.url, both.token) as two,
    ):
        at_22 = await ring(office, phone, "at-22", "22")
        at_21 = await ring(office, phone, "at-21", "21")
        for browser in (one, tab, two):
            await browser.hears_of(at_21)
        assert {call["id"] for call in two.calls()} == {at_21, at_22}
        assert {call["id"] for call in [*one.calls(), *tab.calls()]} == {at_21}


async def test_a_comment_comes_over_the_socket(office: Installation, anna: Person) -> None:
    phone = await phone_of(office, anna)
    async with signed_in(office.url, anna.token) as browser:
        call = await ring(office, phone, "commented")
        await office.logged(anna.token, call, phase="ringing")
        given = {"text": "ruft zurück", "record": None}
        saved = await office.post(f"/api/calls/{call}/comments", anna.token, given)
        (frame,) = await browser.hears("comment")
        assert frame["comment"] == saved
