"""Installs a program of Python into an environment of its own, in the user's cache.

The environment has exactly the files whose hashes are in a list next to the program that needs it,
and needs the network once for each version of this list.
"""

import asyncio
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from softphone_testing.servers.child import ProgramMissingError

INSTALL_SECONDS = 300.0


async def installed_python(pins: Path, name: str, advice: str) -> str:
    """The Python of the environment with these packages, which is installed first if it is missing.

    Raises ProgramMissingError, which says that `name` is missing and gives the advice.
    """
    target = _environment(pins, name)
    python = target / "bin" / "python"
    if not python.exists():
        await _install(pins, target, f"{name} could not be installed; {advice}")
    return str(python)


def _environment(pins: Path, name: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
    tag = f"{name.lower()}-{digest}-cp{sys.version_info.major}{sys.version_info.minor}"
    return cache / "softphone-connector" / tag


async def _install(pins: Path, target: Path, failure: str) -> None:
    uv = _uv(failure)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Built in another folder and moved, so that no process sees an incomplete environment.
    draft = Path(tempfile.mkdtemp(prefix=target.name, dir=target.parent))
    try:
        venv = (uv, "venv", "--relocatable", "--clear", "--python", sys.executable, str(draft))
        await _run(failure, *venv)
        into = str(draft / "bin" / "python")
        # wheels only, because building from sources would run packages that no hash names
        options = ("--require-hashes", "--no-build", "--no-deps", "--requirement", str(pins))
        await _run(failure, uv, "pip", "install", "--python", into, *options)
        _move(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _move(draft: Path, target: Path) -> None:
    if (target / "bin" / "python").exists():
        return  # another process has installed it meanwhile
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


def _uv(failure: str) -> str:
    of_environment = Path(sys.executable).with_name("uv")
    uv = str(of_environment) if of_environment.exists() else shutil.which("uv")
    if uv is None:
        raise ProgramMissingError(f"{failure}; there is no uv to install with")
    return uv


async def _run(failure: str, *command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(INSTALL_SECONDS):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        tail = "\n  ".join(output.decode(errors="replace").splitlines()[-15:])
        raise ProgramMissingError(f"{failure}:\n  {tail}")
