"""Docker's engine in namespaces of its own, made of Debian's packages."""

import asyncio
import ctypes
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from containers import images
from containers.command import CommandFailedError, run
from containers.packages import CACHE, Packages, kept
from softphone_testing.until import until

CAGE = Path(__file__).with_name("cage.sh")
DOCKER = Packages(
    "forky",
    ("docker.io", "docker-cli", "docker-compose", "iptables", "ca-certificates", "iproute2"),
)
CLONE_NEWNET = 0x40000000
START_SECONDS = 60
STOP_SECONDS = 60


class Engine:
    """A running daemon. Its containers are reached from its own network namespace only.

    The folder `work` is all that the daemon sees of this machine.
    """

    def __init__(self, process: asyncio.subprocess.Process, work: Path) -> None:
        self._process = process
        self.work = work

    async def docker(self, *arguments: str, text: str | None = None, **environment: str) -> str:
        """The output of one docker command. Raises CommandFailedError."""
        return await self.run("docker", *arguments, text=text, **environment)

    async def run(self, *command: str, text: str | None = None, **environment: str) -> str:
        """The output of a command next to the daemon. Raises CommandFailedError."""
        settings = {
            "HOME": "/root",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "DOCKER_HOST": f"unix://{self.work}/docker.sock",
            **environment,
        }
        pairs = [f"{name}={value}" for name, value in settings.items()]
        inside = ["nsenter", "--target", str(self._process.pid), "--mount", "--net", "--"]
        return await run(*inside, "env", "-i", *pairs, *command, text=text)

    async def load(self, name: str) -> None:
        """Brings an image from buildah's storage, unless the engine has the same one."""
        try:
            loaded = await self.docker("image", "inspect", "--format", "{{.Id}}", name)
        except CommandFailedError:
            loaded = ""
        if loaded.strip() == await images.identity(name):
            return
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            file = Path(folder) / "image.tar"
            await images.archive(name, file)
            await self.docker("load", "--quiet", "--input", str(file))

    def enter_network(self) -> None:
        """Has this thread and its children open their sockets in the engine's network."""
        _enter_network(self._process.pid)


@asynccontextmanager
async def running_engine() -> AsyncIterator[Engine]:
    """An engine without containers; the images of the last run are still there."""
    root = await kept(CACHE / f"engine-{DOCKER.digest()}", DOCKER)
    work = CACHE / "docker"
    shutil.rmtree(work / "exec", ignore_errors=True)
    (work / "dockerd.pid").unlink(missing_ok=True)
    work.mkdir(exist_ok=True)
    with (work / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            "unshare", "--mount", "--net", str(CAGE), str(root), str(work),
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        engine = Engine(process, work)
        try:
            await until(
                lambda: _answers(engine, process, work / "log"),
                within=START_SECONDS,
                what="Docker's daemon",
            )
            await engine.docker("system", "prune", "--force", "--volumes")
            yield engine
        finally:
            await _stop(process)


async def _answers(engine: Engine, process: asyncio.subprocess.Process, log: Path) -> bool:
    if process.returncode is not None:
        raise CommandFailedError(f"Docker's daemon ended:\n{log.read_text()[-4000:]}")
    try:
        await engine.docker("version")
    except CommandFailedError:
        return False
    return True


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _enter_network(process: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/proc/{process}/ns/net").open() as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "the engine's network cannot be entered")
