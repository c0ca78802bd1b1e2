"""Dockerfile, compose file, secrets and gateway, read as text and held against the code."""

import json
import re
import stat
import subprocess
import tomllib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from softphone_common.process.clock import utc_now
from softphone_common.process.settings import PREFIX, Settings, load
from softphone_common.runtime.registry import installed_services
from softphone_common.runtime.runner import Runner
from softphone_common.runtime.service import Service
from softphone_ingest.settings import IngestSettings
from softphone_ingest.tenants.activation import ActivationCodes, decode_private_key, issue
from softphone_notifier.settings import NotifierSettings
from softphone_onebox.settings import OneboxSettings
from support.containers import openings
from support.paths import ROOT

DEPLOY = ROOT / "deploy"
SERVICES = tuple(installed_services())
SETTINGS: dict[str, type[Settings]] = {
    name: definition.settings for name, definition in installed_services().items()
}
SERVERS = {"rabbitmq": 5672, "mongodb": 27017, "redis": 6379}
TARGETS = {**{name: ROOT / "services" / name for name in SERVICES}, "onebox": DEPLOY / "onebox"}
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]


# --- the Dockerfile -------------------------------------------------------------------------------


@dataclass
class Stage:
    """One FROM and what follows it."""

    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)


def dockerfile() -> dict[str, Stage]:
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    stages: dict[str, Stage] = {}
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if not line.strip():
            continue
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            base, _, name = rest.split()
            stages[name] = Stage(base)
        elif stages:
            list(stages.values())[-1].instructions.append((word, rest))
    return stages


STAGES = dockerfile()


def instructions(target: str, word: str) -> list[str]:
    """Those of the target and of what it builds on, the first first."""
    if target not in STAGES:
        return []
    stage = STAGES[target]
    return instructions(stage.base, word) + [rest for w, rest in stage.instructions if w == word]


def environment(target: str) -> dict[str, str]:
    pairs = re.findall(r"(\w+)=(\S+)", " ".join(instructions(target, "ENV")))
    return dict(pairs)


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_runs_the_command_its_distribution_declares(target: str) -> None:
    project = tomllib.loads((TARGETS[target] / "pyproject.toml").read_text())["project"]
    (program,) = json.loads(instructions(target, "ENTRYPOINT")[-1])
    words = [json.loads(command) for command in instructions(target, "CMD")]
    if target in SERVICES:
        common = tomllib.loads((ROOT / "libs" / "common" / "pyproject.toml").read_text())
        assert program in common["project"]["scripts"]
        assert words == [[target, "run"]]
    else:
        assert program in project["scripts"]
        assert words == []
    sources = [c.split()[0] for c in instructions(target, "COPY")]
    (built,) = {source.removeprefix("--from=") for source in sources}
    (sync,) = (run for run in instructions(built, "RUN") if "uv sync" in run)
    assert sync.endswith(f"uv sync --package {project['name']} --no-dev --no-editable")


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_nobody_special_and_can_be_watched_and_stopped(target: str) -> None:
    user, group = instructions(target, "USER")[-1].split(":")
    assert int(user) > 0 < int(group)
    assert instructions(target, "STOPSIGNAL")[-1] == "SIGTERM"
    assert "/healthz" in instructions(target, "HEALTHCHECK")[-1]
    own: type[Settings] | type[OneboxSettings] = SETTINGS.get(target, OneboxSettings)
    told = {name for name in environment(target) if name.startswith(PREFIX)}
    assert {name.removeprefix(PREFIX).lower() for name in told} <= set(own.model_fields)
    assert environment(target)["SOFTPHONE_HOST"] == "0.0.0.0"


def test_all_images_begin_with_a_python_the_code_runs_on() -> None:
    (base,) = re.findall(r"^ARG PYTHON=(\S+)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert re.fullmatch(r"python:3\.1[12]-slim-\w+", base)
    assert {stage.base for stage in STAGES.values()} - set(STAGES) == {"${PYTHON}"}


def test_the_onebox_writes_to_its_volume() -> None:
    assert environment("onebox")["SOFTPHONE_DATA_DIR"] == instructions("onebox", "VOLUME")[-1]


def test_the_spool_is_in_a_volume_of_its_own() -> None:
    folder = environment("ingest")["SOFTPHONE_SPOOL_DIR"]
    assert folder == instructions("ingest", "VOLUME")[-1]
    assert CONTAINERS["ingest"]["volumes"] == [f"spool:{folder}"]


def test_images_are_built_from_nothing_but_what_they_copy() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert rules[0] == "*"
    assert let_in == {copied.split()[0] for copied in instructions("sources", "COPY")}
    assert all((ROOT / name).exists() for name in let_in)


# --- the compose file -----------------------------------------------------------------------------


def given(container: str) -> dict[str, str]:
    """The settings a container is told, by field; from a file if the value is a path."""
    told = CONTAINERS[container]["environment"]
    return {n.removeprefix(PREFIX).lower(): v for n, v in told.items() if n.startswith(PREFIX)}


def test_every_service_server_and_nothing_else_is_in_the_compose_file() -> None:
    assert set(CONTAINERS) == {*SERVICES, *SERVERS, "gateway"}
    for name in SERVICES:
        build = CONTAINERS[name]["build"]
        assert build["target"] == name in STAGES
        assert (DEPLOY / build["context"] / build["dockerfile"]).samefile(DEPLOY / "Dockerfile")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_told_settings_it_has_and_all_it_needs(name: str) -> None:
    fields = SETTINGS[name].model_fields
    told = given(name)
    assert {setting.removesuffix("_file") for setting in told} <= set(fields)
    needed = {setting for setting, info in fields.items() if info.is_required()}
    assert needed <= {setting.removesuffix("_file") for setting in told}
    for setting, value in told.items():
        if "SecretStr" in str(fields[setting.removesuffix("_file")].annotation):
            assert setting.endswith("_file"), f"{setting} belongs in a file"
        if setting.endswith("_file"):
            assert value.removeprefix("/run/secrets/") in CONTAINERS[name]["secrets"]


def test_the_first_operator_has_a_password() -> None:
    assert given("notifier")["operator_password_file"] == "/run/secrets/operator_password"


def test_only_ingest_checks_activation_codes_and_nothing_here_can_make_one() -> None:
    of_activation = {
        (name, secret)
        for name, container in CONTAINERS.items()
        for secret in container.get("secrets", ())
        if "activation" in str(secret)
    }
    assert of_activation == {("ingest", "activation_public_key")}
    assert "activation_private_key" not in COMPOSE["secrets"]


def test_images_are_of_the_named_majors() -> None:
    images = {name: CONTAINERS[name]["image"] for name in (*SERVERS, "gateway")}
    assert images == {
        "rabbitmq": "rabbitmq:4",
        "mongodb": "mongo:8",
        "redis": "valkey/valkey:8",
        "gateway": "nginx:1.28",
    }


def test_a_container_can_do_little_and_comes_back() -> None:
    assert openings(COMPOSE) == []
    for target in SERVICES:  # no user is named for it: the image's own counts
        assert instructions(target, "USER")[-1].split(":")[0] not in {"root", "0"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_its_servers_and_has_time_to_stop(name: str) -> None:
    container = CONTAINERS[name]
    assert container["depends_on"] == {s: {"condition": "service_healthy"} for s in SERVERS}
    assert "/readyz" in container["healthcheck"]["test"][-1]
    stop = int(container["stop_grace_period"].removesuffix("s"))
    assert stop > SETTINGS[name].model_fields["shutdown_seconds"].default


def test_the_gateway_needs_no_service_to_be_well() -> None:
    needs = CONTAINERS["gateway"]["depends_on"]
    assert needs == {name: {"condition": "service_started"} for name in SERVICES}


def test_only_the_gateway_can_be_reached_from_outside() -> None:
    assert [name for name, container in CONTAINERS.items() if "ports" in container] == ["gateway"]
    for name, container in CONTAINERS.items():
        outer = {
            n for n in container["networks"] if not (COMPOSE["networks"][n] or {}).get("internal")
        }
        assert not outer or name == "gateway"
    for server in SERVERS:
        assert CONTAINERS[server]["networks"] == ["servers"]


def test_what_is_kept_is_in_a_named_volume() -> None:
    keeping = (*SERVERS, "ingest")
    mounts = {name: [v.split(":") for v in CONTAINERS[name]["volumes"]] for name in keeping}
    assert {mount[0] for kept in mounts.values() for mount in kept} == set(COMPOSE["volumes"])


# --- the secrets ----------------------------------------------------------------------------------


def make_secrets(folder: Path) -> None:
    subprocess.run([DEPLOY / "secrets", folder], check=True, capture_output=True)


def test_the_script_makes_every_secret_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets.d"
    make_secrets(folder)
    made = {file.name: file.read_text() for file in folder.iterdir()}
    for name, secret in COMPOSE["secrets"].items():
        assert secret["file"] == f"secrets.d/{name}"
        assert name in made
    for container in CONTAINERS.values():
        for secret in container.get("secrets", ()):
            assert (secret if isinstance(secret, str) else secret["source"]) in COMPOSE["secrets"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # Containers run as users of their own, and a mounted file keeps its mode.
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o444}

    (folder / "redis_url").unlink()
    make_secrets(folder)
    assert {file.name: file.read_text() for file in folder.iterdir()} == made


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    make_secrets(tmp_path / "a")
    make_secrets(tmp_path / "b")
    for file in (tmp_path / "a").iterdir():
        assert file.read_text() != (tmp_path / "b" / file.name).read_text()


def test_services_read_the_secrets_and_find_their_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_secrets(tmp_path)
    read = {file.name: file.read_text() for file in tmp_path.iterdir()}
    for name, kind in SETTINGS.items():
        for setting, value in given(name).items():
            if setting.endswith("_file"):
                monkeypatch.setenv(
                    PREFIX + setting.upper(), value.replace("/run/secrets", str(tmp_path))
                )
        settings = kind()
        urls = [settings.amqp_url, settings.mongo_url, settings.redis_url]
        parts = [urlsplit(url.get_secret_value()) for url in urls]
        assert {part.hostname: part.port for part in parts} == SERVERS
        assert [part.password for part in parts] == [
            read["amqp_password"],
            read["mongo_password"],
            read["redis_password"],
        ]
    key = decode_private_key(read["activation_private_key"])
    code = issue(key, "huber", 25, utc_now(), utc_now() + timedelta(days=1))
    codes = ActivationCodes(load(IngestSettings).activation_public_key)
    assert codes.verify(code, "huber", utc_now()).seats == 25
    assert f"default_pass = {read['amqp_password']}\n" in read["rabbitmq.conf"]
    assert f"requirepass {read['redis_password']}\n" == read["redis.conf"]
    assert re.fullmatch(r"[A-Za-z0-9+/]{6,1024}", read["mongo_key"])
    replica_set = CONTAINERS["mongodb"]["command"][2]
    assert f"replicaSet={replica_set}" in read["mongo_url"]
    assert f'_id: "{replica_set}"' in CONTAINERS["mongodb"]["healthcheck"]["test"][-1]


# --- the gateway ----------------------------------------------------------------------------------

NGINX = (DEPLOY / "gateway" / "nginx.conf").read_text()
UPSTREAMS = (DEPLOY / "gateway" / "upstreams.conf").read_text()


NOWHERE = {
    "amqp_url": "amqp://127.0.0.1:1/",
    "mongo_url": "mongodb://127.0.0.1:1/softphone",
    "redis_url": "redis://127.0.0.1:1/0",
    "auth_secret": "x" * 32,
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
        """The path segments it names: `tenants?` is two."""
        for word in re.findall(r"[a-z][a-z-]*\??", self.pattern):
            yield from (word[:-2], word[:-1]) if word.endswith("?") else (word,)


def locations() -> list[Location]:
    block = r"^( +)location (?:(=|~|\^~) )?([^@\s]\S*) {$(.*?)^\1}$"
    blocks = [found[1:] for found in re.findall(block, NGINX, re.MULTILINE | re.DOTALL)]
    owners = [re.findall(r"proxy_pass http://(\w+);", body) for *_, body in blocks]
    return [
        Location(kind, pattern, owner[0] if owner else None)
        for (kind, pattern, _), owner in zip(blocks, owners, strict=True)
    ]


def owner(path: str) -> str | None:
    """Whom nginx would ask: an exact location, or the first expression, or the longest prefix.

    It takes slashes that follow one another for one.
    """
    merged = re.sub("/+", "/", path)
    found = [location for location in locations() if location.matches(merged)]
    for kind in ("=", "~"):
        for location in found:
            if location.kind == kind:
                return location.owner
    return max(found, key=lambda location: len(location.pattern)).owner


@pytest.fixture
async def services() -> AsyncIterator[list[Service]]:
    """All five, built and not started."""
    built = [
        await definition.build(definition.settings.model_validate(NOWHERE))
        for definition in installed_services().values()
    ]
    yield built
    for resource in (resource for service in built for resource in service.resources):
        await resource.stop()


def paths(service: Service) -> set[str]:
    """Every route, with something in the place of its parameters."""
    routes = [route for router in service.routers for route in router.routes]
    return {re.sub(r"{\w+}", "x", str(getattr(route, "path"))) for route in routes}  # noqa: B009


async def test_every_route_is_owned_by_its_service(services: list[Service]) -> None:
    for service in services:
        assert paths(service)
        for path in paths(service):
            assert owner(path) == service.name, f"{path} of {service.name}"


async def test_every_forwarding_location_leads_to_routes(services: list[Service]) -> None:
    for location in locations():
        if location.owner is None:
            continue
        (service,) = (service for service in services if service.name == location.owner)
        led = [path for path in paths(service) if location.matches(path)]
        assert led, f"{location.pattern} leads nowhere"
        segments = {segment for path in led for segment in path.split("/")}
        assert set(location.words()) <= segments, f"{location.pattern} names what is not there"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
async def test_health_and_metrics_stay_inside(path: str, services: list[Service]) -> None:
    assert owner(path) is None
    settings = SETTINGS["ingest"].model_validate(NOWHERE)
    transport = httpx.ASGITransport(Runner(settings, services[:1]).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
        assert (await client.get(path)).status_code in {200, 503}


def test_upstreams_are_the_services_of_the_compose_file() -> None:
    named = re.findall(r"upstream (\w+) {\s*zone \1 64k;\s*server (\w+):(\d+) ", UPSTREAMS)
    port = environment("ingest")["SOFTPHONE_PORT"]
    assert sorted(named) == [(name, name, port) for name in SERVICES]
    assert {found.owner for found in locations()} - {None} == set(SERVICES)
    published, inner = CONTAINERS["gateway"]["ports"][0].rsplit(":", 1)
    assert published == "${SOFTPHONE_PORT:-8080}"
    assert f"listen {inner} " in NGINX


def test_the_gateway_lets_services_answer_first() -> None:
    fields = Settings.model_fields
    (body,) = re.findall(r"client_max_body_size (\d+)k;", NGINX)
    assert fields["body_max"].default < int(body) * 1024 < 2 * fields["body_max"].default
    (patience,) = re.findall(r"proxy_read_timeout (\d+)s;", NGINX)
    assert int(patience) > fields["publish_seconds"].default


def test_one_address_can_fill_neither_the_gateway_nor_a_service() -> None:
    fields = Settings.model_fields
    tenant = NotifierSettings.model_fields["sockets_tenant_max"].default
    limits = re.findall(r"^    limit_conn (\w+) (\d+);", NGINX, re.MULTILINE)
    of_address = {name: int(limit) for name, limit in limits}
    assert set(of_address) == {"requests", "sockets"}
    assert tenant <= of_address["sockets"] < fields["connections_max"].default
    assert of_address["requests"] < fields["connections_waiting_max"].default
    (room,) = re.findall(r"worker_connections (\d+);", NGINX)
    (files,) = re.findall(r"worker_rlimit_nofile (\d+);", NGINX)
    assert 2 * sum(of_address.values()) < int(room) / 2, "a connection has one to the service"
    assert int(room) < int(files) <= CONTAINERS["gateway"]["ulimits"]["nofile"]
    for name in ("client_header_timeout", "client_body_timeout", "lingering_time"):
        (patience, *_) = re.findall(rf"{name} (\d+)s;", NGINX)
        assert int(patience) < fields["request_seconds"].default
