"""Every route that changes something has a rate, in all services."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import SecretStr
from starlette.routing import BaseRoute

from softphone_common.http.auth import caller
from softphone_common.process.settings import Settings
from softphone_common.runtime.registry import installed_services
from softphone_common.runtime.runner import Runner
from softphone_testing.installation_keys import KEYS
from support.stack.routes import all_routes

READING = {"GET", "HEAD", "OPTIONS"}
RATES = {
    # routes without a user's token, and where their rate is
    **{
        f"{method} {slashes}hit/{{key}}{event}": "KeyRateLimit of ingest: by key and by address"
        for method in ("POST", "PUT")
        for slashes in ("/", "//")
        for event in ("", "/{event:path}")
    },
    "POST /api/session": "LoginThrottle of notifier: failures by login and by network",
    "POST /api/setup": "LoginThrottle of notifier: wrong codes like failed sign-ins",
    "POST /api/session/renew": "LoginThrottle of notifier: renewals of a session",
    "POST /api/invitations/accept": "LoginThrottle of notifier: invitations by network",
    "DELETE /api/session": "ends the session of the cookie, which exists once",
}


def counts_writes(dependant: Dependant) -> bool:
    """Whether the dependency that counts a user's writes is among those of a route."""
    return any(each.call is caller or counts_writes(each) for each in dependant.dependencies)


def writing(route: BaseRoute, path: str) -> Iterator[str]:
    """The names of what a route changes and no user is counted for."""
    methods = getattr(route, "methods", None) or {"ANY"}
    if isinstance(route, APIRoute) and counts_writes(route.dependant):
        return
    if type(route).__name__ == "APIWebSocketRoute":
        return  # its frames have a rate: `frames-too-many`
    yield from (f"{method} {path}" for method in methods - READING)


async def test_route_that_writes_has_a_rate(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "amqp_url": SecretStr("amqp://127.0.0.1:1/"),
        "mongo_url": SecretStr("mongodb://127.0.0.1:1/x"),
        "redis_url": SecretStr("redis://127.0.0.1:1/0"),
        **KEYS,
        "spool_dir": tmp_path,
    }
    definitions = installed_services().values()
    services = [await each.build(each.settings(**values)) for each in definitions]
    app = Runner(Settings(**values), services).app
    found = {name for route in all_routes(app) for name in writing(*route)}
    assert found - set(RATES) == set(), "neither asks for a caller nor has another rate"
    assert set(RATES) - found == set(), "is no route any more"
