"""The compose file of the cluster, merged over that of one machine."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from softphone_common.bus.envelope import MESSAGE_MAX
from softphone_common.runtime.registry import installed_services
from support.containers import Json
from support.containers import container as of_both
from support.deployment import make_secrets
from support.paths import ROOT

DEPLOY = ROOT / "deploy"
BASE: Json = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OVER: Json = yaml.safe_load((DEPLOY / "compose.cluster.yaml").read_text())
NODES = ("rabbitmq", "rabbitmq2", "rabbitmq3")
SERVICES = tuple(installed_services())
CONFIGURATION = "/etc/rabbitmq/conf.d/91-cluster.conf"


def container(name: str) -> Json:
    """The container after compose has merged both files."""
    return of_both(BASE, OVER, name)


def test_cluster_file_changes_only_the_broker_and_its_clients() -> None:
    assert set(OVER["services"]) == {*NODES, *SERVICES, "setup"}
    assert set(OVER["services"]) - set(BASE["services"]) == {"rabbitmq2", "rabbitmq3"}


@pytest.mark.parametrize("node", NODES)
def test_node_has_the_options_of_the_single_broker(node: str) -> None:
    single, made = BASE["services"]["rabbitmq"], container(node)
    differs = {name for name in made if made[name] != single.get(name)}
    assert differs <= {"hostname", "volumes", "environment", "depends_on"}
    assert made["environment"]["SOFTPHONE_RABBITMQ_NODES"] == str(len(NODES))
    assert made["read_only"] is True
    assert made["cap_drop"] == ["ALL"]
    assert made["user"] == "rabbitmq"
    assert made["security_opt"] == ["no-new-privileges:true"]
    assert made["networks"] == ["servers"]
    assert "ports" not in made


@pytest.mark.parametrize("node", NODES)
def test_node_has_a_name_a_volume_and_the_shared_cookie(node: str) -> None:
    made = container(node)
    volumes = {target: source for source, target, *_ in (v.split(":") for v in made["volumes"])}
    assert made["hostname"] == node
    assert volumes["/var/lib/rabbitmq"] == node
    assert node in {**BASE["volumes"], **OVER["volumes"]}
    assert (DEPLOY / volumes[CONFIGURATION]).is_file()
    assert "rabbitmq_cookie" in made["secrets"]
    assert [secret["source"] for secret in made["secrets"] if isinstance(secret, dict)] == [
        "rabbitmq.conf",
        "rabbitmq_users.json",
    ]
    assert made["entrypoint"] == ["bash", "/etc/rabbitmq/start-node"]
    assert "/run/secrets/rabbitmq_cookie" in (DEPLOY / "rabbitmq" / "start-node").read_text()


def test_nodes_form_a_cluster_that_pauses_a_minority() -> None:
    lines = (DEPLOY / "rabbitmq" / "cluster.conf").read_text().splitlines()
    options = dict(line.split(" = ") for line in lines if line and not line.startswith("#"))
    pattern = re.compile(r"cluster_formation\.classic_config\.nodes\.\d")
    named = [value for name, value in options.items() if pattern.fullmatch(name)]
    assert named == [f"rabbit@{node}" for node in NODES]
    assert options["cluster_formation.peer_discovery_backend"] == "classic_config"
    assert options["cluster_partition_handling"] == "pause_minority"


@pytest.mark.parametrize("node", NODES)
def test_limit_of_a_node_is_above_that_of_the_services(node: str) -> None:
    lines = (DEPLOY / "rabbitmq" / "node.conf").read_text().splitlines()
    options = dict(line.split(" = ") for line in lines if line and not line.startswith("#"))
    assert MESSAGE_MAX < int(options["max_message_size"]) <= 16 << 20
    assert any("rabbitmq/node.conf:/etc/rabbitmq/conf.d/" in v for v in container(node)["volumes"])


def test_new_nodes_start_after_the_first_and_setup_after_all() -> None:
    for node in NODES[1:]:
        assert container(node)["depends_on"] == {"rabbitmq": {"condition": "service_started"}}
    waits = container("setup")["depends_on"]
    assert [waits[node]["condition"] for node in NODES] == ["service_healthy"] * len(NODES)


def test_services_get_the_address_of_every_node(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    for name, secret in OVER["secrets"].items():
        assert (tmp_path / Path(secret["file"]).name).is_file(), name
    for user in ("softphone", *SERVICES):
        prefix = "" if user == "softphone" else f"{user}_"
        name = f"{prefix}amqp_cluster_url"
        secrets = container(user if prefix else "setup")["secrets"]
        assert {"source": name, "target": "amqp_url"} in secrets
        file = tmp_path / Path(OVER["secrets"][name]["file"]).name
        parts = [urlsplit(url) for url in file.read_text().strip().split(",")]
        assert [(part.hostname, part.port) for part in parts] == [(node, 5672) for node in NODES]
        password = (tmp_path / f"{prefix}amqp_password").read_text()
        assert {(part.username, part.password) for part in parts} == {(user, password)}
