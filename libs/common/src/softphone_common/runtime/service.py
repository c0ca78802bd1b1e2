"""The two types a `service.py` builds from: a service and the resources it starts and stops."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fastapi import APIRouter, Request, Response
from prometheus_client import Gauge

from softphone_common.http.auth import AccessRules, RefusalLog
from softphone_common.process.background_task import BackgroundTask


class Resource(Protocol):
    """A client, cache or worker that a service starts in order and stops in reverse order.

    `essential` is false for a resource without which the service still does its work: `/readyz`
    then answers 200 and `degraded` while the resource fails. `task` is the background task that
    must not end before `stop`, or None; the process exits if it fails.
    """

    @property
    def name(self) -> str: ...
    @property
    def essential(self) -> bool: ...
    @property
    def task(self) -> BackgroundTask | None: ...

    async def start(self) -> None: ...
    async def ping(self) -> None: ...
    async def stop(self) -> None: ...


Figure = Callable[[], Awaitable[float]]
"""Reads a number for operators, such as the open sockets. May raise UnavailableError."""

FigureByLabel = Callable[[], Awaitable[Mapping[str, float]]]
"""Reads one number for each value of a label. May raise UnavailableError."""


@dataclass(frozen=True)
class Readings:
    """Numbers of a service that are read when somebody asks.

    Operators see `figures` by their names. Prometheus reads `gauges`, and `labelled_gauges` with
    a number for each value of their label.
    """

    figures: Mapping[str, Figure] = field(default_factory=dict)
    gauges: Mapping[Gauge, Figure] = field(default_factory=dict)
    labelled_gauges: Mapping[Gauge, FigureByLabel] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """A service that is built and not started: its routes, and its resources in start order.

    `access` refuses tokens that are valid in themselves, such as those of ended sessions.
    `refusals` records who was refused what needs more rights.
    `not_found` makes the page that browsers get for an address that no route has.
    `queue_lengths` counts the messages in each queue that the service consumes, and may raise
    UnavailableError.
    `uploads` are the routes, such as `PUT /api/x`, that take larger bodies than others, each with
    the bytes it takes. They read and limit these bodies themselves.
    """

    name: str
    routers: Sequence[APIRouter]
    resources: Sequence[Resource]
    access: AccessRules
    refusals: RefusalLog
    queue_lengths: Callable[[], Awaitable[Mapping[str, int]]] | None = None
    readings: Readings = Readings()
    not_found: Callable[[Request], Response] | None = None
    uploads: Mapping[str, int] = field(default_factory=dict)
