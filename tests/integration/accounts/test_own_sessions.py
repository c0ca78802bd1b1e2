"""A user's own sessions: rotated cookies, the list, ending others, another password."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from support.product import PASSWORD, Json
from support.stack.installation import Installation
from support.tenant.browser import signed_in
from support.tenant.company import Person

SETTINGS = {"limits_wait_ms": 20_000, "redis_seconds": 20}
"""While Redis is slow, the limiter would begin to count in memory, from zero."""

NEW = "an even longer one"
GRACE = timedelta(seconds=61)
FIREFOX = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"}


def held(cookie: str) -> dict[str, str]:
    return {"Cookie": f"softphone_session={cookie}"}


def cookie_of(answer: httpx.Response) -> str:
    assert answer.is_success, answer.text
    return answer.cookies["softphone_session"]


async def renew(installation: Installation, cookie: str) -> httpx.Response:
    return await installation.ask("POST", "/api/session/renew", headers=held(cookie))


async def sign_in(installation: Installation, who: Person) -> tuple[str, str]:
    """The token and the cookie of another sign-in."""
    answer = await installation.sign_in(who.tenant, who.login)
    return answer.json()["token"], cookie_of(answer)


async def status(installation: Installation, token: str) -> int:
    return (await installation.ask("GET", "/api/calls", token)).status_code


async def set_password(
    installation: Installation, who: Person, current: str, cookie: str | None = None
) -> httpx.Response:
    body = {"current": current, "password": NEW}
    headers = held(who.cookie if cookie is None else cookie)
    path = "/api/session/password"
    return await installation.ask("PUT", path, who.token, body, headers=headers)


async def sessions(installation: Installation, token: str) -> list[Json]:
    items: list[Json] = (await installation.get("/api/sessions", token))["items"]
    return items


async def test_reused_cookie_ends_tokens_and_sockets(
    installation: Installation, anna: Person
) -> None:
    renewed = await renew(installation, anna.cookie)
    present = cookie_of(renewed)
    assert present != anna.cookie
    assert cookie_of(await renew(installation, anna.cookie)) == present, "within the grace"
    installation.clock.move(GRACE)
    token = (await renew(installation, present)).json()["token"]
    async with signed_in(installation.url, token) as browser:
        reused = await renew(installation, anna.cookie)
        assert (reused.status_code, reused.json()["code"]) == (401, "session-reused")
        assert await browser.close_code(within=1) == 4005
    assert await status(installation, token) == 401
    assert (await renew(installation, present)).json()["code"] == "login-session-missing"


async def test_answer_lost_before_a_sleep_signs_nobody_out(
    installation: Installation, anna: Person
) -> None:
    assert (await renew(installation, anna.cookie)).status_code == 201
    installation.clock.move(timedelta(hours=8))
    woken = await renew(installation, anna.cookie)
    assert await status(installation, woken.json()["token"]) == 200
    confirmed = await renew(installation, cookie_of(woken))
    assert confirmed.status_code == 201
    assert "set-cookie" not in confirmed.headers, "it could replace that of another sign-in"
    installation.clock.move(GRACE)
    assert (await renew(installation, anna.cookie)).json()["code"] == "session-reused"


async def test_list_of_sessions_shows_only_the_own(
    installation: Installation, anna: Person
) -> None:
    bernd = await installation.make_user(anna.tenant, "user", ("22",))
    body = {"tenant": anna.tenant, "login": anna.login, "password": PASSWORD}
    from_afar = {**FIREFOX, "X-Forwarded-For": "203.0.113.77"}
    await installation.ask("POST", "/api/session", json=body, headers=from_afar)
    there, here = await sessions(installation, anna.token)
    assert (there["browser"], there["network"]) == ("Firefox, Windows", "203.0.113.0/24")
    assert (there["current"], here["current"]) == (False, True)
    assert there["created_at"] == there["used_at"] < there["expires_at"]
    assert [session["current"] for session in await sessions(installation, bernd.token)] == [True]
    secrets = anna.cookie.split(".")
    assert not any(secret in str([here, there]) for secret in secrets)


async def test_session_ended_from_the_list_is_refused(
    installation: Installation, anna: Person
) -> None:
    token, cookie = await sign_in(installation, anna)
    bernd = await installation.make_user(anna.tenant, "user", ("22",))
    (ended,) = [s["id"] for s in await sessions(installation, anna.token) if not s["current"]]
    path = f"/api/sessions/{ended}"
    foreign = await installation.ask("DELETE", path, bernd.token)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "session-unknown")
    assert await status(installation, token) == 200
    async with signed_in(installation.url, token) as browser:
        assert (await installation.ask("DELETE", path, anna.token)).status_code == 204
        assert await browser.close_code(within=1) == 4005
    assert await status(installation, token) == 401
    assert (await renew(installation, cookie)).status_code == 401
    assert await status(installation, anna.token) == 200
    assert (await renew(installation, anna.cookie)).status_code == 201


async def test_all_other_sessions_end_together(installation: Installation, anna: Person) -> None:
    others = [await sign_in(installation, anna) for _ in range(2)]
    assert (await installation.ask("DELETE", "/api/sessions", anna.token)).status_code == 204
    for token, cookie in others:
        assert await status(installation, token) == 401
        assert (await renew(installation, cookie)).status_code == 401
    assert [session["current"] for session in await sessions(installation, anna.token)] == [True]


async def test_new_sign_in_ends_the_session_of_its_browser(
    installation: Installation, anna: Person
) -> None:
    bernd = await installation.make_user(anna.tenant, "user", ("22",))
    body = {"tenant": bernd.tenant, "login": bernd.login, "password": PASSWORD}
    here = held(anna.cookie)
    answer = await installation.ask("POST", "/api/session", json=body, headers=here)
    assert answer.status_code == 201
    assert await status(installation, anna.token) == 401
    assert await status(installation, bernd.token) == 200


async def test_own_password_ends_the_other_sessions(
    installation: Installation, anna: Person
) -> None:
    token, cookie = await sign_in(installation, anna)
    async with (
        signed_in(installation.url, anna.token) as own,
        signed_in(installation.url, token) as other,
    ):
        answer = await set_password(installation, anna, PASSWORD)
        assert answer.status_code == 200, answer.text
        assert await other.close_code(within=1) == 4005
        await own.send({"type": "token", "token": answer.json()["token"]})
    assert await status(installation, answer.json()["token"]) == 200
    assert await status(installation, anna.token) == 401
    assert await status(installation, token) == 401
    assert (await renew(installation, cookie)).status_code == 401
    assert (await renew(installation, cookie_of(answer))).status_code == 201
    assert (await installation.sign_in(anna.tenant, anna.login)).status_code == 401
    assert (await installation.sign_in(anna.tenant, anna.login, NEW)).status_code == 201


async def test_copied_cookie_is_useless_after_a_new_password(
    installation: Installation, anna: Person
) -> None:
    answer = await set_password(installation, anna, PASSWORD)
    copied = await renew(installation, anna.cookie)
    assert (copied.status_code, copied.json()["code"]) == (409, "session-rotated")
    assert "set-cookie" not in copied.headers
    assert (await renew(installation, cookie_of(answer))).status_code == 201


@pytest.mark.parametrize("cookie", ["", "of another.session"])
async def test_own_password_without_the_cookie_ends_all_sessions(
    installation: Installation, anna: Person, cookie: str
) -> None:
    answer = await set_password(installation, anna, PASSWORD, cookie)
    assert (await renew(installation, anna.cookie)).status_code == 401
    assert await status(installation, answer.json()["token"]) == 200
    assert (await renew(installation, cookie_of(answer))).status_code == 201


async def test_wrong_current_passwords_have_a_limit(
    installation: Installation, anna: Person
) -> None:
    thief = {"X-Forwarded-For": f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"}
    codes = []
    with installation.clock.held():
        for current in (*(f"guess {n}" for n in range(10)), "guess", PASSWORD):
            body = {"current": current, "password": NEW}
            path = "/api/session/password"
            answer = await installation.ask("PUT", path, anna.token, body, headers=thief)
            codes.append(answer.json()["code"])
    assert codes == ["password-wrong"] * 10 + ["rate-limit-exceeded"] * 2
    assert (await installation.sign_in(anna.tenant, anna.login)).status_code == 201


async def test_current_password_is_refused_as_the_new_one(
    installation: Installation, anna: Person
) -> None:
    body = {"current": PASSWORD, "password": PASSWORD}
    answer = await installation.ask("PUT", "/api/session/password", anna.token, body)
    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [
        ("password", "password-unchanged")
    ]
    assert await status(installation, anna.token) == 200
    assert (await renew(installation, anna.cookie)).status_code == 201


async def test_wrong_current_password_changes_nothing(
    installation: Installation, anna: Person
) -> None:
    answer = await set_password(installation, anna, "not the password")
    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [
        ("current", "password-wrong")
    ]
    short = {"current": PASSWORD, "password": "short"}
    answer = await installation.ask("PUT", "/api/session/password", anna.token, short)
    assert [e["field"] for e in answer.json()["errors"]] == ["password"]
    assert await status(installation, anna.token) == 200
    assert (await installation.sign_in(anna.tenant, anna.login)).status_code == 201
