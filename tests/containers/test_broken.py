"""A mistake in the Dockerfile or in the compose file ends the build or the start with its name."""

import shutil
from pathlib import Path

import pytest

from containers import images
from containers.command import CommandFailedError
from containers.engine import Engine
from containers.project import Project
from support.deployment import DEPLOY


async def test_broken_line_of_the_dockerfile_fails_the_build(
    built: list[str], tmp_path: Path
) -> None:
    (tmp_path / "deploy").mkdir()
    for name in ("hashes.txt", "lock", "node"):
        shutil.copy(DEPLOY / name, tmp_path / "deploy" / name)
    text = (DEPLOY / "Dockerfile").read_text()
    broken = text.replace("COPY deploy/lock deploy/lock", "COPY deploy/lokc deploy/lock")
    assert broken != text
    (tmp_path / "deploy" / "Dockerfile").write_text(broken)
    with pytest.raises(CommandFailedError, match="lokc"):
        await images.build("ingest", tmp_path)


async def test_broken_key_of_the_compose_file_fails_the_start(engine: Engine) -> None:
    project = await Project.create(engine, "broken")
    file = project.folder / "compose.yaml"
    text = file.read_text()
    file.write_text(text.replace("    hostname: rabbitmq ", "    hostnam: rabbitmq "))
    assert file.read_text() != text
    with pytest.raises(CommandFailedError, match="hostnam"):
        await project.up()
