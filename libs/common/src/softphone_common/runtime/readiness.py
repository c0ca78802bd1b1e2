"""Answers `/readyz`: pings every resource of every service in this process."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from softphone_common.process.errors import UnavailableError
from softphone_common.runtime.release import release, revision
from softphone_common.runtime.service import Resource, Service


class Readiness:
    """The state of the services. Calling it pings all resources at the same time."""

    def __init__(
        self, services: Sequence[Service], ping_seconds: float, is_stopping: Callable[[], bool]
    ) -> None:
        self._services = services
        self._ping_seconds = ping_seconds
        self._is_stopping = is_stopping

    async def __call__(self) -> dict[str, Any]:
        """`ready`, `status`, `version`, `revision`, and for each service and resource "ok" or the
        reason of its failure.

        A process that stops is not ready, so that a load balancer sends it no more requests.
        """
        checks = [(s, r) for s in self._services for r in s.resources]
        results = await asyncio.gather(*(self._ping(r) for _, r in checks))
        state: dict[str, dict[str, str]] = {s.name: {} for s in self._services}
        stopping = self._is_stopping()
        ready = not stopping
        for (service, resource), result in zip(checks, results, strict=True):
            state[service.name][resource.name] = result
            ready = ready and (result == "ok" or not resource.essential)
        degraded = any(result != "ok" for result in results)
        status = "draining" if stopping else "degraded" if degraded else "ok"
        return {
            "ready": ready,
            "status": status,
            "version": release(),
            "revision": revision(),
            "services": state,
        }

    async def _ping(self, resource: Resource) -> str:
        try:
            async with asyncio.timeout(self._ping_seconds):
                await resource.ping()
        except TimeoutError:
            return f"does not answer within {self._ping_seconds:g} s"
        except UnavailableError as error:
            return str(error)
        return "ok"
