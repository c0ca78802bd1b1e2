"""Routes of the API refuse query parameters that they do not know, in all services."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from softphone_common.process.settings import Settings
from softphone_common.runtime.registry import installed_services
from softphone_common.runtime.runner import Runner
from softphone_testing.installation_keys import KEYS
from support.paths import ROOT
from support.stack.routes import LEAST, OPEN, routes

TAKES_ALL = "GET /api/session/openid/callback"
"""Providers add parameters of their own (RFC 6749, section 4.1.2)."""
API = sorted(name for name in {*LEAST, *OPEN} if " /api/" in name and name != TAKES_ALL)
DOCUMENTED: dict[str, dict[str, bool]] = {
    f"{method.upper()} {path}": {
        each["name"]: each["schema"].get("type") == "array"
        for each in operation.get("parameters", ())
        if each["in"] == "query"
    }
    for file in (ROOT / "docs" / "openapi").glob("*.json")
    for path, operations in json.loads(file.read_text())["paths"].items()
    for method, operation in operations.items()
    if path.startswith("/api/")
}
"""The parameters of each route, and whether they are lists."""
WITH_PARAMETERS = sorted(name for name, parameters in DOCUMENTED.items() if parameters)


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """A client of all services, of which none has reached its servers."""
    values: dict[str, Any] = {
        "amqp_url": SecretStr("amqp://127.0.0.1:1/"),
        "mongo_url": SecretStr("mongodb://127.0.0.1:1/x"),
        "redis_url": SecretStr("redis://127.0.0.1:1/0"),
        **KEYS,
        "spool_dir": tmp_path_factory.mktemp("spool"),
    }
    definitions = installed_services().values()
    services = [await each.build(each.settings(**values)) for each in definitions]
    app = Runner(Settings(**values), services).app
    assert {name for name in routes(app) if " /api/" in name} == {*API, TAKES_ALL}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as made:
        yield made


async def refused(client: httpx.AsyncClient, name: str, query: str) -> dict[str, str]:
    """The parameters for which the route refuses the query, each with its code."""
    method, path = name.split(" ")
    answer = await client.request(method, f"{re.sub('{[^}]*}', 'x', path)}?{query}")
    if "parameter-" not in answer.text:
        return {}
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "request-invalid")
    assert answer.headers["content-type"] == "application/problem+json"
    return {error["field"]: error["code"] for error in problem["errors"]}


@pytest.mark.parametrize("name", API)
async def test_route_refuses_an_unknown_parameter(client: httpx.AsyncClient, name: str) -> None:
    known = "".join(f"&{parameter}=1" for parameter in DOCUMENTED.get(name, ()))
    codes = await refused(client, name, f"nmae=x&Limit{known}")
    assert codes == {"nmae": "parameter-unknown", "Limit": "parameter-unknown"}


@pytest.mark.parametrize("name", WITH_PARAMETERS)
async def test_route_takes_its_own_parameters(client: httpx.AsyncClient, name: str) -> None:
    assert await refused(client, name, "&".join(f"{each}=1" for each in DOCUMENTED[name])) == {}


@pytest.mark.parametrize("name", WITH_PARAMETERS)
async def test_only_a_list_may_be_repeated(client: httpx.AsyncClient, name: str) -> None:
    twice = await refused(client, name, "&".join(f"{each}=1&{each}=2" for each in DOCUMENTED[name]))
    single = [each for each, is_list in DOCUMENTED[name].items() if not is_list]
    assert twice == dict.fromkeys(single, "parameter-repeated")


@pytest.mark.parametrize(
    "name", ["GET /hit/x/ringing", TAKES_ALL, "GET /healthz", "GET /favicon.ico"]
)
async def test_address_for_others_takes_any_parameter(client: httpx.AsyncClient, name: str) -> None:
    assert await refused(client, name, "session_state=1&session_state=2") == {}


async def test_misspelt_filter_does_not_find_everything(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/directory/records?nmae=Huber")
    assert answer.json()["detail"] == "nmae is not a parameter of this address"
