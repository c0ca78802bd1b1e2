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
from support.product import PASSWORD
from support.stack.installation import Installation, everything
from support.tenant.browser import open_socket, signed_in
from support.tenant.company import Person
from support.tenant.phone import Phone

NUMBER = "08999998001"
LINE = 8
CUT = 'softphone_sockets_cut_total{code="4008"}'


@pytest.fixture(scope="module")
async def installation(
    rabbitmq: RealServer, mongodb: RealServer, redis_server: RealServer
) -> AsyncIterator[Installation]:
    settings = {"session_frames_max": LINE, "hello_seconds": 0.5}
    async with everything(rabbitmq.url, mongodb.url, redis_server.url, **settings) as installation:
        yield installation
        installation.clock.reset()


@pytest.fixture
async def anna(installation: Installation) -> AsyncIterator[Person]:
    yield await installation.make_user(await installation.make_tenant(), "user", ("21",))
    installation.clock.reset()


async def phone_of(installation: Installation, person: Person) -> Phone:
    return await installation.make_phone(person.tenant)


async def ring(installation: Installation, phone: Phone, call: str, extension: str = "21") -> str:
    said = {"extension": extension, "number": NUMBER, "call_id": call}
    return await phone.post_hits("ringing", **said)


# --- over HTTP ------------------------------------------------------------------------------------


async def test_the_answer_is_the_same_whatever_is_wrong(
    installation: Installation, anna: Person
) -> None:
    wrong = [
        await installation.sign_in(anna.tenant, anna.login, "not the password"),
        await installation.sign_in(anna.tenant, "nobody"),
        await installation.sign_in("no-tenant", anna.login),
    ]
    assert {(answer.status_code, answer.text) for answer in wrong} == {(401, wrong[0].text)}


async def test_the_cookie_renews_until_it_is_signed_out(
    installation: Installation, anna: Person
) -> None:
    answer = await installation.sign_in(anna.tenant, anna.login)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/api/session" in cookie
    held = {"Cookie": f"softphone_session={answer.cookies['softphone_session']}"}
    installation.clock.move(timedelta(hours=1))
    assert (await installation.ask("GET", "/api/calls", answer.json()["token"])).status_code == 401
    renewed = await installation.ask("POST", "/api/session/renew", headers=held)
    assert renewed.status_code == 201
    assert (await installation.ask("GET", "/api/calls", renewed.json()["token"])).status_code == 200
    assert (await installation.ask("DELETE", "/api/session", headers=held)).status_code == 204
    assert (await installation.ask("POST", "/api/session/renew", headers=held)).status_code == 401
    assert (await installation.ask("POST", "/api/session/renew")).status_code == 401


async def test_a_new_password_ends_every_sign_in(installation: Installation, anna: Person) -> None:
    held = {"Cookie": f"softphone_session={anna.cookie}"}
    path = f"/api/users/{anna.id}"
    change = {"password": "an even longer one"}
    answer = await installation.ask("PATCH", path, installation.token(anna.tenant), change)
    assert answer.status_code == 200
    assert (await installation.ask("POST", "/api/session/renew", headers=held)).status_code == 401
    assert (await installation.sign_in(anna.tenant, anna.login, PASSWORD)).status_code == 401
    again = await installation.sign_in(anna.tenant, anna.login, "an even longer one")
    assert again.status_code == 201


async def test_no_sign_in_under_way_outlives_the_password(
    installation: Installation, anna: Person
) -> None:
    """All find the old password still in force, and half are worked on only after the new one."""
    given = {"tenant": anna.tenant, "login": anna.login, "password": PASSWORD}

    async def signs_in() -> str | None:
        # each from a network of its own, so that none is one too many
        there = {"X-Forwarded-For": f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"}
        answer = await installation.ask("POST", "/api/session", json=given, headers=there)
        assert answer.status_code in {201, 401}, answer.text
        return answer.cookies.get("softphone_session")

    async def changes() -> int:
        path, admin = f"/api/users/{anna.id}", installation.token(anna.tenant)
        change = {"password": "an even longer one"}
        return (await installation.ask("PATCH", path, admin, change)).status_code

    some, more = [[signs_in() for _ in range(20)] for _ in range(2)]
    (*before, changed), after = await asyncio.gather(
        asyncio.gather(*some, changes()), asyncio.gather(*more)
    )
    assert changed == 200
    held = [{"Cookie": f"softphone_session={cookie}"} for cookie in [*before, *after] if cookie]
    renewed = [await installation.ask("POST", "/api/session/renew", headers=head) for head in held]
    assert {answer.status_code for answer in renewed} <= {401}


async def test_a_short_password_is_refused_and_named(
    installation: Installation, anna: Person
) -> None:
    given = {"login": "bernd", "password": "short"}
    answer = await installation.ask("POST", "/api/users", installation.token(anna.tenant), given)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "password"


async def test_a_login_is_taken_once(installation: Installation, anna: Person) -> None:
    given = {"login": anna.login, "password": PASSWORD}
    answer = await installation.ask("POST", "/api/users", installation.token(anna.tenant), given)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "login"


# --- on the socket --------------------------------------------------------------------------------


async def test_without_a_hello_in_time_the_socket_is_closed(installation: Installation) -> None:
    async with open_socket(installation.url) as browser:
        assert await browser.close_code() == 4001


@pytest.mark.parametrize("text", ["no json", "[]", "17", '{"type": "hello"}', '{"token": "x"}'])
async def test_a_first_frame_that_is_no_hello_is_an_error(
    installation: Installation, text: str
) -> None:
    async with open_socket(installation.url) as browser:
        await browser.send(text)
        assert await browser.close_code() == 4004


async def test_an_expired_token_is_told_apart(installation: Installation, anna: Person) -> None:
    installation.clock.move(timedelta(hours=1))
    async with open_socket(installation.url) as browser:
        await browser.send({"type": "hello", "token": anna.token, "seen": None})
        assert await browser.close_code() == 4003


async def test_unknown_frames_are_ignored_and_garbage_is_not(
    installation: Installation, anna: Person
) -> None:
    phone = await phone_of(installation, anna)
    async with signed_in(installation.url, anna.token) as browser:
        await browser.send({"type": "from the future", "what": 1})
        await ring(installation, phone, "after-unknown")
        await browser.expect("call")
        await browser.send("garbage")
        assert await browser.close_code() == 4004


@pytest.mark.parametrize("origin", ["https://evil.example", "http://[", "null"])
async def test_pages_of_other_sites_are_refused(
    installation: Installation, anna: Person, origin: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with signed_in(installation.url, anna.token, origin=origin):
            pass
    assert refused.value.response.status_code == 403
    async with signed_in(installation.url, anna.token, origin=installation.url) as browser:
        assert browser.of_type("welcome")


@pytest.mark.parametrize("how", ["removed", "new password"])
async def test_a_revoked_user_is_cut_within_a_second(
    installation: Installation, anna: Person, how: str
) -> None:
    admin, path = installation.token(anna.tenant), f"/api/users/{anna.id}"
    async with signed_in(installation.url, anna.token) as browser:
        if how == "removed":
            assert (await installation.ask("DELETE", path, admin)).status_code == 204
        else:
            given = {"password": "an even longer one"}
            assert (await installation.ask("PATCH", path, admin, given)).status_code == 200
        assert await browser.close_code(within=1) == 4005


async def test_a_removed_user_does_not_get_in_again(
    installation: Installation, anna: Person
) -> None:
    await installation.ask("DELETE", f"/api/users/{anna.id}", installation.token(anna.tenant))
    async with open_socket(installation.url) as browser:
        await browser.send({"type": "hello", "token": anna.token, "seen": None})
        assert await browser.close_code() == 4005


async def test_a_token_is_renewed_on_the_live_socket(
    installation: Installation, anna: Person
) -> None:
    user = User(id=anna.id, tenant=anna.tenant, login=anna.login, extensions=("21",))
    phone = await phone_of(installation, anna)
    short, _ = installation.tokens.issue(user, timedelta(seconds=2))
    async with (
        signed_in(installation.url, short) as renewing,
        signed_in(installation.url, short) as not_so,
    ):
        await renewing.send({"type": "token", "token": anna.token})
        assert await not_so.close_code() == 4003
        await ring(installation, phone, "after-the-first-token")
        await renewing.expect("call")


async def test_somebody_elses_token_does_not_renew(
    installation: Installation, anna: Person
) -> None:
    bernd = await installation.make_user(anna.tenant, "user", ("22",))
    async with signed_in(installation.url, anna.token) as browser:
        await browser.send({"type": "token", "token": bernd.token})
        assert await browser.close_code() == 4001


async def test_what_was_missed_is_sent_again_and_nothing_else(
    installation: Installation, anna: Person
) -> None:
    phone = await phone_of(installation, anna)
    async with signed_in(installation.url, anna.token) as browser:
        before = await ring(installation, phone, "seen")
        await browser.expect("call")
        seen = browser.last_seq
    missed = await ring(installation, phone, "missed")
    async with signed_in(installation.url, anna.token, seen) as browser:
        await until(browser.calls, what="what was missed")
        assert {call["id"] for call in browser.calls()} == {missed}
        assert {call["id"] for call in browser.of_type("welcome")[0]["calls"]} == {before, missed}
        assert browser.of_type("resync") == []
        numbers = [frame["seq"] for frame in browser.frames]
        assert numbers == sorted(numbers)
        assert numbers[0] == seen, (
            "whoever is lost before the missed frames must ask for them again"
        )
        assert all(frame["seq"] > seen for frame in browser.of_type("call"))


async def test_who_missed_more_than_the_line_holds_reads_again(
    installation: Installation, anna: Person
) -> None:
    phone = await phone_of(installation, anna)
    async with signed_in(installation.url, anna.token) as stays:
        async with signed_in(installation.url, anna.token) as browser:
            seen = browser.last_seq
        for turn in range(LINE):
            await stays.expect_call(await ring(installation, phone, f"missed-{turn}"))
        async with signed_in(installation.url, anna.token, seen) as browser:
            await browser.expect("resync")
            assert browser.calls() == []
            assert len(browser.of_type("welcome")[0]["calls"]) == LINE
            assert browser.last_seq > seen
            await browser.expect_call(await ring(installation, phone, "afterwards"))


async def test_who_does_not_read_is_cut_and_holds_up_nobody(
    installation: Installation, anna: Person
) -> None:
    call = await ring(installation, await phone_of(installation, anna), "talked about")
    await installation.logged(anna.token, call, phase="ringing")
    text = {"text": "\U0001f600" * 10_000, "record": None}
    stalled = stalled_socket(installation.url)
    async with signed_in(installation.url, anna.token) as reads, stalled as lazy:
        await lazy.send(json.dumps({"type": "hello", "token": anna.token}))
        welcome = json.loads(await lazy.recv())
        before, said = await cuts(installation), 0
        while await cuts(installation) == before:
            said += 1
            assert said < 200, "nobody was cut"
            await installation.post(f"/api/calls/{call}/comments", anna.token, text)
            await reads.expect("comment", said)
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


async def cuts(installation: Installation) -> str:
    """The metric of sockets cut for being slow."""
    lines = (await installation.client.get("/metrics")).text.splitlines()
    return next((line for line in lines if line.startswith(CUT)), "")


@pytest.mark.parametrize("seen", [0, 17, 2**52])
async def test_a_number_never_given_out_means_reading_again(
    installation: Installation, anna: Person, seen: int
) -> None:
    async with signed_in(installation.url, anna.token, seen) as browser:
        await browser.expect("resync")


async def test_everybody_at_the_extension_hears_and_nobody_else(
    installation: Installation, anna: Person
) -> None:
    phone = await phone_of(installation, anna)
    both = await installation.make_user(anna.tenant, "user", ("21", "22"))
    async with (
        signed_in(installation.url, anna.token) as one,
        signed_in(installation.url, anna.token) as tab,
        signed_in(installation.url, both.token) as two,
    ):
        at_22 = await ring(installation, phone, "at-22", "22")
        at_21 = await ring(installation, phone, "at-21", "21")
        for browser in (one, tab, two):
            await browser.expect_call(at_21)
        assert {call["id"] for call in two.calls()} == {at_21, at_22}
        assert {call["id"] for call in [*one.calls(), *tab.calls()]} == {at_21}


async def test_a_comment_comes_over_the_socket(installation: Installation, anna: Person) -> None:
    phone = await phone_of(installation, anna)
    async with signed_in(installation.url, anna.token) as browser:
        call = await ring(installation, phone, "commented")
        await installation.logged(anna.token, call, phase="ringing")
        given = {"text": "ruft zurück", "record": None}
        saved = await installation.post(f"/api/calls/{call}/comments", anna.token, given)
        (frame,) = await browser.expect("comment")
        assert frame["comment"] == saved
