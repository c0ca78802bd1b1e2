"""Every option that would open a container is found, in both compose files and all containers."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml

from support.containers import ONCE, SERVICES, Json, openings, together
from support.paths import ROOT

BASE: Json = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
OVER: Json = yaml.safe_load((ROOT / "deploy" / "compose.cluster.yaml").read_text("utf-8"))
SOCKET = "/var/run/docker.sock:/var/run/docker.sock"
GIVEN: Json = {
    "user": ["0:0", "0", 0, "root", "root:root", "1000:0"],
    "privileged": [True],
    "cap_add": [["SYS_ADMIN"], ["NET_RAW"]],
    "cap_drop": [["NET_RAW"]],
    "security_opt": [["seccomp:unconfined"], ["no-new-privileges:false"]],
    "read_only": [False],
    "pid": ["host"],
    "ipc": ["host"],
    "uts": ["host"],
    "cgroup": ["host"],
    "cgroup_parent": ["/"],
    "userns_mode": ["host"],
    "network_mode": ["host", "service:gateway"],
    "networks": [["host"]],
    "devices": [["/dev/mem:/dev/mem"]],
    "device_cgroup_rules": [["a *:* rwm"]],
    "gpus": ["all"],
    "group_add": [["0"]],
    "sysctls": [{"net.ipv4.ip_forward": 1}],
    "volumes": [
        [SOCKET],
        ["/:/host"],
        ["./secrets.d:/more:ro"],
        [{"type": "bind", "source": "/", "target": "/host"}],
    ],
    "volumes_from": [["mongodb"]],
    "tmpfs": [["/tmp", "/etc"]],
    "ulimits": [{"nofile": 65536, "memlock": -1}],
    "restart": ["no"],
    "extra_hosts": [["ingest:192.0.2.1"]],
    "use_api_socket": [True],
    "runtime": ["other"],
    "env_file": ["/etc/environment"],
    "configs": [["more"]],
    "post_start": [[{"command": "a", "user": "root", "privileged": True}]],
}
TAKEN = ("cap_drop", "security_opt", "read_only", "restart", "tmpfs", "ulimits", "healthcheck")
TOP: Json = {
    "include": ["more.yaml"],
    "networks": {"front": {"external": True, "name": "host"}},
    "volumes": {"spool": {"driver_opts": {"type": "none", "o": "bind", "device": "/"}}},
    "secrets": {"amqp_url": {"file": "/etc/shadow"}},
    "services": {"more": {"image": "more", "privileged": True}},
}
CHANGES = [(key, value) for key, values in GIVEN.items() for value in values]


def changed(file: Json, name: str, key: str, value: Any) -> Json:
    """A copy of the compose file with one option of a container changed."""
    copy = deepcopy(file)
    copy["services"][name] = {**copy["services"][name], key: value}
    return copy


def all_changed(key: str, value: Any) -> Iterator[tuple[str, Json]]:
    """The compose files with the change in one container, once for each container."""
    for name in BASE["services"]:
        yield f"{name} of compose.yaml", changed(BASE, name, key, value)
        yield f"{name} under the cluster", together(changed(BASE, name, key, value), OVER)
    for name in OVER["services"]:
        yield f"{name} of the cluster", together(BASE, changed(OVER, name, key, value))


def test_compose_files_have_no_openings() -> None:
    assert openings(BASE) == []
    assert openings(together(BASE, OVER)) == []
    assert set(BASE["services"]) > SERVICES


@pytest.mark.parametrize(("key", "value"), CHANGES, ids=[f"{k}: {v}" for k, v in CHANGES])
def test_option_that_opens_a_container_is_found(key: str, value: Any) -> None:
    assert [where for where, compose in all_changed(key, value) if not openings(compose)] == []


@pytest.mark.parametrize("key", TAKEN)
def test_missing_protection_of_a_container_is_found(key: str) -> None:
    once = ONCE if key == "healthcheck" else frozenset()
    for name in set(BASE["services"]) - once:
        without = deepcopy(BASE)
        without["services"][name] = {k: v for k, v in BASE["services"][name].items() if k != key}
        assert openings(without), name


@pytest.mark.parametrize("name", sorted(set(BASE["services"]) - SERVICES - ONCE))
def test_foreign_image_without_a_user_is_found(name: str) -> None:
    without = deepcopy(BASE)
    del without["services"][name]["user"]
    assert openings(without)


@pytest.mark.parametrize("key", TOP)
def test_option_that_opens_all_containers_is_found(key: str) -> None:
    more = TOP[key]
    over = {**BASE, key: {**BASE[key], **more} if isinstance(more, dict) else more}
    assert openings(over)


def test_build_with_privileges_is_found() -> None:
    for rights in (
        {"privileged": True},
        {"network": "host"},
        {"entitlements": ["security.insecure"]},
        {"args": {"PYTHON": "another:1"}},
    ):
        build = {**BASE["services"]["ingest"]["build"], **rights}
        assert openings(changed(BASE, "ingest", "build", build)), rights
