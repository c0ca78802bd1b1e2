"""The compose file: containers, settings, networks and volumes."""

import pytest

from softphone_common.runtime.commands.setup import SetupSettings
from support.containers import openings
from support.deployment import (
    COMPOSE,
    CONTAINERS,
    DEPLOY,
    IMAGES,
    SERVERS,
    SERVICES,
    SETTINGS,
    STAGES,
    configured,
    instructions,
    secrets_of,
)


def test_compose_file_has_exactly_services_and_servers() -> None:
    assert set(CONTAINERS) == {*SERVICES, *SERVERS, "setup", "replica-set", "gateway"}
    for name in SERVICES:
        build = CONTAINERS[name]["build"]
        assert build["target"] == name in STAGES
        assert (DEPLOY / build["context"] / build["dockerfile"]).samefile(DEPLOY / "Dockerfile")


@pytest.mark.parametrize("name", SERVICES)
def test_service_gets_valid_and_all_required_settings(name: str) -> None:
    fields = SETTINGS[name].model_fields
    settings = configured(name)
    assert {setting.removesuffix("_file") for setting in settings} <= set(fields)
    needed = {setting for setting, info in fields.items() if info.is_required()}
    assert needed <= {setting.removesuffix("_file") for setting in settings}
    for setting, value in settings.items():
        if "SecretStr" in str(fields[setting.removesuffix("_file")].annotation):
            assert setting.endswith("_file"), f"{setting} belongs in a file"
        if setting.endswith("_file"):
            assert value.removeprefix("/run/secrets/") in secrets_of(name)


@pytest.mark.parametrize("name", SERVICES)
def test_service_has_the_passwords_of_its_own_users_only(name: str) -> None:
    of_servers = {n: s for n, s in secrets_of(name).items() if n in {"amqp_url", "mongo_url"}}
    assert of_servers == {"amqp_url": f"{name}_amqp_url", "mongo_url": f"{name}_mongo_url"}
    assert configured(name)["declare_topology"] == "false"


def test_administrators_passwords_reach_servers_and_setup_only() -> None:
    for secret in ("amqp_url", "mongo_url", "mongo_passwords"):
        holders = {name for name in CONTAINERS if secret in secrets_of(name).values()}
        assert holders == {"setup"}, secret
    settings = {name.removesuffix("_file") for name in configured("setup")}
    needed = {name for name, info in SetupSettings.model_fields.items() if info.is_required()}
    assert settings == needed
    assert CONTAINERS["setup"]["command"] == ["setup"]


def test_first_operator_has_a_password_from_a_file() -> None:
    assert configured("notifier")["operator_password_file"] == "/run/secrets/operator_password"


def test_activation_keys_reach_ingest_only_and_public_only() -> None:
    of_activation = {
        (name, secret)
        for name, container in CONTAINERS.items()
        for secret in container.get("secrets", ())
        if "activation" in str(secret)
    }
    assert of_activation == {("ingest", "activation_public_key")}
    assert "activation_private_key" not in COMPOSE["secrets"]


def test_images_of_servers_have_the_documented_versions() -> None:
    variables = {name: CONTAINERS[name]["image"][2:-3] for name in (*SERVERS, "gateway")}
    images = {name: IMAGES[variable].split("@")[0] for name, variable in variables.items()}
    assert images == {
        "rabbitmq": "rabbitmq:4",
        "mongodb": "mongo:8",
        "redis": "valkey/valkey:8",
        "gateway": "nginx:1.28",
    }


def test_redis_has_a_memory_limit_and_evicts_nothing() -> None:
    command = CONTAINERS["redis"]["command"]
    options = dict(zip(command[2::2], command[3::2], strict=True))
    assert options["--maxmemory"] == "256mb"
    assert options["--maxmemory-policy"] == "noeviction"


def test_container_has_only_allowed_options() -> None:
    assert openings(COMPOSE) == []
    for target in SERVICES:  # the compose file names no user, so that of the image counts
        assert instructions(target, "USER")[-1].split(":")[0] not in {"root", "0"}


@pytest.mark.parametrize("name", SERVICES)
def test_service_waits_for_no_sick_server_and_has_time_to_stop(name: str) -> None:
    container = CONTAINERS[name]
    started = {"condition": "service_started"}
    waits: dict[str, dict[str, str]] = dict.fromkeys(SERVERS, started)
    if name == "janitor":  # so that `up --wait` takes the end of `setup` for a success
        waits = {"setup": {"condition": "service_completed_successfully"}}
    assert container["depends_on"] == waits
    assert "/readyz" in container["healthcheck"]["test"][-1]
    stop = int(container["stop_grace_period"].removesuffix("s"))
    assert stop > SETTINGS[name].model_fields["shutdown_seconds"].default


def test_gateway_does_not_wait_for_healthy_services() -> None:
    needs = CONTAINERS["gateway"]["depends_on"]
    assert needs == {name: {"condition": "service_started"} for name in SERVICES}


def test_gateway_alone_is_reachable_from_outside() -> None:
    assert [name for name, container in CONTAINERS.items() if "ports" in container] == ["gateway"]
    for name, container in CONTAINERS.items():
        outer = {
            n for n in container["networks"] if not (COMPOSE["networks"][n] or {}).get("internal")
        }
        assert not outer or name == "gateway"
    for server in SERVERS:
        assert CONTAINERS[server]["networks"] == ["servers"]


def test_limits_of_memory_fit_a_machine_of_eight_gibibytes() -> None:
    units = {"m": 1, "g": 1024}
    limits = {n: c["mem_limit"] for n, c in CONTAINERS.items()}
    mebibytes = {
        name: int(limit[:-1]) * units[limit[-1]] * CONTAINERS[name].get("scale", 1)
        for name, limit in limits.items()
    }
    assert sum(mebibytes.values()) == 7.5 * 1024


@pytest.mark.parametrize("name", SERVICES)
def test_service_shares_its_address_range_with_the_gateway_alone(name: str) -> None:
    """The address of a container that has ended must not become that of another service."""
    assert CONTAINERS[name]["networks"] == [name, "servers"]
    inside = {other for other, container in CONTAINERS.items() if name in container["networks"]}
    assert inside == {name, "gateway"}


def test_persistent_data_is_in_named_volumes() -> None:
    keeping = (*SERVERS, "ingest")
    mounts = {
        name: [v.split(":") for v in CONTAINERS[name]["volumes"] if not v.endswith(":ro")]
        for name in keeping
    }
    assert {mount[0] for kept in mounts.values() for mount in kept} == set(COMPOSE["volumes"])
