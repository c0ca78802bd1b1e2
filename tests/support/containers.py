"""The options that containers of the compose files may have; any other one is an opening."""

from collections.abc import Iterator
from typing import Any

from softphone_common.runtime.registry import installed_services

Json = dict[str, Any]

SERVICES = frozenset(installed_services())
USERS = {
    "gateway": "nginx",
    "rabbitmq": "rabbitmq",
    "rabbitmq2": "rabbitmq",
    "rabbitmq3": "rabbitmq",
    "mongodb": "mongodb",
    "replica-set": "mongodb",
    "redis": "valkey",
}
"""The user of each container with a foreign image. Our own images set their user themselves."""
TOP = frozenset({"name", "services", "networks", "volumes", "secrets"})
FIXED: Json = {
    "restart": "unless-stopped",
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "ulimits": {"nofile": 65536},
    "mem_limit": "512m",
    "pids_limit": 256,
}
OF_ALL = frozenset({*FIXED, "image", "tmpfs", "logging", "healthcheck", "networks"})
OF_SERVERS = OF_ALL | {"user", "volumes", "secrets", "environment", "stop_grace_period"}
OF_SERVICES = OF_ALL | {"build", "environment", "secrets", "stop_grace_period", "depends_on"}
ONCE = frozenset({"setup", "replica-set"})
"""Containers that end when they have done their work."""
MAY: dict[str, frozenset[str]] = {
    **dict.fromkeys(SERVICES, OF_SERVICES),
    "ingest": OF_SERVICES | {"volumes", "scale"},
    "setup": OF_SERVICES | {"command"},
    "gateway": OF_ALL | {"user", "entrypoint", "ports", "volumes", "depends_on"},
    **dict.fromkeys(("mongodb", "redis"), OF_SERVERS | {"entrypoint", "command"}),
    "replica-set": OF_SERVERS | {"entrypoint", "depends_on"},
    **dict.fromkeys(
        ("rabbitmq", "rabbitmq2", "rabbitmq3"),
        OF_SERVERS | {"entrypoint", "hostname", "depends_on"},
    ),
}
BUILT = frozenset({"context", "dockerfile", "target", "args"})
BASES = {
    "PYTHON": "${PYTHON_IMAGE:?}",
    "VERSION": "${SOFTPHONE_VERSION:-}",
    "REVISION": "${SOFTPHONE_REVISION:-}",
}
"""The only arguments of a build: the image of .env that ours are built on, and their labels."""
LARGER: Json = {
    "mongodb": {"mem_limit": "2g", "pids_limit": 4096},
    **{name: {"mem_limit": "256m"} for name in ("setup", "replica-set")},
    **{node: {"mem_limit": "1g"} for node in ("rabbitmq", "rabbitmq2", "rabbitmq3")},
}
"""Containers that need more of the machine than the others, or less."""
SCRATCH = frozenset({"/tmp:size=64m", "/var/log/rabbitmq:size=64m"})
MOUNTED = frozenset(
    {
        "./gateway:/etc/nginx/softphone:ro",
        "./mongodb/initiate.js:/etc/softphone/initiate.js:ro",
        "./rabbitmq/start-node:/etc/rabbitmq/start-node:ro",
        "./rabbitmq/healthy:/etc/rabbitmq/healthy:ro",
        "./rabbitmq/members.conf:/etc/rabbitmq/conf.d/92-members.conf:ro",
        "./rabbitmq/node.conf:/etc/rabbitmq/conf.d/80-node.conf:ro",
        "./rabbitmq/exchanges.json:/etc/rabbitmq/definitions.d/15-exchanges.json:ro",
        "./rabbitmq/rights.json:/etc/rabbitmq/definitions.d/20-rights.json:ro",
        "./rabbitmq/cluster.conf:/etc/rabbitmq/conf.d/91-cluster.conf:ro",
    }
)
"""Files of the machine that containers can read, besides secrets."""


def openings(compose: Json) -> list[str]:
    """Everything that a compose file, or two merged ones, grants beyond the allowed options."""
    result = [f"{key} at the top" for key in compose if key not in TOP and not key.startswith("x-")]
    for name, container in compose["services"].items():
        result += (f"{name}: {what}" for what in _of_container(name, container, compose))
    for name, network in compose["networks"].items():
        if network not in (None, {"internal": True}):
            result.append(f"network {name} is not internal or has options")
    result += (f"volume {name}" for name, volume in compose["volumes"].items() if volume)
    for name, secret in compose["secrets"].items():
        folder, _, file = secret.get("file", "").partition("/")
        if set(secret) != {"file"} or folder != "secrets.d" or not file or "/" in file:
            result.append(f"secret {name} is not a file in secrets.d")
    return result


def _of_container(name: str, container: Json, compose: Json) -> Iterator[str]:
    if name not in MAY:
        yield "is not in the list of containers"
        return
    yield from (f"has {key}" for key in container.keys() - MAY[name])
    for key, value in FIXED.items():
        needed = LARGER.get(name, {}).get(key, value)
        if key == "restart" and name in ONCE:
            needed = "on-failure"
        if key not in container or container[key] != needed:
            yield f"{key} is {container.get(key)}"
    if container.get("user") != USERS.get(name):
        yield f"is {container.get('user')}"
    if not {"/tmp:size=64m"} <= set(container.get("tmpfs", ())) <= SCRATCH:
        yield f"writes to {container.get('tmpfs')}"
    if name not in ONCE and not container.get("healthcheck", {}).get("test"):
        yield "has no health check"
    for volume in map(str, container.get("volumes", ())):
        if volume not in MOUNTED and volume.split(":")[0] not in compose["volumes"]:
            yield f"sees {volume}"
    build = container.get("build", {})
    if not set(build) <= BUILT or build.get("args", BASES) != BASES:
        yield f"is built with {build}"
    if not set(container["networks"]) <= set(compose["networks"]):
        yield f"is in {container['networks']}"


def together(base: Json, over: Json) -> Json:
    """Merges two compose files as compose does."""
    both: Json = _merged(base, {**over, "services": {}})
    names = {**base["services"], **over["services"]}
    return {**both, "services": {name: container(base, over, name) for name in names}}


def container(base: Json, over: Json, name: str) -> Json:
    """Merges one container of two compose files, with `extends`."""
    own = dict(over["services"].get(name, {}))
    extended = own.pop("extends", {"file": "compose.yaml", "service": name})
    assert extended["file"] == "compose.yaml"
    result: Json = _merged(base["services"][extended["service"]], own)
    return result


def _merged(below: Any, above: Any) -> Any:
    """Merges mappings by key, volumes and secrets by target, and appends lists."""
    if isinstance(below, dict) and isinstance(above, dict):
        both = {name: _merged(below.get(name), above.get(name)) for name in {**below, **above}}
        for name in ("command", "entrypoint"):
            if name in above:
                both[name] = above[name]
        for name in ("volumes", "secrets"):
            if isinstance(both.get(name), list):
                both[name] = list({_target(v): v for v in both[name]}.values())
        return both
    if isinstance(below, list) and isinstance(above, list):
        return below + above
    return below if above is None else above


def _target(volume: Any) -> str:
    """The path of a volume in the container, or the file name of a secret."""
    if isinstance(volume, dict):
        return str(volume["target"])
    return str(volume.split(":")[1] if ":" in volume else volume)
