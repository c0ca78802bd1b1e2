"""A one-time password as a second factor: enrolment, sign-in, replay, recovery, removal."""

from datetime import timedelta
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from pymongo import AsyncMongoClient

from softphone_notifier.second_factor import codes
from softphone_testing.real_servers import RealServer
from support.product import PASSWORD, Json
from support.stack.installation import Installation, running
from support.tenant.company import Person

STEP = timedelta(seconds=codes.STEP_SECONDS)
PATH = "/api/me/second-factor"


class App:
    """An authenticator app that has read an enrolment."""

    def __init__(self, installation: Installation, url: str) -> None:
        self._installation = installation
        query = httpx.URL(url).params
        assert (query["issuer"], query["period"], query["digits"]) == (codes.ISSUER, "30", "6")
        self._totp = TOTP(codes.secret_bytes(query["secret"]), 6, SHA1(), 30)

    def code(self, steps: int = 0) -> str:
        """The code of the present step, or of one before or after it."""
        moment = self._installation.clock() + steps * STEP
        return self._totp.generate(moment.timestamp()).decode()

    def wrong_code(self) -> str:
        """Six digits that are no code of the present or a neighbouring step."""
        near = {self.code(steps) for steps in (-2, -1, 0, 1, 2)}
        return next(code for code in ("000000", "111111", "222222", *near) if code not in near)


async def sign_in(
    installation: Installation, who: Person, code: str = "", password: str = PASSWORD
) -> httpx.Response:
    """A sign-in from a network of its own."""
    body = {"tenant": who.tenant, "login": who.login, "password": password, "code": code}
    there = {"X-Forwarded-For": f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"}
    return await installation.ask("POST", "/api/session", json=body, headers=there)


async def enrol(installation: Installation, who: Person) -> tuple[App, list[str]]:
    """The app and the recovery codes of a confirmed second factor."""
    begun = await installation.post(PATH, who.token, {"password": PASSWORD})
    app = App(installation, begun["url"])
    confirmed = await installation.post(f"{PATH}/confirm", who.token, {"code": app.code()})
    installation.clock.move(STEP)
    return app, confirmed["recovery_codes"]


def code_of(answer: httpx.Response) -> str:
    return str(answer.json().get("code", answer.status_code))


async def test_sign_in_needs_a_code_after_enrolment(
    installation: Installation, anna: Person
) -> None:
    begun = await installation.post(PATH, anna.token, {"password": PASSWORD})
    app = App(installation, begun["url"])
    assert (await sign_in(installation, anna)).status_code == 201, "not confirmed yet"
    wrong = {"code": app.wrong_code()}
    assert code_of(await installation.ask("POST", f"{PATH}/confirm", anna.token, wrong)) == (
        "second-factor-wrong"
    )
    right = {"code": f" {app.code()[:3]} {app.code()[3:]} "}
    await installation.post(f"{PATH}/confirm", anna.token, right)
    without = await sign_in(installation, anna)
    assert (without.status_code, code_of(without)) == (401, "second-factor-required")
    assert "set-cookie" not in without.headers
    assert code_of(await sign_in(installation, anna, app.wrong_code())) == "second-factor-wrong"
    wrong_password = await sign_in(installation, anna, app.code(1), "a guess")
    assert code_of(wrong_password) == "login-failed", "a stranger learns of no second factor"
    assert (await sign_in(installation, anna, app.code(1))).status_code == 201
    listed = (await installation.get("/api/users", installation.token(anna.tenant)))["items"]
    assert [user["second_factor"] for user in listed] == [True]


async def test_code_is_accepted_once_and_near_its_time(
    installation: Installation, anna: Person
) -> None:
    begun = await installation.post(PATH, anna.token, {"password": PASSWORD})
    app = App(installation, begun["url"])
    first = app.code()
    await installation.post(f"{PATH}/confirm", anna.token, {"code": first})
    assert code_of(await sign_in(installation, anna, first)) == "second-factor-wrong", "replayed"
    installation.clock.move(3 * STEP)
    present = app.code()
    for steps in (-2, 2):
        assert code_of(await sign_in(installation, anna, app.code(steps))) == "second-factor-wrong"
    assert (await sign_in(installation, anna, present)).status_code == 201
    assert code_of(await sign_in(installation, anna, present)) == "second-factor-wrong"
    earlier = app.code(-1)
    assert code_of(await sign_in(installation, anna, earlier)) == "second-factor-wrong"
    assert (await sign_in(installation, anna, app.code(1))).status_code == 201, "a clock ahead"


async def test_recovery_code_signs_in_once(installation: Installation, anna: Person) -> None:
    app, recovery = await enrol(installation, anna)
    assert len(set(recovery)) == 10
    assert all(len(codes.plain(code)) == 16 for code in recovery)
    spelled = recovery[0].upper().replace("-", " ")
    assert (await sign_in(installation, anna, spelled)).status_code == 201
    assert code_of(await sign_in(installation, anna, recovery[0])) == "second-factor-wrong"
    assert (await sign_in(installation, anna, recovery[1])).status_code == 201
    state = await installation.get(PATH, anna.token)
    assert (state["enabled"], state["recovery_codes_left"]) == (True, 8)
    assert (await sign_in(installation, anna, app.code())).status_code == 201


async def test_store_has_no_secret_and_no_recovery_code(
    installation: Installation, anna: Person
) -> None:
    begun = await installation.post(PATH, anna.token, {"password": PASSWORD})
    code = {"code": App(installation, begun["url"]).code()}
    confirmed = await installation.post(f"{PATH}/confirm", anna.token, code)
    client: AsyncMongoClient[Json] = AsyncMongoClient(installation.mongo)
    async with client:
        stored = await client.get_default_database()["second_factors"].find_one({"_id": anna.id})
    for secret in (begun["secret"], *confirmed["recovery_codes"]):
        assert secret not in str(stored)
        assert codes.plain(secret) not in str(stored)


async def test_second_factor_needs_the_password(installation: Installation, anna: Person) -> None:
    guess = {"password": "a guess"}
    refused = await installation.ask("POST", PATH, anna.token, guess)
    assert refused.json()["errors"][0]["code"] == "password-wrong"
    await enrol(installation, anna)
    again = await installation.ask("POST", PATH, anna.token, {"password": PASSWORD})
    assert code_of(again) == "second-factor-exists"
    refused = await installation.ask("POST", f"{PATH}/remove", anna.token, guess)
    assert refused.json()["errors"][0]["code"] == "password-wrong"
    assert code_of(await sign_in(installation, anna)) == "second-factor-required"
    body = {"password": PASSWORD}
    removed = await installation.ask("POST", f"{PATH}/remove", anna.token, body)
    assert removed.status_code == 204
    assert (await sign_in(installation, anna)).status_code == 201
    confirm = await installation.ask("POST", f"{PATH}/confirm", anna.token, {"code": "123456"})
    assert code_of(confirm) == "second-factor-not-begun"


async def test_administrator_removes_a_second_factor(
    installation: Installation, anna: Person
) -> None:
    await enrol(installation, anna)
    path = f"/api/users/{anna.id}/second-factor"
    stranger = installation.token(await installation.make_tenant())
    assert code_of(await installation.ask("DELETE", path, stranger)) == "user-unknown"
    assert code_of(await sign_in(installation, anna)) == "second-factor-required"
    admin = installation.token(anna.tenant)
    assert (await installation.ask("DELETE", path, admin)).status_code == 204
    assert (await sign_in(installation, anna)).status_code == 201
    assert code_of(await installation.ask("DELETE", path, admin)) == "second-factor-unknown"
    operator = await installation.make_user(anna.tenant, "operator", ())
    path = f"/api/users/{operator.id}/second-factor"
    assert code_of(await installation.ask("DELETE", path, admin)) == "user-role-refused"


async def test_new_password_by_link_leaves_the_second_factor(
    installation: Installation, anna: Person
) -> None:
    app, _ = await enrol(installation, anna)
    path = f"/api/users/{anna.id}/invitation"
    url = (await installation.post(path, installation.token(anna.tenant)))["url"]
    body = {"token": url.rpartition("/")[2], "password": "an even longer one"}
    accepted = await installation.ask("POST", "/api/invitations/accept", json=body)
    assert accepted.status_code == 200
    without = await sign_in(installation, anna, password="an even longer one")
    assert code_of(without) == "second-factor-required"
    with_code = await sign_in(installation, anna, app.code(), "an even longer one")
    assert with_code.status_code == 201


async def test_questions_for_a_code_have_a_limit(installation: Installation, anna: Person) -> None:
    """A stranger with a list of passwords gets no more answers than without a second factor."""
    app, _ = await enrol(installation, anna)
    there = {"X-Forwarded-For": f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"}
    body = {"tenant": anna.tenant, "login": anna.login, "password": PASSWORD}
    answers = [
        code_of(await installation.ask("POST", "/api/session", json=body, headers=there))
        for _ in range(11)
    ]
    assert answers == ["second-factor-required"] * 10 + ["rate-limit-exceeded"]
    assert (await sign_in(installation, anna, app.code())).status_code == 201, "elsewhere"


async def test_wrong_codes_have_a_limit_in_all_networks(
    installation: Installation, anna: Person
) -> None:
    app, _ = await enrol(installation, anna)
    guesses = [code_of(await sign_in(installation, anna, app.wrong_code())) for _ in range(31)]
    assert guesses == ["second-factor-wrong"] * 30 + ["rate-limit-exceeded"]
    assert code_of(await sign_in(installation, anna, app.code())) == "rate-limit-exceeded"
    installation.clock.move(timedelta(hours=1))
    assert (await sign_in(installation, anna, app.code())).status_code == 201


async def test_other_keys_read_no_secret_but_recovery_codes(
    installation: Installation, rabbitmq: RealServer, redis_server: RealServer, anna: Person
) -> None:
    app, recovery = await enrol(installation, anna)
    for keys in (None, "another key of 32 characters or more"):
        async with running(
            rabbitmq.url,
            installation.mongo,
            redis_server.url,
            only={"notifier"},
            second_factor_keys=keys,
        ) as other:
            assert code_of(await sign_in(other, anna)) == "second-factor-required"
            assert code_of(await sign_in(other, anna, app.code())) == "second-factor-wrong"
            assert (await sign_in(other, anna, recovery.pop())).status_code == 201
