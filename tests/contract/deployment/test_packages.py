"""The distributions of notifier contain the page as npm has built it."""

import subprocess
import tarfile
import zipfile
from pathlib import Path

from uv import find_uv_bin

from support.page_files import BUILT
from support.paths import ROOT


def test_wheel_and_sources_of_notifier_have_the_built_page(tmp_path: Path) -> None:
    command = [find_uv_bin(), "build", "--quiet", "--package", "softphone-notifier"]
    subprocess.run([*command, "--out-dir", str(tmp_path)], cwd=ROOT, check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        in_wheel = set(wheel.namelist())
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as sources:
        in_sources = {name.partition("/src/")[2] for name in sources.getnames()}
    built = {f"softphone_notifier/web/{path.name}" for path in BUILT.iterdir()}
    assert "softphone_notifier/web/index.html.br" in built
    assert built <= in_wheel
    assert built <= in_sources
