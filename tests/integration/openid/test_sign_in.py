"""The whole way through a real provider, and the session that it leads to."""

from urllib.parse import parse_qs, urlsplit

import httpx
import jwt

from integration.openid.conftest import Connect, Connector
from softphone_testing.until import until
from support.openid.provider import PUBLIC_CLIENT
from support.openid.visitor import FROM_ELSEWHERE, FROM_PAGE, outcome
from support.product import PASSWORD, bearer
from support.stack.installation import Installation
from support.web_client import web_client


async def test_name_of_the_provider_is_for_everybody(connector: Connector) -> None:
    shown = await connector.notifier.client.get("/api/session/openid")
    assert (shown.status_code, shown.json()) == (200, {"name": "Keycloak"})


async def test_without_settings_nothing_changes(connector: Connector) -> None:
    plain = connector.company
    assert (await plain.client.get("/api/session/openid")).json() == {"name": None}
    for path in ("start", "callback?code=a&state=b"):
        answer = await plain.client.get(f"/api/session/openid/{path}", headers=FROM_PAGE)
        assert outcome(answer) == "openid-unconfigured"


async def test_browser_is_sent_to_the_provider_with_its_secrets(connector: Connector) -> None:
    visitor = connector.visitor()
    answer = await visitor.start()
    assert answer.status_code == 303
    to = urlsplit(answer.headers["location"])
    query = {name: values[0] for name, values in parse_qs(to.query).items()}
    assert f"{to.scheme}://{to.netloc}" == connector.provider.issuer
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert query["redirect_uri"] == f"{visitor.url}/api/session/openid/callback"
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Path=/api/session/openid", "Max-Age=900"):
        assert part in cookie
    for secret in ("state", "nonce", "code_challenge"):
        assert len(query[secret]) >= 43
        assert query[secret] not in cookie
    again = parse_qs(urlsplit((await visitor.start()).headers["location"]).query)
    for secret in ("state", "nonce", "code_challenge"):
        assert again[secret] != [query[secret]], "for each sign-in other ones"


async def test_session_is_the_one_of_any_sign_in(connector: Connector) -> None:
    connector.add("s-1", preferred_username="anna", name="Anna Albrecht")
    visitor = connector.visitor()
    way_back = await visitor.way_back("s-1")
    answer = await visitor.open(way_back)
    assert outcome(answer) == ""
    (cookie,) = (c for c in answer.headers.get_list("set-cookie") if "softphone_session=" in c)
    for part in ("HttpOnly", "SameSite=strict", "Path=/api/session;"):
        assert part in f"{cookie};"
    (forgotten,) = (c for c in answer.headers.get_list("set-cookie") if "softphone_openid=" in c)
    assert "Max-Age=0" in forgotten
    session = await visitor.session()
    user = session["user"]
    assert (user["tenant"], user["login"], user["name"]) == (
        connector.tenant,
        "anna",
        "Anna Albrecht",
    )
    assert (user["role"], user["password_set"]) == ("user", False)
    listed = await connector.notifier.get("/api/sessions", session["token"])
    assert [one["id"] for one in listed["items"]] == [session["session"]]
    claims = jwt.decode(session["token"], options={"verify_signature": False})
    assert claims["sid"] == session["session"]

    async def recorded() -> bool:
        events = await connector.events(actor=user["id"])
        assert [(e["event"], e["outcome"], e["detail"]) for e in events] == [
            ("sign-in", "success", "openid")
        ]
        return True

    await until(recorded, what="the sign-in in the security log")
    gone = await visitor.client.request("DELETE", "/api/session", headers=FROM_PAGE)
    assert gone.status_code == 204
    assert (await visitor.renew()).status_code == 401


async def test_second_sign_in_finds_the_user_of_the_first(connector: Connector) -> None:
    connector.add("s-2", preferred_username="bernd", name="Bernd")
    assert await connector.visitor().sign_in("s-2") == ""
    connector.add("s-2", preferred_username="bernd.b", name="Somebody else")
    visitor = connector.visitor()
    assert await visitor.sign_in("s-2") == ""
    assert {(u["login"], u["name"]) for u in (await connector.users()).values()} == {
        ("bernd", "Bernd")
    }


async def test_sign_in_ends_the_session_that_the_browser_had(connector: Connector) -> None:
    connector.add("s-3", preferred_username="carla")
    visitor = connector.visitor()
    assert await visitor.sign_in("s-3") == ""
    first = visitor.session_cookie
    assert await visitor.sign_in("s-3") == ""
    assert visitor.session_cookie != first
    old = httpx.Cookies({"softphone_session": str(first)})
    async with web_client(visitor.url, cookies=old) as thief:
        assert (await thief.post("/api/session/renew")).status_code == 401
    assert (await visitor.renew()).status_code == 201


async def test_password_and_provider_lead_to_one_user(connector: Connector) -> None:
    connector.add("s-4", preferred_username="dora")
    assert await connector.visitor().sign_in("s-4") == ""
    dora = (await connector.users())["dora"]
    admin = connector.company.token(connector.tenant)
    path, body = f"/api/users/{dora['id']}", {"password": PASSWORD}
    assert (await connector.company.ask("PATCH", path, admin, body)).status_code == 200
    by_password = await connector.notifier.sign_in(connector.tenant, "dora")
    assert by_password.json()["user"]["id"] == dora["id"]
    visitor = connector.visitor()
    assert await visitor.sign_in("s-4") == ""
    assert (await visitor.session())["user"]["id"] == dora["id"]


async def test_public_client_signs_in_without_a_secret(connect: Connect) -> None:
    public = {"openid_client_id": PUBLIC_CLIENT, "openid_client_secret": None}
    connector = await connect(**public)
    connector.add("s-5", preferred_username="emil")
    assert await connector.visitor().sign_in("s-5") == ""


async def test_tenant_of_the_settings_needs_no_claim(
    connect: Connect, installation: Installation
) -> None:
    tenant = await installation.make_tenant()
    connector = await connect(openid_tenant=tenant)
    assert await connector.sign_in("s-9", preferred_username="ida", company=None) == ""
    assert set(await connector.users()) == {"ida"}


async def test_each_kind_of_signature_is_accepted(connector: Connector) -> None:
    connector.add("s-6", preferred_username="frida")
    try:
        for algorithm in ("ES256", "EdDSA", "RS256"):
            connector.provider.algorithm = algorithm
            await connector.provider.restart()
            assert await connector.visitor().sign_in("s-6") == "", algorithm
    finally:
        connector.provider.algorithm = "RS256"


async def test_new_keys_of_the_provider_are_read_at_once(connector: Connector) -> None:
    connector.add("s-7", preferred_username="gerd")
    assert await connector.visitor().sign_in("s-7") == ""
    read = connector.provider.front.count("/jwks")
    assert await connector.visitor().sign_in("s-7") == ""
    assert connector.provider.front.count("/jwks") == read, "known keys are kept for a while"
    await connector.provider.rotate()
    assert await connector.visitor().sign_in("s-7") == ""
    assert connector.provider.front.count("/jwks") == read + 1


async def test_another_site_cannot_begin_a_sign_in(connector: Connector) -> None:
    path = "/api/session/openid/start"
    answer = await connector.notifier.client.get(path, headers=FROM_ELSEWHERE)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin-refused")
    assert "set-cookie" not in answer.headers


async def test_token_of_the_session_works_at_other_services(connector: Connector) -> None:
    connector.add("s-8", preferred_username="hans")
    visitor = connector.visitor()
    assert await visitor.sign_in("s-8") == ""
    token = (await visitor.session())["token"]
    answer = await connector.company.client.get("/api/calls", headers=bearer(token))
    assert answer.status_code == 200, answer.text
