"""Every service can be installed and started with its declared dependencies alone."""

import asyncio
import os
from pathlib import Path

import pytest
from uv import find_uv_bin

from softphone_common.process.settings import EXIT_BAD_SETTINGS
from softphone_common.runtime.registry import installed_services
from support.paths import ROOT

SERVICES = tuple(installed_services())


async def run(*command: str | Path, env: dict[str, str]) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=ROOT,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


@pytest.mark.parametrize("service", SERVICES)
async def test_service_installed_alone_starts(service: str, tmp_path: Path) -> None:
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("SOFTPHONE_", "VIRTUAL_ENV"))}
    env = {**plain, "UV_PROJECT_ENVIRONMENT": str(tmp_path / "venv")}
    package = f"softphone-{service}"
    sync = (find_uv_bin(), "sync", "--package", package, "--no-dev", "--no-editable", "--quiet")
    code, output = await run(*sync, env=env)
    assert code == 0, output
    code, output = await run(tmp_path / "venv" / "bin" / "softphone", service, "run", env=plain)
    assert code == EXIT_BAD_SETTINGS, output
    assert "SOFTPHONE_AMQP_URL: Field required" in output
    site = next((tmp_path / "venv" / "lib").glob("python3*")) / "site-packages"
    others = {f"softphone_{other}" for other in SERVICES if other != service}
    assert not others & {path.name for path in site.iterdir()}
