"""Tokens that services refuse: forged ones, and those issued before the user was changed."""

import base64
import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from softphone_common.contracts.entities import User
from softphone_common.http.auth import TokenIssuer
from softphone_common.process.ed25519 import PrivateKey
from softphone_testing.installation_keys import SIGNING_KEY
from softphone_testing.real_servers import RealServer
from softphone_testing.until import until
from support.product import Json, bearer
from support.stack.installation import Installation, ready, running
from support.stack.routes import PATHS
from support.tenant.browser import open_socket, signed_in
from support.tenant.company import Person

# --- forged ---------------------------------------------------------------------------------------


def signed(claims: Json) -> str:
    return jwt.encode(claims, SIGNING_KEY, "EdDSA")


def forged(token: str) -> dict[str, str]:
    """Invalid tokens that resemble this one, by what is wrong with them."""
    claims = jwt.decode(token, options={"verify_signature": False})
    head, body, signature = token.split(".")
    raised = {**claims, "role": "operator"}
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode()
    nobody = User(id=claims["sub"], tenant=claims["tenant"], login="x", role="operator")
    other = TokenIssuer(PrivateKey.generate())
    public = SIGNING_KEY.public_key().public_bytes_raw()
    own_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    named = {"kid": "../../dev/null", "jku": "https://evil.example/keys.json"}
    undated = {key: value for key, value in claims.items() if key != "iat"}
    unending = {key: value for key, value in claims.items() if key != "exp"}
    return {
        "another key": other.issue(nobody, timedelta(hours=1))[0],
        "no algorithm": f"{none.rstrip('=')}.{body}.",
        "other claims": f"{head}.{jwt.encode(raised, 'x' * 32).split('.')[1]}.{signature}",
        "another algorithm": jwt.encode(claims, public, "HS512"),
        "another issuer": signed({**claims, "iss": "somebody"}),
        "no end": signed(unending),
        "no date": signed(undated),
        "a date to come": signed({**claims, "iat": claims["iat"] + 3600}),
        "a date that is none": signed({**claims, "iat": [1]}),
        "a key of its own": jwt.encode(claims, own_key, "RS256"),
        "a key it names": jwt.encode(claims, "x" * 32, "HS256", headers=named),
        "a version that is none": signed({**claims, "version": "x"}),
        "no signature": f"{head}.{body}.",
        "nothing": "x",
    }


@pytest.mark.filterwarnings("ignore:The HMAC key")
async def test_forged_token_is_refused_over_http_and_socket(installation: Installation) -> None:
    anna = await installation.make_user(await installation.make_tenant())
    bodies = set()
    for what, token in forged(anna.token).items():
        answer = await installation.client.get("/api/calls", headers=bearer(token))
        assert answer.status_code == 401, what
        assert answer.headers["www-authenticate"] == "Bearer"
        bodies.add(answer.text)
        async with open_socket(installation.url) as browser:
            await browser.send({"type": "hello", "token": token, "seen": None})
            assert await browser.close_code() == 4001, what
    assert len(bodies) == 1


# --- outdated -------------------------------------------------------------------------------------


async def change(installation: Installation, who: Person, fields: Json | None) -> None:
    """Changes the user as another operator; removes the user if there are no fields."""
    path = f"/api/users/{who.id}?tenant={who.tenant}"
    answer = await installation.ask(
        "PATCH" if fields else "DELETE", path, installation.operator, fields
    )
    assert answer.is_success, answer.text


async def renew(installation: Installation, who: Person) -> tuple[int, Json]:
    held = {"Cookie": f"softphone_session={who.cookie}"}
    answer = await installation.ask("POST", "/api/session/renew", headers=held)
    return answer.status_code, answer.json()


CHANGES: dict[str, tuple[Json | None, int]] = {
    "extensions": ({"extensions": ["22"]}, 201),
    "role": ({"role": "user"}, 401),
    "password": ({"password": "an even longer one"}, 401),
    "removed": (None, 401),
}


@pytest.mark.parametrize(("fields", "renewal"), CHANGES.values(), ids=CHANGES.keys())
async def test_token_from_before_a_change_is_refused_at_once(
    installation: Installation, boss: Person, fields: Json | None, renewal: int
) -> None:
    for path in PATHS.values():
        assert (await installation.ask("GET", path, boss.token)).status_code == 200, path
    await change(installation, boss, fields)
    for path in PATHS.values():
        assert (await installation.ask("GET", path, boss.token)).status_code == 401, path
    status, session = await renew(installation, boss)
    assert status == renewal
    if status == 201:
        assert session["user"]["extensions"] == ["22"]
        assert (await installation.ask("GET", "/api/calls", session["token"])).status_code == 200


@pytest.mark.parametrize("service", ["ingest", "matcher", "calllog", "janitor"])
async def test_change_of_a_user_reaches_every_service(
    installation: Installation,
    boss: Person,
    service: str,
    rabbitmq: RealServer,
    redis_server: RealServer,
) -> None:
    urls = rabbitmq.url, installation.mongo, redis_server.url
    async with running(*urls, only=[service]) as another:

        async def answers_with(status: int) -> bool:
            answer = await another.ask("GET", PATHS[service], boss.token)
            assert answer.status_code == status, answer.text
            return True

        await ready(another)
        await answers_with(200)
        await change(installation, boss, {"extensions": ["22"]})
        await until(lambda: answers_with(401), what=f"{service} refuses the old token")
        _, session = await renew(installation, boss)
        assert (await another.ask("GET", PATHS[service], session["token"])).status_code == 200


async def test_socket_with_a_token_from_before_a_change_closes(
    installation: Installation, boss: Person
) -> None:
    async with signed_in(installation.url, boss.token) as live:
        await change(installation, boss, {"extensions": ["22"]})
        _, session = await renew(installation, boss)
        async with open_socket(installation.url) as late:
            await late.send({"type": "hello", "token": boss.token})
            assert await late.close_code() == 4001
        async with signed_in(installation.url, session["token"]):
            pass
        await live.send({"type": "token", "token": boss.token})
        assert await live.close_code() == 4001


async def test_token_without_a_version_is_accepted(
    installation: Installation,
) -> None:
    token = installation.token(await installation.make_tenant())
    claims = jwt.decode(token, options={"verify_signature": False})
    del claims["version"]
    old = jwt.encode(claims, SIGNING_KEY, "EdDSA")
    assert (await installation.ask("GET", "/api/calls", old)).status_code == 200
