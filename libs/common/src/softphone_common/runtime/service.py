"""The two types a `service.py` builds from: a service and the resources it starts and stops."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fastapi import APIRouter

from softphone_common.http.auth import IsTokenOutdated
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


@dataclass(frozen=True)
class Service:
    """A service that is built and not started: its routes, and its resources in start order.

    `token_versions` refuses the tokens of users who have changed since the token was issued.
    """

    name: str
    routers: Sequence[APIRouter]
    resources: Sequence[Resource]
    token_versions: IsTokenOutdated
