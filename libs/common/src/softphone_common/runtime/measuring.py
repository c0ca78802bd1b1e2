"""Reads the metrics that are known only when somebody asks: what is ready, and what lies where."""

import asyncio
import math
from collections.abc import Awaitable, Mapping, Sequence
from typing import TypeVar

from softphone_common.process import metrics
from softphone_common.process.errors import UnavailableError
from softphone_common.runtime.readiness import Readiness
from softphone_common.runtime.service import Service

T = TypeVar("T")


class Measuring:
    """Sets the gauges of the services in this process. Called for each `/metrics`."""

    def __init__(self, services: Sequence[Service], readiness: Readiness, seconds: float) -> None:
        self._services = services
        self._readiness = readiness
        self._seconds = seconds

    async def __call__(self) -> None:
        """Reads all gauges at the same time. One that can't be read is NaN or has no series."""
        await asyncio.gather(self._set_ready(), self._set_plain(), self._set_labelled())

    async def _set_ready(self) -> None:
        for service, resources in (await self._readiness())["services"].items():
            for resource, text in resources.items():
                metrics.READY.labels(service, resource).set(text == "ok")

    async def _set_plain(self) -> None:
        gauges = [pair for service in self._services for pair in service.readings.gauges.items()]
        values = await asyncio.gather(*(self._or(math.nan, read()) for _, read in gauges))
        for (gauge, _), value in zip(gauges, values, strict=True):
            gauge.set(value)

    async def _set_labelled(self) -> None:
        gauges = [
            pair for service in self._services for pair in service.readings.labelled_gauges.items()
        ]
        nothing: Mapping[str, float] = {}
        values = await asyncio.gather(*(self._or(nothing, read()) for _, read in gauges))
        for gauge, _ in gauges:
            gauge.clear()
        # of several services in one process, each has some series of a gauge
        for (gauge, _), by_label in zip(gauges, values, strict=True):
            for label, value in by_label.items():
                gauge.labels(label).set(value)

    async def _or(self, default: T, reading: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._seconds):
                return await reading
        except (TimeoutError, UnavailableError):
            return default
