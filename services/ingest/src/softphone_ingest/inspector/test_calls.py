"""Test calls: a device's own request for an incoming call, sent through the pipeline like a hit.

A test call takes every step of a real one, so the user of its extension sees it. It rings for a
few seconds and then ends as missed.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import CallObserved
from softphone_common.domain.call import Observation
from softphone_common.http.problem import ProblemError
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_common.stores.rate_limit import Rate, RateLimiter
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.devices.device import StoredDevice, device_url
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.hits.pipeline import HitPipeline, ObservationPublisher
from softphone_ingest.mapping.request import HitRequest

USER_AGENT = "softphone-connector test call"
"""Marks the request in the inspector."""
_ID_DIGITS = 11


@dataclass(frozen=True, slots=True)
class TestCallLimits:
    """Test calls of a tenant in a minute, and the seconds that each rings."""

    __test__ = False  # pytest takes classes with this name for tests

    calls_max: int
    ring_seconds: float


class TestCalls:
    """Makes test calls of devices and ends them."""

    name = "test calls"
    essential = False
    task: BackgroundTask | None = None
    __test__ = False

    def __init__(
        self,
        pipeline: HitPipeline,
        publisher: ObservationPublisher,
        configs: DeviceConfigs,
        seal: Seal,
        clock: Clock,
        limiter: RateLimiter,
        limits: TestCallLimits,
    ) -> None:
        self._pipeline = pipeline
        self._publisher = publisher
        self._configs = configs
        self._seal = seal
        self._clock = clock
        self._limiter = limiter
        self._rate = Rate("test-calls", limits.calls_max, 60)
        self._ring_seconds = limits.ring_seconds
        self._stopping = asyncio.Event()
        self._ends: set[asyncio.Task[None]] = set()

    async def ring(
        self, tenant: Tenant, device: StoredDevice, extension: str, client: str, public: str
    ) -> str | None:
        """Sends the request a phone at `extension` would send, and returns the id of its call.

        Raises ProblemError like a hit, 429 for too many test calls of a tenant, and 409 if the
        device's requests must be signed or its preset has no such request; UnavailableError if
        the call cannot be stored.
        """
        await self._limiter.acquire(self._rate, tenant.id)
        preset = self._configs.presets.get(device.preset)
        config = await self._configs.of(tenant, device)
        if device.secret_sealed and config.mapping.verify is not None:
            raise ProblemError("test-call-signed")
        if preset is None or not preset.ring:
            raise ProblemError("test-call-unknown")
        key = self._seal.decrypt(device.key_sealed)
        if key is None:
            raise ProblemError("device-key-unreadable")
        values = {"extension": extension, "call_id": _new_id()}
        request = ring_request(preset.ring, values, client)
        result = await self._pipeline.take(key, request, device_url(public, key))
        if result.call_id is not None:
            self._end_later(tenant.id, device.id, result.call_id)
        return result.call_id

    def _end_later(self, tenant: str, device: str, call_id: str) -> None:
        task = asyncio.create_task(self._end(tenant, device, call_id), name="end of a test call")
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

    async def _end(self, tenant: str, device: str, call_id: str) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._ring_seconds):
                await self._stopping.wait()
        # without an extension it ends all legs of the call
        observation = Observation(
            call_id=call_id,
            phase="missed",
            extension="",
            remote=None,
            at=self._clock(),
            direction="inbound",
            device=device,
        )
        try:
            await self._publisher.publish(CallObserved(tenant=tenant, observation=observation))
        except UnavailableError as error:
            resource = error.resource
            log.warning(
                "end of a test call is lost", call=call_id, tenant=tenant, resource=resource
            )

    async def start(self) -> None:
        """Nothing has to be ready before the first test call."""

    async def ping(self) -> None:
        """A test call needs nothing of its own that could be missing."""

    async def stop(self) -> None:
        """Ends the test calls that still ring."""
        self._stopping.set()
        await asyncio.gather(*self._ends, return_exceptions=True)


def ring_request(template: str, values: Mapping[str, str], client: str) -> HitRequest:
    """The request of a preset's `ring` with these values in it. Raises HitError if it is none."""
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", value)
    request = HitRequest.parse(template)
    headers = {**request.headers, "user-agent": USER_AGENT}
    return HitRequest(request.method, request.path, request.query, headers, request.body, client)


def _new_id() -> str:
    """Digits only: some senders count their calls."""
    return "9" + "".join(secrets.choice("0123456789") for _ in range(_ID_DIGITS))
