"""The Dockerfile and the compose file as data, and the script that makes secrets."""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from softphone_common.process.settings import PREFIX, Settings
from softphone_common.runtime.registry import installed_services
from support.paths import ROOT

DEPLOY = ROOT / "deploy"
SERVICES = tuple(installed_services())
SETTINGS: dict[str, type[Settings]] = {
    name: definition.settings for name, definition in installed_services().items()
}
SERVERS = {"rabbitmq": 5672, "mongodb": 27017, "redis": 6379}
TARGETS = {**{name: ROOT / "services" / name for name in SERVICES}, "onebox": DEPLOY / "onebox"}
IMAGES: dict[str, str] = dict(re.findall(r"(?m)^(\w+_IMAGE)=(\S+)$", (DEPLOY / ".env").read_text()))
"""The images of .env by the names of their variables."""
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]


@dataclass
class Stage:
    """One stage of the Dockerfile: its base image and its instructions."""

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
    """The arguments of an instruction in the target and the stages below it, in order."""
    if target not in STAGES:
        return []
    stage = STAGES[target]
    return instructions(stage.base, word) + [rest for w, rest in stage.instructions if w == word]


def environment(target: str) -> dict[str, str]:
    pairs = re.findall(r"(\w+)=(\S+)", " ".join(instructions(target, "ENV")))
    return dict(pairs)


def configured(container: str) -> dict[str, str]:
    """The settings of a container by field name; names end in `_file` for values from files."""
    variables = CONTAINERS[container]["environment"]
    return {n.removeprefix(PREFIX).lower(): v for n, v in variables.items() if n.startswith(PREFIX)}


def secrets_of(container: str) -> dict[str, str]:
    """The secrets of a container by the name of the file that it reads."""
    named = CONTAINERS[container].get("secrets", ())
    pairs = ((s, s) if isinstance(s, str) else (s["target"], s["source"]) for s in named)
    return dict(pairs)


def make_secrets(folder: Path) -> None:
    command = [DEPLOY / "secrets", folder, activation_folder(folder)]
    subprocess.run(command, check=True, capture_output=True)


def activation_folder(folder: Path) -> Path:
    """Where `make_secrets` puts the key that signs activation codes."""
    return folder.with_name(f"{folder.name}-activation")
