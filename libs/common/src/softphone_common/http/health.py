"""The routes that monitoring reads: `/healthz`, `/readyz` and `/metrics`."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

ReadinessCheck = Callable[[], Awaitable[dict[str, Any]]]
"""Returns `{"ready": bool, ...}` with one entry for each resource that was checked."""

Measure = Callable[[], Awaitable[None]]
"""Sets the metrics that are only read when somebody asks for them."""


def health_router(ready: ReadinessCheck) -> APIRouter:
    """The routes of health; they are in no OpenAPI document, since the gateway hides them."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Answers 200 while the process runs."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, Any]:
        """The state of each resource; 503 if an essential one does not answer."""
        state = await ready()
        response.status_code = 200 if state["ready"] else 503
        return state

    return router


def metrics_router(measure: Measure) -> APIRouter:
    """The route `/metrics`, for the port of everything or for one of its own."""
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def metrics() -> Response:
        """All metrics in the Prometheus text format."""
        await measure()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
