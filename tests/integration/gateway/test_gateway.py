"""nginx with the gateway's configuration in front of all services as processes."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from softphone_common.runtime.registry import installed_services
from softphone_testing.activation_codes import code
from softphone_testing.processes import ServiceFleet
from softphone_testing.servers.ports import HOST
from softphone_testing.until import until
from support.page_files import address_of
from support.stack.gateway import Gateway
from support.tenant.browser import signed_in
from support.tenant.phone import Phone
from support.web_client import web_client

KEY = "Sesame-5ecret-of-a-device"
NUMBER = "08999998001"
NOBODYS = (
    *("/metrics", "/readyz", "/openapi.json", "/docs", "/index.html", "/web", "/hit", "/ws/more"),
    *(
        "/api",
        "/api/",
        "/api/unknown",
        "/api/callsign",
        "/api/tenantsx",
        "/api/calls/../../metrics",
    ),
)


# --- who answers ----------------------------------------------------------------------------------

Request = tuple[str, str]


async def requests_of(fleet: ServiceFleet, service: str) -> list[Request]:
    """One request to each route in the service's OpenAPI description."""
    async with web_client() as client:
        described = (await client.get(f"{fleet[service].url}/openapi.json")).json()["paths"]
    listed = [
        (method.upper(), re.sub(r"{\w+}", "x", path))
        for path, methods in described.items()
        for method in methods
    ]
    script = address_of(".js")
    paths = ("/", "/pop?number=1", "/favicon.ico", script, "/web/none.js", "/web/none-12345678.js")
    pages = [(method, path) for path in paths for method in ("GET", "HEAD")]
    return listed + (pages if service == "notifier" else [])


async def answer(client: httpx.AsyncClient, url: str, request: Request) -> tuple[int, str, bytes]:
    response = await client.request(request[0], f"{url}{request[1]}")
    return response.status_code, response.headers.get("content-type", ""), response.content


@pytest.mark.parametrize("service", installed_services())
async def test_route_leads_to_its_service(
    service: str, fleet: ServiceFleet, gateway: Gateway, web: httpx.AsyncClient
) -> None:
    requests = await requests_of(fleet, service)
    assert requests
    for request in requests:
        through = await answer(web, gateway.url, request)
        assert through == await answer(web, fleet[service].url, request), request
        assert b"Nothing has this address" not in through[2], request
        assert through[0] < 400 or through[1] == "application/problem+json", request
    upstreams = {line["upstream"] for line in gateway.access_log()[-len(requests) :]}
    assert upstreams == {f"{HOST}:{fleet[service].port}"}


@pytest.mark.parametrize("path", NOBODYS)
async def test_path_of_no_service_is_a_problem(path: str, gateway: Gateway) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    head, _, body = (await gateway.raw(request.encode())).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404")
    assert b"Content-Type: application/problem+json" in head
    assert json.loads(body)["detail"] == "Nothing has this address"


async def test_browser_at_an_unknown_address_gets_a_page(web: httpx.AsyncClient) -> None:
    headers = {"Accept": "text/html,*/*;q=0.8"}
    page = await web.get("/no/such/page", headers=headers)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Diese Seite gibt es nicht" in page.text
    assert (await web.head("/no/such/page", headers=headers)).status_code == 404
    form = await web.post("/no/such/page", headers=headers)
    assert form.headers["content-type"] == "application/problem+json"


async def test_health_check_is_answered_by_the_gateway(web: httpx.AsyncClient) -> None:
    response = await web.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response.headers["server"] == "nginx"


@pytest.mark.parametrize("service", installed_services())
async def test_stopped_service_leaves_the_others_reachable(
    service: str, fleet: ServiceFleet, gateway: Gateway, web: httpx.AsyncClient
) -> None:
    requests = {name: (await requests_of(fleet, name))[0] for name in installed_services()}
    usual = {name: await answer(web, gateway.url, requests[name]) for name in installed_services()}
    await fleet[service].stop()
    try:
        response = await web.request(*requests[service])
        assert response.status_code == response.json()["status"] == 503
        assert response.headers["content-type"] == "application/problem+json"
        assert int(response.headers["retry-after"]) > 0
        for name in installed_services().keys() - {service}:
            assert await answer(web, gateway.url, requests[name]) == usual[name]
    finally:
        await fleet[service].start()
    assert await answer(web, gateway.url, requests[service]) == usual[service]


async def test_service_that_hangs_is_a_problem(fleet: ServiceFleet, tmp_path: Path) -> None:
    sooner = {"proxy_read_timeout 30s": "proxy_read_timeout 200ms"}
    hasty = Gateway(fleet.ports, tmp_path, **sooner)
    await hasty.start()
    fleet["calllog"].pause()
    try:
        async with web_client(hasty.url) as client:
            response = await client.get("/api/calls")
    finally:
        fleet["calllog"].resume()
        await hasty.stop()
    assert response.status_code == response.json()["status"] == 504
    assert response.headers["content-type"] == "application/problem+json"
    assert int(response.headers["retry-after"]) > 0


# --- what passes ----------------------------------------------------------------------------------


async def test_new_tenant_gets_a_popup_through_the_gateway(
    fleet: ServiceFleet, gateway: Gateway, web: httpx.AsyncClient
) -> None:
    tenant = f"t-{uuid4().hex[:12]}"
    operator = {"Authorization": f"Bearer {fleet.token('operator', 'operator')}"}
    admin = {"Authorization": f"Bearer {fleet.token(tenant, 'admin')}"}
    huber: dict[str, Any] = {"name": "Huber GmbH", "activation_code": code(tenant)}
    await ask(web, "PUT", f"/api/tenants/{tenant}", huber, operator)
    anna: dict[str, Any] = {"login": "anna", "password": "long enough to do", "extensions": ["21"]}
    await ask(web, "POST", f"/api/users?tenant={tenant}", anna, operator)
    device = await ask(web, "POST", "/api/devices", {"name": "Desk"}, admin)

    credentials = {"tenant": tenant, "login": "anna", "password": anna["password"]}
    session = await ask(web, "POST", "/api/session", credentials, {})
    phone = Phone(web, "", device["id"], device["key"])
    async with signed_in(gateway.url, session["token"], origin=gateway.url) as browser:
        call = await phone.post_hits("ringing", extension="21", number=NUMBER, call_id="1")
        shown = await browser.expect_call(call)
    # the call may come again once it is known whose number it is
    welcome, *others = browser.frames
    assert welcome["type"] == "welcome"
    assert {(frame["type"], frame["call"]["id"]) for frame in others} == {("call", call)}
    assert shown["remote"]["raw"] == NUMBER

    assert not await cookie_is_secure(web, credentials, "http")
    assert await cookie_is_secure(web, credentials, "https")


async def ask(
    client: httpx.AsyncClient, method: str, path: str, body: Any, headers: dict[str, str]
) -> dict[str, Any]:
    response = await client.request(method, path, json=body, headers=headers)
    assert response.is_success, response.text
    result: dict[str, Any] = response.json()
    return result


async def cookie_is_secure(
    client: httpx.AsyncClient, credentials: dict[str, str], scheme: str
) -> bool:
    response = await client.post(
        "/api/session", json=credentials, headers={"X-Forwarded-Proto": scheme}
    )
    return "secure" in response.headers["set-cookie"].lower()


async def test_client_address_is_taken_from_the_connection(
    fleet: ServiceFleet, web: httpx.AsyncClient
) -> None:
    tenant = f"t-{uuid4().hex[:12]}"
    operator = {"Authorization": f"Bearer {fleet.token('operator', 'operator')}"}
    admin = {"Authorization": f"Bearer {fleet.token(tenant, 'admin')}"}
    huber: dict[str, Any] = {"name": "Huber GmbH", "activation_code": code(tenant)}
    await ask(web, "PUT", f"/api/tenants/{tenant}", huber, operator)
    device = await ask(web, "POST", "/api/devices", {"name": "Desk"}, admin)
    forged = {"X-Forwarded-For": "198.51.100.7", "X-Real-IP": "198.51.100.7"}
    hit = f"/hit/{device['key']}/ringing?extension=21&number={NUMBER}"
    assert (await web.get(hit, headers=forged)).status_code == 202

    async def kept() -> dict[str, Any]:
        hits = await ask(web, "GET", f"/api/devices/{device['id']}/hits", None, admin)
        assert hits["items"]
        first: dict[str, Any] = hits["items"][0]
        return first

    assert (await until(kept, what="the hit"))["request"]["client"] == HOST


def socket_url(gateway: Gateway, path: str = "/ws") -> str:
    return f"ws://{HOST}:{gateway.port}{path}"


async def refusal(url: str, **options: Any) -> httpx.Response:
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, proxy=None, **options)
    answered = refused.value.response
    return httpx.Response(answered.status_code, content=bytes(answered.body or b""))


async def test_socket_from_another_origin_is_refused_by_the_gateway(gateway: Gateway) -> None:
    for origin in ("https://elsewhere.example", f"http://{HOST}:1", f"http://{HOST}"):
        assert (await refusal(socket_url(gateway), origin=origin)).status_code == 403


async def test_upgrade_of_another_path_is_refused(gateway: Gateway) -> None:
    refused = await refusal(socket_url(gateway, "/api/calls"))
    assert refused.status_code == refused.json()["status"] == 401


async def test_phone_with_http_1_0_and_no_host_is_answered(gateway: Gateway) -> None:
    response = await gateway.raw(b"GET /hit/unknown/ringing?number=1 HTTP/1.0\r\n\r\n")
    assert response.startswith(b"HTTP/1.1 404")
    assert b"No device has this key" in response


async def test_body_over_a_limit_is_refused_by_gateway_or_service(web: httpx.AsyncClient) -> None:
    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 10_000

    path = "/hit/unknown/ringing"
    assert (await web.post(path, content=b"x" * 65_000)).status_code == 404
    by_ingest = [await web.post(path, content=body) for body in (b"x" * 70_000, chunks(7))]
    by_gateway = await web.post(path, content=b"x" * 100_000)
    for response in (*by_ingest, by_gateway):
        assert response.status_code == response.json()["status"] == 413
        assert response.headers["content-type"] == "application/problem+json"
    assert ["65536" in response.text for response in by_ingest] == [True] * 2
    assert by_gateway.json()["detail"] == "The body is too large"
    for _ in range(20):
        # over both limits: nginx cuts the answer of ingest if its own limit is met meanwhile
        async with web.stream("POST", path, content=chunks(10)) as head:
            assert head.status_code == 413
            assert head.headers["content-type"] == "application/problem+json"


async def test_upload_over_the_usual_limit_reaches_matcher(web: httpx.AsyncClient) -> None:
    content = b"Name;Telefon\n" * 10_000
    for path in ("/api/directory/imports/preview", "/api/directory/imports?source=list"):
        response = await web.post(path, content=content)
        assert (response.status_code, response.json()["code"]) == (401, "token-missing")


async def test_connection_goes_on_after_a_refused_upload(web: httpx.AsyncClient) -> None:
    content = b"Name;Telefon\n" * 500_000
    for _ in range(5):
        refused = await web.post("/api/directory/imports/preview", content=content)
        assert refused.status_code == 401


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_page_is_compressed_and_has_each_header_once(
    encoding: str, web: httpx.AsyncClient
) -> None:
    script = address_of(".js")
    page = await web.get(script, headers={"Accept-Encoding": encoding})
    assert page.headers["content-encoding"] == encoding
    for header in ("content-security-policy", "x-content-type-options", "etag", "vary"):
        assert len(page.headers.get_list(header)) == 1, header
    kept = {"Accept-Encoding": encoding, "If-None-Match": page.headers["etag"]}
    assert (await web.get(script, headers=kept)).status_code == 304
    described = await web.get("/api/calls", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in described.headers


# --- what is written down -------------------------------------------------------------------------


def spellings() -> Iterator[str]:
    """Request targets with a key, whether the gateway passes them on, refuses or rejects them."""
    for path in (f"/hit/{KEY}/ringing", f"//hit//{KEY}/ringing", f"/HIT/{KEY}/ringing"):
        yield f"{path}?number={NUMBER}"
    yield from (f"/hit/{KEY}", f"/x/../hit/{KEY}/", f"/hit/{KEY}/hit/x", f"/%68it/{KEY}/ringing")
    yield from (f"/api/hit/{KEY}/ringing", f"/hit/{KEY}/{KEY}", f"/hit/{KEY} /ringing")
    for path in (f"/api/lookup/{KEY}", f"/API//lookup/{KEY}", f"/hit/{KEY}/lookup/x"):
        yield f"{path}?number={NUMBER}"
    yield from (f"/api/lookup/{KEY}/{KEY}", f"/api/lookup/{KEY}/hit/x", f"/api/%6cookup/{KEY}")
    yield from (f"/lookup/{KEY}", f"/api/lookup/{KEY} ?number={NUMBER}")


async def test_keys_and_numbers_are_not_in_the_access_log(
    fleet: ServiceFleet, gateway: Gateway, web: httpx.AsyncClient
) -> None:
    before = len(gateway.access_log())

    async def send_all() -> None:
        for path in spellings():
            head = f"GET {path} HTTP/1.1\r\nHost: here\r\nReferer: http://a/hit/{KEY}/x\r\n"
            await gateway.raw(f"{head}Connection: close\r\n\r\n".encode())
        await web.post(f"/hit/{KEY}/ringing", content=b"x" * 100_000)

    await send_all()
    await fleet["ingest"].stop()
    try:
        await send_all()
    finally:
        await fleet["ingest"].start()
    count = 2 * (len(list(spellings())) + 1)
    await until(lambda: len(gateway.access_log()) >= before + count, what="every request is logged")
    assert KEY not in gateway.log_text()
    assert NUMBER not in gateway.log_text()
    logged = gateway.access_log()[before:]
    assert {"/hit/***/ringing", "/api/lookup/***"} < {line["path"] for line in logged}
    assert {404, 413, 503} <= {line["status"] for line in logged}
