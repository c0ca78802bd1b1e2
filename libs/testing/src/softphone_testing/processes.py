"""The services as real processes; each can be stopped, killed and started by itself."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from softphone_common.contracts.entities import Role, User
from softphone_common.runtime.registry import installed_services
from softphone_testing.activation_codes import PUBLIC_KEY
from softphone_testing.installation_keys import key_variables, token_issuer
from softphone_testing.servers.child import Child
from softphone_testing.servers.ports import HOST, free_port

READY_SECONDS = 60.0
STOP_SECONDS = 30.0
INHERITED = ("PATH", "LANG", "TMPDIR")


class _ServiceChild(Child):
    """A child process whose exit code can be read."""

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode if self._process else None


class ServiceProcess:
    """One service in a process, with the keys of tests that belong to the service.

    The process keeps its port, and with it its address, over restarts.
    """

    def __init__(
        self, name: str, env: Mapping[str, str], folder: Path, *, log: str | None = None
    ) -> None:
        self.name = name
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        # The program of this environment, whatever PATH says.
        command = [str(Path(sys.executable).with_name("softphone")), name, "run"]
        # Nothing else is inherited: settings of the developer's shell must not reach the services.
        base = {key: os.environ[key] for key in INHERITED if key in os.environ}
        own = {"SOFTPHONE_HOST": HOST, "SOFTPHONE_PORT": str(self.port)}
        self._child = _ServiceChild(
            log or name, command, folder=folder, env={**base, **key_variables(name), **env, **own}
        )
        self.should_run = False
        """True from `start` to `stop` or `kill`, even if the process has crashed."""

    @property
    def running(self) -> bool:
        return self._child.running

    @property
    def pid(self) -> int:
        """The id of the process that runs now."""
        assert self._child.pid is not None
        return self._child.pid

    async def start(self) -> None:
        """Returns when the service is ready. Raises ServerError with the end of its log."""
        await self._child.start()
        self.should_run = True
        try:
            await self.wait_ready()
        except BaseException:
            await self.kill()
            raise

    async def wait_ready(self, within: float = READY_SECONDS) -> None:
        """Returns when `/readyz` answers 200."""
        await self._child.wait_answers(f"{self.url}/readyz", within)

    async def stop(self) -> None:
        """Sends SIGTERM. The process must end in time and with exit code 0."""
        assert self.running, f"{self.name} does not run, {self.log_tail()}"
        self.should_run = False
        await self._child.stop(STOP_SECONDS)
        assert self._child.exit_code == 0, f"{self.name} did not stop well, {self.log_tail()}"

    async def kill(self) -> None:
        """Sends SIGKILL, as the kernel does when memory runs out."""
        self.should_run = False
        await self._child.kill()

    async def restart(self) -> None:
        """Stops the process cleanly and starts it on the same port."""
        await self.stop()
        await self.start()

    def pause(self) -> None:
        """Sends SIGSTOP: the kernel still accepts connections, and nothing answers."""
        self._child.pause()

    def resume(self) -> None:
        self._child.resume()

    def log_text(self) -> str:
        """Everything the service has written since its first start."""
        return self._child.log.read_text(errors="replace")

    def log_tail(self) -> str:
        return f"exit code {self._child.exit_code}; its log ends:\n{self.log_text()[-3000:]}"


class ServiceFleet:
    """All services over the same servers, with their own keys and one folder of logs."""

    def __init__(
        self,
        rabbitmq: str,
        mongodb: str,
        redis: str,
        folder: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.env = {
            "SOFTPHONE_AMQP_URL": rabbitmq,
            "SOFTPHONE_MONGO_URL": mongodb,
            "SOFTPHONE_REDIS_URL": redis,
            "SOFTPHONE_ACTIVATION_PUBLIC_KEY": PUBLIC_KEY,
            "SOFTPHONE_READS_MAX": "100000",  # tests ask again until something has happened
            **(env or {}),
        }
        self.tokens = token_issuer()
        self._processes = {
            name: ServiceProcess(name, self.env, folder) for name in installed_services()
        }

    def __getitem__(self, name: str) -> ServiceProcess:
        return self._processes[name]

    def __iter__(self) -> Iterator[ServiceProcess]:
        return iter(self._processes.values())

    @property
    def ports(self) -> dict[str, int]:
        """The port of each service."""
        return {name: process.port for name, process in self._processes.items()}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All services run inside; at the end they are stopped as by `stop`."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    async def start(self) -> None:
        """Starts all at the same time. If one fails, the others are killed."""
        starts = await asyncio.gather(*(p.start() for p in self), return_exceptions=True)
        failures = [failure for failure in starts if isinstance(failure, BaseException)]
        if failures:
            await self.kill()
            raise failures[0]

    async def stop(self) -> None:
        """Stops all that should run, each with exit code 0, and kills the rest."""
        stops = await asyncio.gather(
            *(p.stop() for p in self if p.should_run), return_exceptions=True
        )
        await self.kill()
        for failure in stops:
            if isinstance(failure, BaseException):
                raise failure

    async def kill(self) -> None:
        await asyncio.gather(*(p.kill() for p in self))

    def token(
        self, tenant: str, role: Role = "user", extensions: tuple[str, ...] = (), user: str = ""
    ) -> str:
        """A bearer token of a user who need not exist."""
        somebody = User(
            id=user or uuid4().hex, tenant=tenant, login=role, role=role, extensions=extensions
        )
        return self.tokens.issue(somebody, timedelta(minutes=10))[0]
