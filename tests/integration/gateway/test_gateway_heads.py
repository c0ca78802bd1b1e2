"""Hits whose heads break HTTP behind the gateway: nginx refuses them, ingest takes them over."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from softphone_testing.activation_codes import code
from softphone_testing.processes import ServiceFleet
from softphone_testing.servers.ports import HOST
from support.stack.gateway import Gateway


async def new_device(
    fleet: ServiceFleet, web: httpx.AsyncClient
) -> tuple[dict[str, str], dict[str, str]]:
    """A device of a new tenant, and the headers of its administrator."""
    tenant = f"t-{uuid4().hex[:12]}"
    operator = {"Authorization": f"Bearer {fleet.token('operator', 'operator')}"}
    admin = {"Authorization": f"Bearer {fleet.token(tenant, 'admin')}"}
    huber = {"name": "Huber GmbH", "activation_code": code(tenant)}
    await ask(web, "PUT", f"/api/tenants/{tenant}", huber, operator)
    return await ask(web, "POST", "/api/devices", {"name": "Desk"}, admin), admin


HEADERS = b" HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"
RINGS = b"/ringing?extension=21&number=08999998001&name="
READ_HEADS = {
    "blank": (b"GET", RINGS + b"Huber GmbH" + HEADERS, "Huber GmbH"),
    "tab": (b"GET", RINGS + b"Huber\tGmbH" + HEADERS, "Huber\tGmbH"),
    "Latin-1": (b"GET", RINGS + b"M\xfcller" + HEADERS, "Müller"),
    "UTF-8": (b"GET", RINGS + b"M\xc3\xbcller" + HEADERS, "Müller"),
    "hash": (b"GET", RINGS + b"Huber#2" + HEADERS, "Huber#2"),
    "bare LF": (b"GET", RINGS + b"Huber" + HEADERS.replace(b"\r", b""), "Huber"),
    "folded": (b"GET", RINGS + b"Huber" + HEADERS + b"X-A: 1\r\n 2\r\n", "Huber"),
    "no host": (b"GET", RINGS + b"Huber HTTP/1.1\r\nConnection: close\r\n", "Huber"),
}
REFUSED_HEADS = {
    "form": (b"POST", RINGS + b"A B" + HEADERS + b"Content-Length: 2\r\n", 400),
    "length": (b"POST", RINGS + b"A" + HEADERS + b"Content-Length: x\r\n", 400),
    "no version": (b"GET", RINGS + b"A B\r\n", 400),
    "version": (b"GET", RINGS + b"A HTTP/7.5\r\n", 400),
    "method": (b"get", RINGS + b"A" + HEADERS, 400),
    "long header": (b"GET", RINGS + b"A" + HEADERS + b"X: " + b"A" * 9000 + b"\r\n", 431),
    "long line": (b"GET", RINGS + b"A" * 9000 + HEADERS, 431),
}


async def ask(
    web: httpx.AsyncClient, method: str, path: str, body: Any, headers: dict[str, str]
) -> Any:
    response = await web.request(method, path, json=body, headers=headers)
    assert response.is_success, response.text
    return response.json()


async def hits_of(web: httpx.AsyncClient, device: Any, admin: Any) -> list[dict[str, Any]]:
    page = await ask(web, "GET", f"/api/devices/{device['id']}/hits", None, admin)
    items: list[dict[str, Any]] = page["items"]
    return items


async def test_broken_line_is_read_behind_the_gateway(
    fleet: ServiceFleet, gateway: Gateway, web: httpx.AsyncClient
) -> None:
    device, admin = await new_device(fleet, web)
    key = device["key"].encode()
    for case, (method, rest, name) in READ_HEADS.items():
        response = await gateway.raw(method + b" /hit/" + key + rest + b"\r\n")
        assert response.startswith(b"HTTP/1.1 202"), (case, response)
        (event,) = (await hits_of(web, device, admin))[0]["events"]
        assert (event["name"], event["extension"]) == (name, "21"), case


async def test_broken_head_is_kept_behind_the_gateway(
    fleet: ServiceFleet, gateway: Gateway, web: httpx.AsyncClient
) -> None:
    device, admin = await new_device(fleet, web)
    key = device["key"].encode()
    for count, (case, (method, rest, status)) in enumerate(REFUSED_HEADS.items(), 1):
        response = await gateway.raw(method + b" /hit/" + key + rest + b"\r\n")
        assert response.startswith(b"HTTP/1.1 %d" % status), (case, response)
        hits = await hits_of(web, device, admin)
        assert (len(hits), hits[0]["status"], hits[0]["outcome"]) == (count, status, "refused")
        assert hits[0]["request"]["query"].startswith("extension=21&number=08999998001"), case
    assert device["key"] not in gateway.log_text()


KEPT_HEADS = {
    "no colon": (b"GET", RINGS + b"A" + HEADERS + b"no colon\r\n", 400),
    "no version": (b"GET", RINGS + b"A B\r\n", 400),
    "version": (b"GET", RINGS + b"A HTTP/7.5\r\n", 400),
    "method": (b"get", RINGS + b"A" + HEADERS, 400),
    "length": (b"POST", RINGS + b"A" + HEADERS + b"Content-Length: x\r\n", 400),
    "long header": (b"GET", RINGS + b"A" + HEADERS + b"X: " + b"A" * 40_000 + b"\r\n", 431),
}


async def test_broken_heads_need_no_gateway(fleet: ServiceFleet, web: httpx.AsyncClient) -> None:
    device, admin = await new_device(fleet, web)
    key, port = device["key"].encode(), fleet["ingest"].port
    for case, (method, rest, name) in READ_HEADS.items():
        response = await raw(port, method + b" /hit/" + key + rest + b"\r\n")
        assert response.startswith(b"HTTP/1.1 202"), (case, response)
        (event,) = (await hits_of(web, device, admin))[0]["events"]
        assert (event["name"], event["extension"]) == (name, "21"), case
    form = b" HTTP/1.1\r\nContent-Length: 6\r\n\r\nname=X"
    assert b" 202 " in await raw(port, b"POST /hit/" + key + RINGS + b"A B" + form)
    for case, (method, rest, status) in KEPT_HEADS.items():
        response = await raw(port, method + b" /hit/" + key + rest + b"\r\n")
        assert response.startswith(b"HTTP/1.1 %d" % status), (case, response)
        hit = (await hits_of(web, device, admin))[0]
        assert (hit["status"], hit["outcome"]) == (status, "refused"), case
        assert hit["request"]["query"].startswith("extension=21&number=08999998001"), case


async def raw(port: int, request: bytes) -> bytes:
    """Sends these bytes and returns everything up to the end of the connection."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(request)
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    return answer


async def test_probes_are_answered_and_shown(
    fleet: ServiceFleet, gateway: Gateway, web: httpx.AsyncClient
) -> None:
    device, admin = await new_device(fleet, web)
    path = f"/hit/{device['key']}/ringing?extension=21&number=08999998001"
    preview = {"User-Agent": "Mozilla/5.0 (compatible; MicrosoftPreview/2.0)"}
    for method, headers in (
        ("HEAD", {}),
        ("OPTIONS", {}),
        ("GET", {"Sec-Purpose": "prefetch"}),
        ("GET", preview),
    ):
        assert (await web.request(method, path, headers=headers)).status_code == 204
        hit = (await hits_of(web, device, admin))[0]
        assert (hit["code"], hit["request"]["method"], hit["events"]) == ("hit-probe", method, [])


async def test_broken_line_without_a_key_is_a_problem(gateway: Gateway) -> None:
    for line in (b"GET /api/calls?x=A B HTTP/1.1", b"GET /a b", b"\x16\x03 /hit/k/"):
        response = await gateway.raw(line + b"\r\nHost: here\r\nConnection: close\r\n\r\n")
        assert b'"status":400' in response
        assert b"http-invalid" in response
    outside = b"GET /broken HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    assert b"address-unknown" in await gateway.raw(outside)
