"""The gateway speaks HTTPS with a certificate of its operator."""

import json
import ssl
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from containers.project import Project
from support.certificates import certificate_file
from support.web_client import web_client

ADDRESS = "127.0.0.1"


async def test_gateway_serves_page_api_and_socket_over_tls(
    project: Project, tmp_path: Path
) -> None:
    certificate = certificate_file(tmp_path)
    for name in ("tls_certificate", "tls_key"):
        project.write_secret(name, certificate.read_text())
    trusted = ssl.create_default_context(cafile=certificate)
    credentials = {
        "tenant": "operator",
        "login": "operator",
        "password": project.secret("operator_password"),
    }
    with project.further_file("compose.tls.yaml"):
        await project.up("gateway")
        async with web_client(f"https://{ADDRESS}", verify=trusted) as browser:
            assert (await browser.get("/")).headers["content-type"].startswith("text/html")
            session = (await browser.post("/api/session", json=credentials)).raise_for_status()
            assert "; secure" in session.headers["set-cookie"].lower()
        async with connect(f"wss://{ADDRESS}/ws", ssl=trusted, proxy=None) as socket:
            await socket.send(json.dumps({"type": "hello", "token": session.json()["token"]}))
            assert json.loads(await socket.recv())["type"] == "welcome"
        async with web_client() as stranger:
            with pytest.raises(httpx.ConnectError):
                await stranger.get(project.url)
    await project.up("gateway")
