"""Requests and websockets under names that are not ours are refused, on every port."""

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from starlette.types import Message

from softphone_common.process.host_names import host_names
from softphone_common.runtime.allowed_hosts import AllowedHosts
from softphone_testing.servers.ports import HOST, free_port
from support.stack.echo_server import echo_server
from support.web_client import web_client

OURS = "connector.example.de"
FOREIGN = "rebound.example.com"


def app(*names: str) -> FastAPI:
    app = FastAPI()

    @app.websocket("/ws")
    async def greet(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("welcome")
        await socket.close()

    @app.get("/")
    async def root() -> str:
        return "ours"

    app.add_middleware(AllowedHosts, names=names)
    return app


async def answer(host: str, *names: str) -> httpx.Response:
    transport = httpx.ASGITransport(app(*names))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get("/", headers={"Host": host})


@pytest.mark.parametrize(
    "host",
    [OURS, f"{OURS}:8080", OURS.upper(), f"{OURS}.", "localhost:8080", "192.0.2.7:8080", "[::1]"],
)
async def test_host_that_is_listed_or_an_address_is_served(host: str) -> None:
    assert (await answer(host, OURS)).status_code == 200


@pytest.mark.parametrize("host", [FOREIGN, f"{OURS}.{FOREIGN}", f"localhost.{FOREIGN}:8080"])
async def test_host_of_another_site_is_refused(host: str) -> None:
    refusal = await answer(host, OURS)
    assert refusal.status_code == 421
    assert refusal.json()["code"] == "host-not-allowed"
    assert refusal.headers["x-content-type-options"] == "nosniff"


async def test_host_without_a_list_is_served() -> None:
    assert (await answer(FOREIGN)).status_code == 200


@pytest.mark.parametrize(("host", "first"), [(OURS, "accept"), (FOREIGN, "close")])
async def test_websocket_under_the_name_of_another_site_is_refused(host: str, first: str) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/ws", "headers": [(b"host", host.encode())]}
    await app(OURS)({**scope, "query_string": b"", "subprotocols": []}, receive, send)
    assert sent[0]["type"] == f"websocket.{first}"


def test_list_of_hosts_with_an_address_of_a_page_is_invalid() -> None:
    assert host_names(f" {OURS.upper()}:8080, 192.0.2.7,") == [OURS, "192.0.2.7"]
    for text in (f"https://{OURS}", "*.example.de", "a b"):
        with pytest.raises(ValueError, match="is not a host name"):
            host_names(text)


async def test_metrics_with_a_port_of_their_own_are_nowhere_else() -> None:
    port = free_port()
    async with (
        echo_server(metrics_port=port, metrics_host=HOST, allowed_hosts=OURS) as server,
        web_client() as client,
    ):
        everything, metrics = f"http://{HOST}:{server.port}", f"http://{HOST}:{port}"
        assert (await client.get(f"{everything}/metrics")).status_code == 404
        assert (await client.get(f"{everything}/healthz")).status_code == 200
        assert "python_info" in (await client.get(f"{metrics}/metrics")).text
        assert (await client.get(f"{metrics}/healthz")).status_code == 404
        foreign = await client.get(f"{metrics}/metrics", headers={"Host": FOREIGN})
        assert foreign.status_code == 421


async def test_metrics_without_a_port_are_on_that_of_everything() -> None:
    async with echo_server() as server, web_client() as client:
        assert "python_info" in (await client.get(f"http://{HOST}:{server.port}/metrics")).text
