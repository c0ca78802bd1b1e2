"""The base of the servers RabbitMQ, MongoDB and Redis as child processes with a data folder."""

import asyncio
import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from softphone_testing.servers.child import Child, ServerError
from softphone_testing.servers.identity import Identity
from softphone_testing.servers.ports import is_free

PREDECESSOR_SECONDS = 10.0
PORT_ATTEMPTS = 3


class Server(ABC):
    """A server with a data folder of its own. `url` stays valid after a stop and a start.

    A later process that uses the folder finds its data and credentials, and its port if that is
    free. A folder is locked, so that only one process uses it at a time.
    """

    title: str
    ready_seconds = 60.0
    grace_seconds = 20.0

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.description = f"{self.title} (not started)"
        self._identity: Identity | None = None
        self._child: Child | None = None
        self._lock: int | None = None
        self._served = False

    @property
    def identity(self) -> Identity:
        if self._identity is None:
            raise ServerError(f"{self.title} has no address before its first start")
        return self._identity

    @property
    def port(self) -> int:
        return self.identity.port

    @property
    @abstractmethod
    def url(self) -> str:
        """The address with credentials. Raises ServerError before the first start."""

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    @abstractmethod
    async def _launch(self) -> None:
        """Starts the program and returns when it accepts the credentials."""

    async def start(self) -> None:
        """Returns when the server is ready. If it raises, nothing is left running."""
        if self.running:
            return
        try:
            await self._take_folder()
            self._settle_identity()
            await self._launch_or_move()
        except BaseException:
            await self.kill()
            raise
        self._served = True

    async def _launch_or_move(self) -> None:
        """Launches the program, on another port if this one was taken before clients knew it."""
        for _ in range(PORT_ATTEMPTS):
            try:
                return await self._launch()
            except ServerError:
                if self._child is not None:
                    await self._child.kill()
                if self._served or is_free(self.port):
                    raise
                self._identity = Identity.load(self.folder)
        return await self._launch()

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop(self.grace_seconds)
        await self.kill()

    async def kill(self) -> None:
        """Sends SIGKILL, as in a power cut; the data stays as the program left it."""
        child, self._child = self._child, None
        if child is not None:
            await child.kill()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def pause(self) -> None:
        """Sends SIGSTOP: connections stay open and nothing answers."""
        if self._child is not None:
            self._child.pause()

    def resume(self) -> None:
        if self._child is not None:
            self._child.resume()

    def _child_process(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> Child:
        """A child that inherits the folder's lock and keeps it if this process dies first."""
        inherited = () if self._lock is None else (self._lock,)
        base = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
        full = {**base, "HOME": str(self.folder), **env}
        return Child(name, command, folder=self.folder, env=full, inherited_files=inherited)

    async def _take_folder(self) -> None:
        if self._lock is not None:
            await self.kill()  # the child has crashed: release the lock it was started with
        lock = self._open_lock()
        end = asyncio.get_running_loop().time() + PREDECESSOR_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if asyncio.get_running_loop().time() > end:
                    os.close(lock)
                    raise ServerError(
                        f"{self.title}: another process uses {self.folder}; "
                        "stop it or choose another folder"
                    ) from error
                # A process that was killed just now may not have released its lock yet.
                await asyncio.sleep(0.1)
            else:
                self._lock = lock
                return

    def _open_lock(self) -> int:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)

    def _settle_identity(self) -> None:
        if not self._served:
            self._identity = Identity.load(self.folder)
        elif not is_free(self.port):
            raise ServerError(
                f"{self.title}: port {self.port} was taken while it was stopped; "
                "end the program that listens there"
            )
