"""Where SecantusDB, our stand-in for mongod, is installed; never imported, only run.

It is under the GPL and a pre-release, so it lives in an environment of its own in the user's
cache: a second start needs neither network nor time.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

from softphone_testing.servers.child import ProgramMissingError

REQUIREMENT = "secantusdb>=0.7.0b3,<0.8"
INSTALL_SECONDS = 300.0


async def installed_python() -> str:
    """The interpreter of an environment that has SecantusDB, installed now if need be."""
    python = _environment() / "bin" / "python"
    if not python.exists():
        await _install()
    return str(python)


def _environment() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    tag = f"secantusdb-0.7-cp{sys.version_info.major}{sys.version_info.minor}"
    return cache / "softphone-connector" / tag


async def _install() -> None:
    uv = _uv()
    target = _environment()
    target.parent.mkdir(parents=True, exist_ok=True)
    # Built aside and moved: whoever sees the environment sees a whole one.
    draft = Path(tempfile.mkdtemp(prefix=target.name, dir=target.parent))
    try:
        await _run(uv, "venv", "--relocatable", "--clear", "--python", sys.executable, str(draft))
        into = str(draft / "bin" / "python")
        await _run(uv, "pip", "install", "--python", into, "--prerelease", "allow", REQUIREMENT)
        _move(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _move(draft: Path, target: Path) -> None:
    if (target / "bin" / "python").exists():
        return  # somebody else was faster
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise ProgramMissingError(
            "MongoDB: no mongod on the PATH, and no uv to install SecantusDB with; "
            "install one of them or set SOFTPHONE_MONGO_URL"
        )
    return found


async def _run(*command: str) -> None:
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
        raise ProgramMissingError(
            "MongoDB: no mongod on the PATH, and SecantusDB could not be installed; connect to "
            f"the network once, install mongod, or set SOFTPHONE_MONGO_URL:\n  {tail}"
        )
