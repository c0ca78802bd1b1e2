"""Starts services, serves them on one port, and stops them in reverse order."""

import asyncio
import contextlib
import errno
import os
import signal
import sys
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from fastapi import FastAPI

from softphone_common.http import app as http_app
from softphone_common.http.auth import Tokens
from softphone_common.process import metrics, telemetry
from softphone_common.process.clock import Clock, utc_now
from softphone_common.process.ed25519 import decode_public_keys
from softphone_common.process.errors import StartError
from softphone_common.process.host_names import host_and_port, host_names
from softphone_common.process.settings import EXIT_BAD_SETTINGS, Settings, load
from softphone_common.process.telemetry import log
from softphone_common.runtime import open_files
from softphone_common.runtime.allowed_hosts import AllowedHosts
from softphone_common.runtime.http_server import BoundSockets, HttpServer, bind
from softphone_common.runtime.measuring import Measuring
from softphone_common.runtime.readiness import Readiness
from softphone_common.runtime.registry import ServiceDefinition
from softphone_common.runtime.release import release, revision
from softphone_common.runtime.service import Resource, Service
from softphone_common.runtime.system_routes import SystemApi
from softphone_common.stores.rate_limit import RateLimiter
from softphone_common.stores.read_limit import UserReadLimit
from softphone_common.stores.redis import Redis
from softphone_common.stores.token_buckets import RedisTokenBuckets
from softphone_common.stores.write_limit import UserWriteLimit

EXIT_CRASHED = 1
EXIT_PORT_TAKEN = 3

_BAD_HOST = "Set SOFTPHONE_{}HOST to an address of this machine, such as 0.0.0.0 for all."
_REMEDIES = {
    errno.EADDRINUSE: "Stop what uses it, or set SOFTPHONE_{}PORT to another port.",
    errno.EACCES: "Set SOFTPHONE_{}PORT to a port above 1023, which needs no root.",
}

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class _Listener:
    """An app and where it listens. `kind` is in the names of the settings of its host and port."""

    app: FastAPI
    host: str
    port: int
    kind: str

    def bind(self, opened: contextlib.ExitStack) -> BoundSockets:
        """The bound sockets, closed with the stack. Raises OSError with the remedy in its text."""
        try:
            return bind(self.host, self.port, opened)
        except OSError as error:
            remedy = _REMEDIES.get(error.errno or 0, _BAD_HOST).format(self.kind)
            address = host_and_port(self.host, self.port)
            text = f"{address} can't be listened on: {error.strerror}. {remedy}"
            raise OSError(error.errno, text) from error


class Runner:
    """Runs one or several services in this process behind one port."""

    def __init__(
        self, settings: Settings, services: Sequence[Service], clock: Clock = utc_now
    ) -> None:
        self._settings = settings
        self._services = services
        self._stop = asyncio.Event()
        seconds, is_stopping = settings.ping_seconds, self._stop.is_set
        overviews = [SystemApi(s, Readiness([s], seconds, is_stopping), clock) for s in services]
        routers = [router for service in services for router in service.routers]
        routers += [api.router for api in overviews]
        title = f"Softphone Connector: {', '.join(service.name for service in services)}"
        refusals = [refusal for service in services for refusal in service.access.refusals]
        # notifier makes and removes API keys, and its cache knows each change first
        maker = next((each for each in services if each.name == "notifier"), services[0])
        public_keys = decode_public_keys(settings.token_public_keys)
        tokens = Tokens(public_keys, clock, refusals, maker.access.api_keys)
        self._redis = Redis(settings, essential=False)
        limiter = RateLimiter(RedisTokenBuckets(self._redis), clock, settings)
        writes = UserWriteLimit(limiter, settings.writes_max)
        reads = UserReadLimit(limiter, settings.reads_max)
        readiness = Readiness(services, seconds, is_stopping)
        measuring = Measuring(services, readiness, seconds)
        uploads = {route: size for s in services for route, size in s.uploads.items()}
        self._largest_body = max(settings.body_max, *uploads.values(), 0)
        self.app: FastAPI = http_app.build(
            title,
            routers,
            tokens,
            writes,
            reads,
            services[0].refusals,  # those of one process are recorded once
            settings.body_max,
            readiness,
            version=release(),
            measure=measuring if settings.metrics_port is None else None,
            not_found=next((s.not_found for s in services if s.not_found), None),
            uploads=uploads,
        )
        self._listeners = [_Listener(self.app, settings.host, settings.port, "")]
        if settings.metrics_port is not None:
            alone = http_app.build_metrics(measuring)
            host, port = settings.metrics_host, settings.metrics_port
            self._listeners.append(_Listener(alone, host, port, "METRICS_"))
        for listener in self._listeners:
            names = host_names(settings.allowed_hosts)
            listener.app.add_middleware(AllowedHosts, names=names)

    def stop(self) -> None:
        """Begins the shutdown and returns at once; `run` returns when it is complete."""
        self._stop.set()

    async def run(self) -> int:
        """Runs until `stop`, SIGINT, SIGTERM or a crash. Returns the exit code of the process."""
        open_files.allow(self._settings.connections_max)
        # The ports are bound before anything is started, so that a second process on the same port
        # does no work before it fails.
        with contextlib.ExitStack() as sockets:
            try:
                listening = [(each.app, each.bind(sockets)) for each in self._listeners]
            except OSError as error:
                sys.stderr.write(f"{error.strerror}\n")
                return EXIT_PORT_TAKEN
            return await self._serve(listening)

    async def _serve(self, listening: list[tuple[FastAPI, BoundSockets]]) -> int:
        servers = [
            (HttpServer(app, self._settings, self._largest_body), bound) for app, bound in listening
        ]
        started: list[Resource] = []
        build = {"version": release(), "revision": revision()}
        metrics.BUILD.info(build)
        with _signals(self._stop):
            try:
                of_services = (r for s in self._services for r in s.resources)
                for resource in (self._redis, *of_services):
                    await resource.start()
                    started.append(resource)
                serving = [
                    asyncio.create_task(server.serve(bound), name="http")
                    for server, bound in servers
                ]
                for _, bound in servers:
                    log.info("listening", port=bound[0].getsockname()[1], **build)
                tasks = [r.task.running for r in started if r.task and r.task.running]
                crashed = await self._until_end(serving, tasks)
                self._stop.set()
                for server, _ in servers:
                    server.should_exit = True
                # Requests end before the resources they use.
                await asyncio.gather(*serving, return_exceptions=True)
            except StartError as error:
                sys.stderr.write(f"{error}\n")
                return EXIT_BAD_SETTINGS
            finally:
                for resource in reversed(started):
                    await resource.stop()
        log.info("stopped", crashed=crashed)
        return EXIT_CRASHED if crashed else 0

    async def _until_end(
        self, serving: list[asyncio.Task[None]], tasks: list[asyncio.Task[None]]
    ) -> bool:
        """Waits for the stop. True if before that a task failed or an HTTP server ended."""
        stopping = asyncio.create_task(self._stop.wait())
        waiting: set[asyncio.Task[Any]] = {stopping, *serving, *tasks}
        try:
            while not stopping.done() and not any(each.done() for each in serving):
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
