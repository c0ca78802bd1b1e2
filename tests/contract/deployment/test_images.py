"""The Dockerfile: the images of the services and of the onebox."""

import json
import re
import tomllib

import pytest

from softphone_common.process.settings import PREFIX, Settings
from softphone_onebox.settings import OneboxSettings
from support.deployment import (
    CONTAINERS,
    IMAGES,
    SERVICES,
    SETTINGS,
    STAGES,
    TARGETS,
    environment,
    instructions,
)
from support.paths import ROOT


@pytest.mark.parametrize("target", TARGETS)
def test_image_runs_the_command_of_its_package(target: str) -> None:
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
    (built,) = {s.removeprefix("--from=") for s in sources if s.startswith("--from=")}
    (sync,) = (run for run in instructions(built, "RUN") if "uv sync" in run)
    assert sync.endswith(f"uv sync --locked --package {project['name']} --no-dev --no-editable")


@pytest.mark.parametrize("target", TARGETS)
def test_image_has_no_root_user_and_a_health_check(target: str) -> None:
    user, group = instructions(target, "USER")[-1].split(":")
    assert int(user) > 0 < int(group)
    assert instructions(target, "STOPSIGNAL")[-1] == "SIGTERM"
    assert "/healthz" in instructions(target, "HEALTHCHECK")[-1]
    own: type[Settings] | type[OneboxSettings] = SETTINGS.get(target, OneboxSettings)
    settings = {name for name in environment(target) if name.startswith(PREFIX)}
    assert {name.removeprefix(PREFIX).lower() for name in settings} <= set(own.model_fields)
    assert environment(target)["SOFTPHONE_HOST"] == "0.0.0.0"


def test_images_begin_with_a_supported_python() -> None:
    assert re.fullmatch(r"python:3\.1[12]-slim-\w+", IMAGES["PYTHON_IMAGE"].split("@")[0])
    assert {stage.base for stage in STAGES.values()} - set(STAGES) == {"${PYTHON}"}


def test_onebox_writes_to_its_volume() -> None:
    assert environment("onebox")["SOFTPHONE_DATA_DIR"] == instructions("onebox", "VOLUME")[-1]


def test_spool_has_a_volume_of_its_own() -> None:
    folder = environment("ingest")["SOFTPHONE_SPOOL_DIR"]
    assert folder == instructions("ingest", "VOLUME")[-1]
    assert CONTAINERS["ingest"]["volumes"] == [f"spool:{folder}"]


def test_build_context_holds_only_copied_files() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert rules[0] == "*"
    copied = [*instructions("sources", "COPY"), *instructions("runtime", "COPY")]
    assert let_in == {re.sub(r"^--\S+ ", "", arguments).split()[0] for arguments in copied}
    assert all((ROOT / name).exists() for name in let_in)
