"""Holds the registry of services against the folders and the lists of `pyproject.toml` files."""

import subprocess
import sys

from softphone_common.runtime.registry import installed_services
from support.paths import ROOT

FOLDERS = {folder.parent.name for folder in ROOT.glob("services/*/pyproject.toml")}


def test_every_folder_is_an_installed_service() -> None:
    assert set(installed_services()) == FOLDERS


def test_a_service_has_one_name_everywhere() -> None:
    for name, definition in installed_services().items():
        assert definition.name == name
        assert definition.settings.__module__ == f"softphone_{name}.settings"


def test_project_files_list_every_service() -> None:
    command = [sys.executable, str(ROOT / "deploy" / "services"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
