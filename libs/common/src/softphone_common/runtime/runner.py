"""Starts services, serves them on one port, and stops them in reverse order."""

import asyncio
import contextlib
import errno
import os
import signal
import sys
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any, NoReturn, TypeVar

from fastapi import FastAPI

from softphone_common.http import app as http_app
from softphone_common.http.auth import Tokens
from softphone_common.process import telemetry
from softphone_common.process.clock import Clock, utc_now
from softphone_common.process.errors import StartError
from softphone_common.process.settings import EXIT_BAD_SETTINGS, Settings, load
from softphone_common.process.telemetry import log
from softphone_common.runtime import open_files
from softphone_common.runtime.http_server import HttpServer, bind
from softphone_common.runtime.readiness import Readiness
from softphone_common.runtime.registry import ServiceDefinition
from softphone_common.runtime.service import Resource, Service

EXIT_CRASHED = 1
EXIT_PORT_TAKEN = 3

_BAD_HOST = "Set SOFTPHONE_HOST to an address of this machine, such as 0.0.0.0 for all."
_REMEDIES = {
    errno.EADDRINUSE: "Stop what uses it, or set SOFTPHONE_PORT to another port.",
    errno.EACCES: "Set SOFTPHONE_PORT to a port above 1023, which needs no root.",
}

S = TypeVar("S", bound=Settings)


class Runner:
    """Runs one or several services in this process behind one port."""

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
        readiness = Readiness(services, settings.ping_seconds, self._stop.is_set)
        self.app: FastAPI = http_app.build(title, routers, tokens, settings.body_max, readiness)

    def stop(self) -> None:
        """Begins the shutdown and returns at once; `run` returns when it is complete."""
        self._stop.set()

    async def run(self) -> int:
        """Runs until `stop`, SIGINT, SIGTERM or a crash. Returns the exit code of the process."""
        open_files.allow(self._settings.connections_max)
        host, port = self._settings.host, self._settings.port
        # The port is bound before anything is started, so that a second process on the same port
        # does no work before it fails.
        try:
            listening = bind(host, port)
        except OSError as error:
            sys.stderr.write(
                f"{host}:{port} can't be listened on: {error.strerror}."
                f" {_REMEDIES.get(error.errno or 0, _BAD_HOST)}\n"
            )
            return EXIT_PORT_TAKEN
        server = HttpServer(self.app, self._settings)
        started: list[Resource] = []
        with _signals(self._stop):
            try:
                for resource in (r for s in self._services for r in s.resources):
                    await resource.start()
                    started.append(resource)
                serving = asyncio.create_task(server.serve([listening]), name="http")
                log.info("listening", port=listening.getsockname()[1])
                tasks = [r.task.running for r in started if r.task and r.task.running]
                crashed = await self._until_end(serving, tasks)
                self._stop.set()
                server.should_exit = True
                # Requests end before the resources they use.
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
        """Waits for the stop. True if before that a task failed or the HTTP server ended."""
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


def run_service(definition: ServiceDefinition[S]) -> NoReturn:
    """Reads the settings from the environment, runs the service and ends the process."""
    settings = load(definition.settings)
    telemetry.configure(settings.log_level)
    telemetry.bind(service=definition.name)

    async def run() -> int:
        return await Runner(settings, [await definition.build(settings)]).run()

    finish(run())


def finish(main: Coroutine[Any, Any, int]) -> NoReturn:
    """Runs the coroutine and ends the process with the exit code it returns.

    The process ends without waiting for tasks and threads that are left: our own have been stopped
    by then, and one that a library has forgotten would keep the process alive for ever.
    """
    code = asyncio.Runner().run(main)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    except ValueError:  # only the main thread may handle signals; another thread calls `stop`
        yield
        return
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
