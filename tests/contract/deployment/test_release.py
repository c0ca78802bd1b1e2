"""The release has one number, and every place that shows it has that one."""

import json
import re
import tomllib

import pytest

from softphone_common.runtime.release import release
from support.deployment import CONTAINERS, DEPLOY, SERVICES, TARGETS, instructions
from support.paths import ROOT

COMMON = ROOT / "libs" / "common" / "pyproject.toml"
PROJECTS = [
    *ROOT.glob("pyproject.toml"),
    *ROOT.glob("*/*/pyproject.toml"),
]
LABELS = {
    "version": "$VERSION",
    "revision": "$REVISION",
    "licenses": "Apache-2.0",
}


def number(text: str) -> tuple[int, ...]:
    """The numbers of a version without its suffix for development."""
    return tuple(map(int, re.findall(r"\d+", text.partition(".dev")[0])))


def test_one_package_names_the_release() -> None:
    versions = {
        path: tomllib.loads(path.read_text())["project"]["version"]
        for path in PROJECTS
        if ".venv" not in path.parts
    }
    assert versions.pop(COMMON) == release()
    assert len(versions) > len(SERVICES)
    assert set(versions.values()) == {"0"}


def test_images_are_labelled_with_the_release() -> None:
    assert f"\nSOFTPHONE_VERSION={release()}\n" in (DEPLOY / ".env").read_text()
    for name in (*SERVICES, "setup"):
        assert CONTAINERS[name]["build"]["args"]["VERSION"] == "${SOFTPHONE_VERSION:-}"


@pytest.mark.parametrize("target", TARGETS)
def test_image_has_labels_and_the_commit(target: str) -> None:
    label = r'org\.opencontainers\.image\.(\w+)=("[^"]+"|\S+)'
    labels = dict(re.findall(label, " ".join(instructions(target, "LABEL"))))
    assert labels == LABELS | {"title": f'"Softphone Connector: {target}"'}
    assert {"VERSION=", "REVISION="} <= set(instructions(target, "ARG"))
    written = [run for run in instructions(target, "RUN") if "$REVISION" in run]
    assert [run.split(">")[-1] for run in written] == ["/opt/softphone/revision"]
    assert "ENV UV_PROJECT_ENVIRONMENT=/opt/softphone" in (DEPLOY / "Dockerfile").read_text()


def test_documents_name_the_release() -> None:
    documents = [*ROOT.glob("docs/openapi/*.json"), ROOT / "docs" / "asyncapi.json"]
    assert len(documents) > len(SERVICES)
    for document in documents:
        assert json.loads(document.read_text())["info"]["version"] == release(), document


def test_changelog_ends_at_the_release() -> None:
    headings = re.findall(r"(?m)^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text())
    if ".dev" in release():
        assert headings[0] == "Unreleased"
        assert number(headings[1]) < number(release())
    else:
        assert next(each for each in headings if each != "Unreleased") == release()
