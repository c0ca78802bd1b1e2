"""The gateway's configuration, compared with routes, settings and the compose file."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import pytest

from softphone_common.edge.client_network import WIDE_FACTOR
from softphone_common.process.settings import Settings
from softphone_common.runtime.registry import installed_services
from softphone_common.runtime.runner import Runner
from softphone_common.runtime.service import Service
from softphone_matcher.settings import MatcherSettings
from softphone_notifier.settings import NotifierSettings
from softphone_testing.installation_keys import KEYS
from support.deployment import CONTAINERS, DEPLOY, SERVICES, SETTINGS, environment

NGINX = (DEPLOY / "gateway" / "nginx.conf").read_text()
UPSTREAMS = (DEPLOY / "gateway" / "upstreams.conf").read_text()


NOWHERE = {
    "amqp_url": "amqp://127.0.0.1:1/",
    "mongo_url": "mongodb://127.0.0.1:1/softphone",
    "redis_url": "redis://127.0.0.1:1/0",
    **KEYS,
}


@dataclass(frozen=True)
class Location:
    """A `location` of the gateway; `owner` is None where the gateway answers itself."""

    kind: str
    pattern: str
    owner: str | None

    def matches(self, path: str) -> bool:
        if self.kind == "~":
            return re.search(self.pattern, path) is not None
        return path == self.pattern if self.kind == "=" else path.startswith(self.pattern)

    def words(self) -> Iterator[str]:
        """The path segments in the pattern; `tenants?` stands for two."""
        for word in re.findall(r"[a-z][a-z.-]*\??", self.pattern):
            yield from (word[:-2], word[:-1]) if word.endswith("?") else (word,)


def locations() -> list[Location]:
    block = r"^( +)location (?:(=|~|\^~) )?([^@\s]\S*) {$(.*?)^\1}$"
    blocks = [match[1:] for match in re.findall(block, NGINX, re.MULTILINE | re.DOTALL)]
    owners = [re.findall(r"proxy_pass http://(\w+);", body) for *_, body in blocks]
    return [
        Location(kind, pattern, owner[0] if owner else None)
        for (kind, pattern, _), owner in zip(blocks, owners, strict=True)
    ]


def owner(path: str) -> str | None:
    """The service that nginx chooses: by exact location, first expression, or longest prefix.

    nginx merges adjacent slashes (`merge_slashes`).
    """
    merged = re.sub("/+", "/", path)
    matches = [location for location in locations() if location.matches(merged)]
    for kind in ("=", "~"):
        for location in matches:
            if location.kind == kind:
                return location.owner
    return max(matches, key=lambda location: len(location.pattern)).owner


@pytest.fixture
async def services() -> AsyncIterator[list[Service]]:
    """All services, built but not started."""
    built = [
        await definition.build(definition.settings.model_validate(NOWHERE))
        for definition in installed_services().values()
    ]
    yield built
    for resource in (resource for service in built for resource in service.resources):
        await resource.stop()


def paths(service: Service) -> set[str]:
    """The paths of all routes, with `x` in the place of parameters."""
    routes = [route for router in service.routers for route in router.routes]
    own = {re.sub(r"{\w+}", "x", str(getattr(route, "path"))) for route in routes}  # noqa: B009
    return own | {f"/api/system/{service.name}"}  # which the runner adds to each


async def test_route_is_forwarded_to_its_service(services: list[Service]) -> None:
    for service in services:
        assert paths(service)
        for path in paths(service):
            assert owner(path) == service.name, f"{path} of {service.name}"


async def test_forwarding_location_leads_to_routes(services: list[Service]) -> None:
    for location in locations():
        if location.owner is None:
            continue
        (service,) = (service for service in services if service.name == location.owner)
        led = [path for path in paths(service) if location.matches(path)]
        assert led, f"{location.pattern} leads nowhere"
        segments = {segment for path in led for segment in path.split("/")}
        assert set(location.words()) <= segments, f"{location.pattern} names segments of no route"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
async def test_health_and_metrics_are_not_forwarded(path: str, services: list[Service]) -> None:
    assert owner(path) is None
    settings = SETTINGS["ingest"].model_validate(NOWHERE)
    transport = httpx.ASGITransport(Runner(settings, services[:1]).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
        assert (await client.get(path)).status_code in {200, 503}


def test_upstreams_are_the_services_of_the_compose_file() -> None:
    named = re.findall(r"upstream (\w+) {\s*zone \1 64k;\s*server (\w+):(\d+) ", UPSTREAMS)
    port = environment("ingest")["SOFTPHONE_PORT"]
    assert sorted(named) == [(name, name, port) for name in SERVICES]
    assert {location.owner for location in locations()} - {None} == set(SERVICES)
    published, inner = CONTAINERS["gateway"]["ports"][0].rsplit(":", 1)
    assert published == "${SOFTPHONE_PORT:-8080}"
    assert f"listen {inner} " in NGINX


def test_limits_of_the_gateway_exceed_those_of_services() -> None:
    fields = Settings.model_fields
    (body,) = re.findall(r"client_max_body_size (\d+)k;", NGINX)
    assert fields["body_max"].default < int(body) * 1024 < 2 * fields["body_max"].default
    (upload,) = re.findall(r"client_max_body_size (\d+)m;", NGINX)
    assert MatcherSettings.model_fields["upload_max"].default < int(upload) * 1024**2
    (patience,) = re.findall(r"proxy_read_timeout (\d+)s;", NGINX)
    assert int(patience) > fields["publish_seconds"].default


def test_one_address_cannot_fill_gateway_or_service() -> None:
    fields = Settings.model_fields
    tenant = NotifierSettings.model_fields["sockets_tenant_max"].default
    limits = re.findall(r"^    limit_conn (\w+) (\d+);", NGINX, re.MULTILINE)
    of_address = {name: int(limit) for name, limit in limits}
    assert set(of_address) == {"requests", "requests_wide", "sockets", "sockets_wide"}
    for name in ("requests", "sockets"):
        assert of_address[f"{name}_wide"] == WIDE_FACTOR * of_address[name]
    assert tenant <= of_address["sockets"] < fields["connections_max"].default
    assert of_address["requests"] < fields["connections_waiting_max"].default
    (room,) = re.findall(r"worker_connections (\d+);", NGINX)
    (files,) = re.findall(r"worker_rlimit_nofile (\d+);", NGINX)
    single = of_address["requests"] + of_address["sockets"]
    assert 2 * single < int(room) / 2, "each connection needs a second one to the service"
    assert int(room) < int(files) <= CONTAINERS["gateway"]["ulimits"]["nofile"]
    for name in ("client_header_timeout", "client_body_timeout", "lingering_time"):
        (patience, *_) = re.findall(rf"{name} (\d+)s;", NGINX)
        assert int(patience) < fields["request_seconds"].default
