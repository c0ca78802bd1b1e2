"""Answers of a provider that are not for this sign-in, and browsers that did not begin it."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx
import jwt
import pytest
from starlette.responses import Response

from integration.openid.conftest import Connect, Connector
from softphone_notifier.openid import outbound
from softphone_notifier.openid.authorization_request import LIFETIME
from softphone_testing.until import until
from support.openid.front import forged_token
from support.openid.provider import SECRET, RealProvider, new_keys
from support.openid.visitor import CALLBACK, Visitor, outcome
from support.product import Json
from support.web_client import web_client

READ_AGAIN = timedelta(minutes=5)


@pytest.fixture
async def visitor(connector: Connector) -> Visitor:
    """A browser of somebody whom the provider knows, and who has never signed in."""
    visitor = connector.visitor()
    connector.add(visitor.sub, preferred_username="rita")
    return visitor


@pytest.fixture
async def nothing_read(connector: Connector) -> None:
    """Has the notifier read the provider's document and keys anew."""
    clock = connector.notifier.clock
    clock.move(timedelta(hours=-1))
    assert (await connector.visitor().start()).status_code == 303
    clock.reset()  # the document was read an hour ago
    await connector.provider.rotate()


def with_query(url: str, **changes: str | None) -> str:
    """The address with these parameters in place of its own; None leaves one out."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    kept = {name: value for name, value in {**query, **changes}.items() if value is not None}
    return urlunsplit(parts._replace(query=urlencode(kept)))


async def test_answer_with_another_state_is_refused(connector: Connector, visitor: Visitor) -> None:
    way_back = await visitor.way_back()
    for state in ("guessed", None, "😀"):
        answer = await visitor.open(with_query(way_back, state=state))
        assert outcome(answer) == "openid-expired"
        way_back = await visitor.way_back()
    assert visitor.session_cookie is None
    assert await connector.users() == {}


async def test_answer_in_another_browser_is_refused(connector: Connector, visitor: Visitor) -> None:
    """A link with an answer of the attacker would sign the victim in as the attacker."""
    way_back = await visitor.way_back()
    stranger = connector.visitor()
    assert outcome(await stranger.open(way_back)) == "openid-expired"
    await stranger.start()
    assert outcome(await stranger.open(way_back)) == "openid-expired", "that of another sign-in"
    assert outcome(await visitor.open(way_back)) == ""


async def test_answer_is_taken_once(connector: Connector, visitor: Visitor) -> None:
    way_back = await visitor.way_back()
    assert outcome(await visitor.open(way_back)) == ""
    assert outcome(await visitor.open(way_back)) == "openid-expired"


async def test_code_with_a_kept_cookie_is_taken_once(
    connector: Connector, visitor: Visitor
) -> None:
    way_back = await visitor.way_back()
    (kept,) = [c.value for c in visitor.client.cookies.jar if c.name == "softphone_openid"]
    assert outcome(await visitor.open(way_back)) == ""
    cookies = {"softphone_openid": str(kept)}
    async with web_client(cookies=cookies) as copy:
        assert outcome(await copy.get(way_back)) == "openid-refused"


async def test_answer_that_comes_too_late_is_refused(
    connector: Connector, visitor: Visitor
) -> None:
    way_back = await visitor.way_back()
    connector.notifier.clock.move(LIFETIME + timedelta(seconds=1))
    assert outcome(await visitor.open(way_back)) == "openid-expired"


async def test_cookie_that_somebody_else_has_made_is_refused(
    connector: Connector, visitor: Visitor
) -> None:
    for value in ("", "forged", urlsafe_b64encode(b"x" * 80).decode()):
        async with web_client(cookies={"softphone_openid": value}) as own:
            answer = await own.get(f"{visitor.url}{CALLBACK}?code=a&state=")
            assert outcome(answer) == "openid-expired"


async def test_code_of_another_sign_in_is_refused(connector: Connector, visitor: Visitor) -> None:
    """The provider compares the verifier (PKCE), so a stolen code is of no use."""
    stolen = parse_qs(urlsplit(await connector.visitor().way_back(visitor.sub)).query)["code"]
    way_back = with_query(await visitor.way_back(), code=stolen[0])
    assert outcome(await visitor.open(way_back)) == "openid-refused"


async def test_answer_with_an_error_is_refused(connector: Connector, visitor: Visitor) -> None:
    way_back = await visitor.way_back()
    assert outcome(await visitor.open(with_query(way_back, error="access_denied"))) == (
        "openid-refused"
    )
    assert visitor.session_cookie is None


@pytest.mark.parametrize("issuer", [None, "https://other.example"])
async def test_answer_of_another_provider_is_refused(
    connector: Connector, visitor: Visitor, issuer: str | None
) -> None:
    """This provider says that it names itself in its answers (RFC 9207)."""
    way_back = await visitor.way_back()
    assert outcome(await visitor.open(with_query(way_back, iss=issuer))) == "openid-refused"


def forged(provider: RealProvider, **changes: Any) -> Callable[[str], str]:
    """Signs the provider's claims anew, with these in their place, with the provider's own key."""
    key = next(key for key in provider.keys if key["kty"] == "RSA")

    def make(token: str) -> str:
        claims = jwt.decode(token, options={"verify_signature": False})
        signer = jwt.PyJWK(key, "RS256")
        return jwt.encode({**claims, **changes}, signer, "RS256", {"kid": key["kid"]})

    return make


def unsigned(token: str) -> str:
    header = urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def with_the_clients_secret(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, SECRET, "HS256")


def with_another_key(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.encode(claims, jwt.PyJWK(new_keys(9)[0], "RS256"), "RS256", {"kid": kid})


async def test_token_that_is_forged_with_good_claims_is_accepted(
    connector: Connector, visitor: Visitor
) -> None:
    """Shows that the forgeries below are refused for their one difference."""
    connector.provider.front.forge = forged_token(forged(connector.provider))
    assert await visitor.sign_in() == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "of another sign-in"},
        {"aud": "another-client"},
        {"iss": "https://other.example"},
        {"exp": 1_700_000_000},
        {"iat": 1_700_000_000},
        {"azp": "another-client"},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_token_with_a_wrong_claim_is_refused(
    connector: Connector, visitor: Visitor, changes: Json
) -> None:
    connector.provider.front.forge = forged_token(forged(connector.provider, **changes))
    assert await visitor.sign_in() == "openid-token-invalid"
    assert visitor.session_cookie is None
    assert await connector.users() == {}


@pytest.mark.parametrize("make", [unsigned, with_the_clients_secret, with_another_key])
async def test_token_with_a_wrong_signature_is_refused(
    connector: Connector, visitor: Visitor, make: Callable[[str], str]
) -> None:
    connector.provider.front.forge = forged_token(make)
    assert await visitor.sign_in() == "openid-token-invalid"
    assert await connector.users() == {}

    async def recorded() -> bool:
        operator = connector.company.operator
        events = (await connector.company.get("/api/audit", operator, event="sign-in"))["items"]
        assert ("failure", "openid-token-invalid", "") in {
            (e["outcome"], e["detail"], e["target"]) for e in events
        }
        return True

    await until(recorded, what="the failure in the security log")


async def test_withdrawn_key_is_refused_after_minutes(
    connector: Connector, visitor: Visitor
) -> None:
    assert await visitor.sign_in() == ""
    withdrawn = forged(connector.provider)
    await connector.provider.rotate()
    connector.provider.front.forge = forged_token(withdrawn)
    assert await visitor.sign_in() == "", "published keys are kept for five minutes"
    connector.notifier.clock.move(READ_AGAIN)
    assert await visitor.sign_in() == "openid-token-invalid"


BODIES = {"nothing": b"", "list": b"[]", "half": b"{", "page": b"<html>", "empty": b"{}"}


@pytest.mark.usefixtures("nothing_read")
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks"])
async def test_answer_of_another_form_is_refused(connector: Connector, path: str) -> None:
    for body in BODIES.values():

        def forge(path_: str, _: httpx.Response, body: bytes = body) -> Response | None:
            return Response(body) if path_ == path else None

        connector.provider.front.forge = None
        visitor = connector.visitor()
        connector.add(visitor.sub, preferred_username=visitor.sub)
        if path.startswith("/.well-known"):
            connector.provider.front.forge = forge
            assert outcome(await visitor.start()) == "openid-unavailable", body
            continue
        way_back = await visitor.way_back()
        connector.provider.front.forge = forge
        refused = "openid-refused" if (path, body) == ("/token", b"{}") else "openid-unavailable"
        assert outcome(await visitor.open(way_back)) == refused, body
        assert visitor.session_cookie is None


@pytest.mark.usefixtures("nothing_read")
async def test_answer_that_is_too_large_is_given_up(connector: Connector, visitor: Visitor) -> None:
    size = 0

    def forge(path: str, answer: httpx.Response) -> Response | None:
        return Response(b" " * size + answer.content) if path == "/jwks" else None

    connector.provider.front.forge = forge
    size = outbound.ANSWER_BYTES
    assert await visitor.sign_in() == "openid-unavailable"
    size = outbound.ANSWER_BYTES // 2
    assert await visitor.sign_in() == ""


@pytest.mark.usefixtures("nothing_read")
async def test_document_of_another_issuer_is_refused(
    connector: Connector, visitor: Visitor
) -> None:
    def forge(path: str, answer: httpx.Response) -> Response | None:
        if path != "/.well-known/openid-configuration":
            return None
        document = {**answer.json(), "issuer": "https://other.example"}
        return Response(json.dumps(document), media_type="application/json")

    connector.provider.front.forge = forge
    assert outcome(await visitor.start()) == "openid-unavailable"


@pytest.mark.usefixtures("nothing_read")
async def test_endpoint_without_tls_is_never_called(
    connector: Connector, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        writer.close()

    # an address of this machine that does not count as such, and no proxy in between
    monkeypatch.setenv("NO_PROXY", "127.0.0.2")
    elsewhere = await asyncio.start_server(answer, "127.0.0.2", 0)
    host, port = elsewhere.sockets[0].getsockname()

    def forge(path: str, answer: httpx.Response) -> Response | None:
        if path != "/.well-known/openid-configuration":
            return None
        document = {**answer.json(), "token_endpoint": f"http://{host}:{port}/token"}
        return Response(json.dumps(document), media_type="application/json")

    connector.provider.front.forge = forge
    async with elsewhere:
        assert await visitor.sign_in() == "openid-unavailable"
    assert not called.is_set()


@pytest.mark.usefixtures("nothing_read")
async def test_redirect_of_the_provider_is_not_followed(
    connector: Connector, visitor: Visitor
) -> None:
    def forge(path: str, answer: httpx.Response) -> Response | None:
        elsewhere = {"location": f"{connector.provider.issuer}/elsewhere"}
        return Response(status_code=307, headers=elsewhere) if path == "/jwks" else None

    connector.provider.front.forge = forge
    assert await visitor.sign_in() == "openid-unavailable"
    assert connector.provider.front.count("/elsewhere") == 0


@pytest.mark.usefixtures("nothing_read")
async def test_provider_that_is_away_leaves_passwords(
    connector: Connector, visitor: Visitor
) -> None:
    await connector.provider.stop()
    assert outcome(await visitor.start()) == "openid-unavailable"
    local = await connector.company.make_user(connector.tenant)
    assert (await connector.notifier.sign_in(connector.tenant, local.login)).status_code == 201


async def test_provider_that_hangs_is_given_up(connect: Connect) -> None:
    connector = await connect(openid_seconds=1)
    visitor = connector.visitor()
    visitor.client.timeout = httpx.Timeout(20)
    connector.provider.pause()
    try:
        assert outcome(await visitor.start()) == "openid-unavailable"
    finally:
        connector.provider.resume()


async def test_failed_sign_ins_of_a_network_have_a_limit(connect: Connect) -> None:
    connector = await connect(address_failures_max=3)
    url = f"{CALLBACK}?code=a&state=b"
    client, there = connector.notifier.client, {"X-Forwarded-For": "2001:db8:77::1"}
    results = [outcome(await client.get(url, headers=there)) for _ in range(5)]
    assert results[:3] == ["openid-expired"] * 3
    assert {result.partition("?")[0] for result in results[3:]} == {"rate-limit-exceeded"}
