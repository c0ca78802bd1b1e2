"""Images are named in one file, with their digests once somebody has pinned them."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from support.deployment import CONTAINERS, DEPLOY, IMAGES

NAMED = re.compile(r"[a-z0-9./-]+:[\w.-]+(@sha256:[0-9a-f]{64})?")
BEFORE = f"# a remark\nONE_IMAGE=one:1\nTWO_IMAGE=a/two:2@sha256:{'e' * 64}\n"
DOCKER = """#!/bin/sh
test "$1 $2 $3" = "buildx imagetools inspect" || exit 64
case $4 in
  one:1) digest=%s ;;
  a/two:2) digest=%s ;;
  *) echo "ERROR: $4: not found" >&2; exit 1 ;;
esac
printf 'Name:      %%s\\nMediaType: index\\nDigest:    sha256:%%s\\n\\nManifests:\\n' "$4" "$digest"
printf '  Name:    %%s@sha256:%%064d\\n' "$4" 0
"""


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that answers as docker does, and knows two images."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER % ("c" * 64, "d" * 64))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


def pin(file: Path) -> subprocess.CompletedProcess[str]:
    command = ["/usr/bin/env", "python3", str(DEPLOY / "pin-images"), str(file)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_images_of_containers_and_builds_are_those_of_the_file() -> None:
    used = {f"${{{name}:?}}" for name in IMAGES}
    monitoring = yaml.safe_load((DEPLOY / "compose.monitoring.yaml").read_text())
    containers = [*CONTAINERS.values(), *monitoring["services"].values()]
    foreign = {each["image"] for each in containers if "build" not in each}
    builds = [each["build"] for each in containers if "build" in each]
    built = {build["args"]["PYTHON"] for build in builds}
    assert foreign | built == used
    assert all(NAMED.fullmatch(image) for image in IMAGES.values())
    bases = re.findall(r"(?m)^ARG PYTHON.*", (DEPLOY / "Dockerfile").read_text())
    assert bases == ["ARG PYTHON"]


def test_pinning_writes_the_digest_of_each_tag(docker: Path, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(BEFORE)
    assert pin(file).returncode == 0
    digests = f"one:1@sha256:{'c' * 64}\nTWO_IMAGE=a/two:2@sha256:{'d' * 64}\n"
    assert file.read_text() == f"# a remark\nONE_IMAGE={digests}"


def test_pinning_without_an_answer_changes_nothing(docker: Path, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(text := f"{BEFORE}THREE_IMAGE=three:3\n")
    ended = pin(file)
    assert (ended.returncode, file.read_text()) == (1, text)
    assert "three:3" in ended.stderr
    docker.unlink()
    (docker.parent / "docker").symlink_to("/nonexistent")
    assert (pin(file).returncode, file.read_text()) == (1, text)
