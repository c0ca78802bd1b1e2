"""The one start, stop and health of all services, alone in a process or several together."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, TypeVar, cast

import uvicorn
from fastapi import APIRouter, FastAPI

from softphone_common.http import app as http_app
from softphone_common.http.auth import IsTokenOutdated, Tokens
from softphone_common.http.connection_limits import Connections
from softphone_common.process import telemetry
from softphone_common.process.clock import Clock, utc_now
from softphone_common.process.errors import StartError, UnavailableError
from softphone_common.process.settings import EXIT_BAD_SETTINGS, Settings, load
from softphone_common.process.telemetry import log
from softphone_common.runtime import open_files

EXIT_CRASHED = 1
EXIT_PORT_TAKEN = 3


class Resource(Protocol):
    """Something with a life: started in order, pinged for readiness, stopped in reverse order.

    `essential` says whether the service is of any use without it. `task` is what must never end
    by itself, if there is such a thing.
    """

    @property
    def name(self) -> str: ...
    @property
    def essential(self) -> bool: ...
    @property
    def task(self) -> asyncio.Task[None] | None: ...

    async def start(self) -> None: ...
    async def ping(self) -> None: ...
    async def stop(self) -> None: ...


@dataclass(frozen=True)
class Service:
    """What a `service.py` builds: routes to join, resources in the order they start, and what it
    knows of users that have changed."""

    name: str
    routers: Sequence[APIRouter]
    resources: Sequence[Resource]
    token_versions: IsTokenOutdated


class Runner:
    """Runs services in this process behind one port until told to stop."""

    def __init__(
        self, settings: Settings, services: Sequence[Service], clock: Clock = utc_now
    ) -> None:
        self._settings = settings
        self._services = services
        self._stop = asyncio.Event()
        routers = [router for service in services for router in service.routers]
        title = f"Softphone Connector: {', '.join(service.name for service in services)}"
        tokens = Tokens(
            settings.auth_secret, clock, [service.token_versions for service in services]
        )
        self.app: FastAPI = http_app.build(
            title, routers, tokens, settings.body_max, self.readiness
        )

    def stop(self) -> None:
        """Begins the end; `run` returns when it is complete."""
        self._stop.set()

    async def readiness(self) -> dict[str, Any]:
        """One entry per service and resource: "ok", or what is wrong with it."""
        checks = [(s, r) for s in self._services for r in s.resources]
        answers = await asyncio.gather(*(self._check(r) for _, r in checks))
        state: dict[str, dict[str, str]] = {s.name: {} for s in self._services}
        ready = not self._stop.is_set()
        for (service, resource), answer in zip(checks, answers, strict=True):
            state[service.name][resource.name] = answer
            ready = ready and (answer == "ok" or not resource.essential)
        degraded = any(answer != "ok" for answer in answers)
        status = "draining" if self._stop.is_set() else "degraded" if degraded else "ok"
        return {"ready": ready, "status": status, "services": state}

    async def run(self) -> int:
        """Runs until `stop`, a signal or a crash; gives the exit code."""
        open_files.allow(self._settings.connections_max)
        resources = [r for s in self._services for r in s.resources]
        listening = _bind(self._settings)
        if listening is None:
            return EXIT_PORT_TAKEN
        server = _Server(_config(self.app, self._settings))
        started: list[Resource] = []
        with _signals(self._stop):
            try:
                for resource in resources:
                    await resource.start()
                    started.append(resource)
                serving = asyncio.create_task(server.serve([listening]), name="http")
                log.info("listening", port=listening.getsockname()[1])
                crashed = await self._until_end(serving, [r.task for r in started if r.task])
                self._stop.set()
                server.should_exit = True
                await asyncio.gather(serving, return_exceptions=True)
            except StartError as error:
                sys.stderr.write(f"{error}\n")
                return EXIT_BAD_SETTINGS
            finally:
                for resource in reversed(started):
                    await resource.stop()
                listening.close()
        log.info("stopped", crashed=crashed)
        return EXIT_CRASHED if crashed else 0

    async def _until_end(
        self, serving: asyncio.Task[None], tasks: list[asyncio.Task[None]]
    ) -> bool:
        """Waits for the stop; True if a task failed, or serving ended by itself, before that."""
        stopping = asyncio.create_task(self._stop.wait())
        waiting: set[asyncio.Task[Any]] = {stopping, serving, *tasks}
        try:
            while not stopping.done() and not serving.done():
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done - {stopping}:
                    if not task.cancelled() and (error := task.exception()):
                        log.critical("crashed", task=task.get_name(), exc_info=error)
                        return True
            return not stopping.done()
        finally:
            stopping.cancel()

    async def _check(self, resource: Resource) -> str:
        try:
            async with asyncio.timeout(self._settings.ping_seconds):
                await resource.ping()
        except TimeoutError:
            return f"does not answer within {self._settings.ping_seconds:g} s"
        except UnavailableError as error:
            return str(error)
        return "ok"


S = TypeVar("S", bound=Settings)


def main(settings: type[S], build: Callable[[S], Awaitable[Service]]) -> NoReturn:
    """The whole of a service's command: settings, logs, one service, exit code."""
    loaded = load(settings)
    telemetry.configure(loaded.log_level)

    async def run() -> int:
        service = await build(loaded)
        telemetry.bind(service=service.name)
        return await Runner(loaded, [service]).run()

    finish(run())


def finish(whole: Coroutine[Any, Any, int]) -> NoReturn:
    """Runs it and ends the process at once with the exit code it gives: all that is ours has been
    stopped by then, and for a task or a thread that a library forgot nobody waits."""
    code = asyncio.Runner().run(whole)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class _Server(uvicorn.Server):
    """uvicorn without its own idea of signals: the runner owns start and stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=cast("type[asyncio.Protocol]", Connections(settings)),
        lifespan="off",
        access_log=False,  # a hit's URL holds its device's key
        log_config=None,
        server_header=False,
        ws_max_size=settings.body_max,
        ws_per_message_deflate=False,  # frames are small, and what is packed may be a bomb
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=settings.idle_seconds,
        timeout_graceful_shutdown=max(1, int(settings.shutdown_seconds / 2)),
    )


def _bind(settings: Settings) -> socket.socket | None:
    # by its name asyncio knows that TCP must not hold back the second half of an answer: 40 ms
    listening = socket.socket(proto=socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        sys.stderr.write(
            f"{settings.host}:{settings.port} can't be listened on: {error.strerror}."
            " Stop what uses it, or set SOFTPHONE_PORT to another port.\n"
        )
        return None
    return listening


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    except ValueError:  # not the main thread: whoever started us says when to stop
        yield
        return
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
