"""Installs SecantusDB, which replaces mongod for trying and testing.

SecantusDB is a pre-release under the GPL, so it is never imported and has an environment of its
own, in the user's cache. The environment has exactly the files whose hashes are in secantusdb.txt
(`make pin`), and needs the network once for each version of this list.
"""

import asyncio
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from softphone_testing.servers.child import ProgramMissingError

PINS = Path(__file__).with_suffix(".txt")
INSTALL_SECONDS = 300.0


async def installed_python() -> str:
    """The Python of the environment with SecantusDB, which is installed first if it is missing."""
    python = _environment() / "bin" / "python"
    if not python.exists():
        await _install()
    return str(python)


def _environment() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pins = hashlib.sha256(PINS.read_bytes()).hexdigest()[:12]
    tag = f"secantusdb-{pins}-cp{sys.version_info.major}{sys.version_info.minor}"
    return cache / "softphone-connector" / tag


async def _install() -> None:
    uv = _uv()
    target = _environment()
    target.parent.mkdir(parents=True, exist_ok=True)
    # Built in another folder and moved, so that no process sees an incomplete environment.
    draft = Path(tempfile.mkdtemp(prefix=target.name, dir=target.parent))
    try:
        await _run(uv, "venv", "--relocatable", "--clear", "--python", sys.executable, str(draft))
        into = str(draft / "bin" / "python")
        # wheels only, because building from sources would run packages that no hash names
        options = ("--require-hashes", "--no-build", "--no-deps", "--requirement", str(PINS))
        await _run(uv, "pip", "install", "--python", into, *options)
        _move(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _move(draft: Path, target: Path) -> None:
    if (target / "bin" / "python").exists():
        return  # another process has installed it meanwhile
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


def _uv() -> str:
    of_environment = Path(sys.executable).with_name("uv")
    uv = str(of_environment) if of_environment.exists() else shutil.which("uv")
    if uv is None:
        raise ProgramMissingError(
            "MongoDB: no mongod on the PATH, and no uv to install SecantusDB with; "
            "install one of them or set SOFTPHONE_MONGO_URL"
        )
    return uv


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
