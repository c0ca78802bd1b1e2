"""Signing in on the socket, what a socket receives, and what closes it."""

import asyncio
import json
import socket
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from softphone_common.contracts.entities import User
from softphone_testing.until import until
from support.stack.installation import Installation
from support.tenant.browser import Browser, open_socket, signed_in
from support.tenant.company import Person
from support.tenant.phone import Phone

NUMBER = "08999998001"
FRAMES_MAX = 8
SETTINGS = {
    "session_frames_max": FRAMES_MAX,
    "hello_seconds": 0.5,
    "comment_max": 10_000,
    "comments_rate": 1000,
}


async def phone_of(installation: Installation, person: Person) -> Phone:
    return await installation.make_phone(person.tenant)


async def ring(installation: Installation, phone: Phone, call: str, extension: str = "21") -> str:
    fields = {"extension": extension, "number": NUMBER, "call_id": call}
    return await phone.post_hits("ringing", **fields)


async def test_socket_without_a_hello_in_time_is_closed(installation: Installation) -> None:
    async with open_socket(installation.url) as browser:
        assert await browser.close_code() == 4001


@pytest.mark.parametrize("text", ["no json", "[]", "17", '{"type": "hello"}', '{"token": "x"}'])
async def test_socket_whose_first_frame_is_no_hello_is_closed(
    installation: Installation, text: str
) -> None:
    async with open_socket(installation.url) as browser:
        await browser.send(text)
        assert await browser.close_code() == 4004


async def test_socket_with_an_expired_token_closes_with_4003(
    installation: Installation, anna: Person
) -> None:
    installation.clock.move(timedelta(hours=1))
    async with open_socket(installation.url) as browser:
        await browser.send({"type": "hello", "token": anna.token, "seen": None})
        assert await browser.close_code() == 4003


async def test_socket_ignores_unknown_frames_but_not_garbage(
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
async def test_socket_from_another_origin_is_refused(
    installation: Installation, anna: Person, origin: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with signed_in(installation.url, anna.token, origin=origin):
            pass
    assert refused.value.response.status_code == 403
    async with signed_in(installation.url, anna.token, origin=installation.url) as browser:
        assert browser.of_type("welcome")


@pytest.mark.parametrize("how", ["removed", "new password"])
async def test_socket_of_a_revoked_user_closes_within_a_second(
    installation: Installation, anna: Person, how: str
) -> None:
    admin, path = installation.token(anna.tenant), f"/api/users/{anna.id}"
    async with signed_in(installation.url, anna.token) as browser:
        if how == "removed":
            assert (await installation.ask("DELETE", path, admin)).status_code == 204
        else:
            body = {"password": "an even longer one"}
            assert (await installation.ask("PATCH", path, admin, body)).status_code == 200
        assert await browser.close_code(within=1) == 4005


async def test_socket_of_a_removed_user_is_refused(
    installation: Installation, anna: Person
) -> None:
    await installation.ask("DELETE", f"/api/users/{anna.id}", installation.token(anna.tenant))
    async with open_socket(installation.url) as browser:
        await browser.send({"type": "hello", "token": anna.token, "seen": None})
        assert await browser.close_code() == 4005


async def test_socket_with_a_renewed_token_stays_open(
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


async def test_socket_renewed_with_another_users_token_closes(
    installation: Installation, anna: Person
) -> None:
    bernd = await installation.make_user(anna.tenant, "user", ("22",))
    async with signed_in(installation.url, anna.token) as browser:
        await browser.send({"type": "token", "token": bernd.token})
        assert await browser.close_code() == 4001


async def until_looked_up(browser: Browser, call: str) -> None:
    """Waits for the last frame of a ringing call, which says that its number was looked up."""

    def is_looked_up() -> bool:
        return any(state["matched"] for state in browser.calls() if state["id"] == call)

    await until(is_looked_up, what="the lookup")


async def test_reconnected_socket_receives_only_missed_frames(
    installation: Installation, anna: Person
) -> None:
    phone = await phone_of(installation, anna)
    async with signed_in(installation.url, anna.token) as browser:
        before = await ring(installation, phone, "seen")
        await until_looked_up(browser, before)
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
            "a browser disconnected before the missed frames must request them again"
        )
        assert all(frame["seq"] > seen for frame in browser.of_type("call"))


async def test_reconnected_socket_after_too_many_frames_resyncs(
    installation: Installation, anna: Person
) -> None:
    phone = await phone_of(installation, anna)
    async with signed_in(installation.url, anna.token) as stays:
        async with signed_in(installation.url, anna.token) as browser:
            seen = browser.last_seq
        for turn in range(FRAMES_MAX):
            call = await ring(installation, phone, f"missed-{turn}")
            await until_looked_up(stays, call)
        async with signed_in(installation.url, anna.token, seen) as browser:
            await browser.expect("resync")
            assert browser.calls() == []
            assert len(browser.of_type("welcome")[0]["calls"]) == FRAMES_MAX
            assert browser.last_seq > seen
            await browser.expect_call(await ring(installation, phone, "afterwards"))


async def test_socket_that_does_not_read_closes_and_delays_no_other(
    installation: Installation, anna: Person
) -> None:
    call = await ring(installation, await phone_of(installation, anna), "talked about")
    await installation.logged(anna.token, call, phase="ringing")
    text = {"text": "\U0001f600" * 10_000, "record": None}
    stalled = stalled_socket(installation.url)
    async with signed_in(installation.url, anna.token) as reads, stalled as lazy:
        await lazy.send(json.dumps({"type": "hello", "token": anna.token}))
        welcome = json.loads(await lazy.recv())
        before, comments = await closed_sockets(installation), 0
        async with asyncio.timeout(60):  # fills the buffers of the kernel, then waits to be closed
            while await closed_sockets(installation) == before:
                comments += 1
                await installation.post(f"/api/calls/{call}/comments", anna.token, text)
                await reads.expect("comment", comments)
        assert welcome["type"] == "welcome"
        with suppress(ConnectionClosed):
            while True:  # frames that were still under way
                await lazy.recv()
        assert lazy.close_code == 4008


def stalled_socket(url: str) -> connect:
    """A socket with a small receive buffer, as over a connection that is too slow."""
    thin = socket.socket()
    thin.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    where = urlsplit(url)
    thin.connect((where.hostname, where.port))
    return connect(f"ws://{where.netloc}/ws", sock=thin, max_queue=1, compression=None, proxy=None)


async def closed_sockets(installation: Installation) -> float:
    """The number of sockets that were closed with 4008."""
    return await installation.metric('softphone_sockets_cut_total{code="4008"}', default=0)


@pytest.mark.parametrize("seen", [0, 17, 2**52])
async def test_socket_with_an_unknown_sequence_number_resyncs(
    installation: Installation, anna: Person, seen: int
) -> None:
    async with signed_in(installation.url, anna.token, seen) as browser:
        await browser.expect("resync")


async def test_call_is_sent_to_all_sockets_of_its_extension_only(
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


async def test_comment_is_sent_to_the_socket(installation: Installation, anna: Person) -> None:
    phone = await phone_of(installation, anna)
    async with signed_in(installation.url, anna.token) as browser:
        call = await ring(installation, phone, "commented")
        await installation.logged(anna.token, call, phase="ringing")
        comment = {"text": "ruft zurück", "record": None}
        saved = await installation.post(f"/api/calls/{call}/comments", anna.token, comment)
        (frame,) = await browser.expect("comment")
        assert frame["comment"] == saved
