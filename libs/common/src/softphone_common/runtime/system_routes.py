"""The route `/api/system/<service>`: what operators see of one service of the installation."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Literal, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel, Field

from softphone_common.http.auth import OperatorCaller
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.runtime.readiness import Readiness
from softphone_common.runtime.release import release
from softphone_common.runtime.service import Service

T = TypeVar("T")


class ResourceState(BaseModel):
    """A server or worker a service needs; `state` is `ok` or the reason of its failure."""

    name: str
    essential: bool = Field(description="Whether the service does no work without it")
    state: str


class QueueState(BaseModel):
    """A queue that the service consumes, with the messages that wait in it."""

    queue: str
    messages: int


class SystemOutput(BaseModel):
    """One service, as the process that answered sees it; the queues are those of all processes.

    `queues` is null while RabbitMQ does not answer, and a figure while its store does not.
    """

    service: str
    version: str
    started_at: datetime
    status: Literal["ok", "degraded", "draining"]
    resources: list[ResourceState]
    queues: list[QueueState] | None
    figures: dict[str, float | None]


class SystemApi:
    """One service over HTTP, for operators. Strangers get nothing of it, unlike of `/readyz`."""

    def __init__(self, service: Service, readiness: Readiness, clock: Clock) -> None:
        self._service = service
        self._readiness = readiness
        self._started_at = clock()
        self.router = APIRouter(prefix="/api/system", tags=["system"])
        self.router.add_api_route(f"/{service.name}", self.show, methods=["GET"])

    async def show(self, _: OperatorCaller) -> SystemOutput:
        """Shows the version, resources, queues and figures of this service."""
        service = self._service
        state = await self._readiness()
        states = state["services"][service.name]
        lengths = await _or_none(service.queue_lengths()) if service.queue_lengths else {}
        return SystemOutput(
            service=service.name,
            version=release(),
            started_at=self._started_at,
            status=state["status"],
            resources=[
                ResourceState(name=each.name, essential=each.essential, state=states[each.name])
                for each in service.resources
            ],
            queues=None
            if lengths is None
            else [QueueState(queue=name, messages=lengths[name]) for name in sorted(lengths)],
            figures={
                name: await _or_none(read()) for name, read in service.readings.figures.items()
            },
        )


async def _or_none(reading: Awaitable[T]) -> T | None:
    try:
        return await reading
    except UnavailableError:
        return None
