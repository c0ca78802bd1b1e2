"""The way of a hit: whose it is, what it says, which call it belongs to, and onto the bus."""

from datetime import datetime

from fastapi import Request

from softphone_common.bus.rabbit import Bus
from softphone_common.clock import Clock
from softphone_common.contracts.events import CallObserved, Device, Tenant
from softphone_common.domain.calls import Observation
from softphone_common.domain.numbers import normalise
from softphone_common.http.problem import RETRY_AFTER, ProblemError
from softphone_common.tenants import Tenants
from softphone_ingest.devices import DeviceMirror
from softphone_ingest.hits import Hit, read
from softphone_ingest.identity import Identities

_SCOPE = "pbx"


class Intake:
    """Takes hits. All it needs to understand one is in memory; only the broker must answer."""

    def __init__(
        self,
        devices: DeviceMirror,
        tenants: Tenants,
        identities: Identities,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._devices = devices
        self._tenants = tenants
        self._identities = identities
        self._bus = bus
        self._clock = clock

    async def take(self, key: str, event: str, request: Request) -> str:
        """The id of the call the hit belongs to, once the broker has it on disk.

        Raises ProblemError 404 for an unknown key, 403 for an inactive tenant, 422 for what can't
        be read, 503 while devices are not known yet; UnavailableError if the broker is away.
        """
        now = self._clock()
        device = self._device(key)
        tenant = self._tenants.require(device.tenant)
        if not tenant.active:
            raise ProblemError(403, "This tenant is not active")
        hit = await read(request, event, device.extension)
        observation = await self._understand(tenant, device, hit, now)
        await self._bus.publish(CallObserved(tenant=tenant.id, observation=observation))
        return observation.call_id

    def _device(self, key: str) -> Device:
        device = self._devices.by_key(key)
        if device is not None:
            return device
        if not self._devices.loaded:
            raise ProblemError(503, "Devices are still being read", headers=RETRY_AFTER)
        raise ProblemError(404, "No device has this key")

    async def _understand(
        self, tenant: Tenant, device: Device, hit: Hit, now: datetime
    ) -> Observation:
        remote = normalise(hit.number, tenant.numbers)
        resolved = await self._identities.resolve(tenant.id, _SCOPE, hit, remote, now)
        return Observation(
            call_id=resolved.call_id,
            phase=hit.phase,
            extension=hit.extension,
            remote=remote,
            at=now,
            direction=hit.direction,
            name=hit.name,
            reason=hit.reason,
            talk_seconds=hit.talk_seconds,
            external_id=hit.call_id,
            identity=resolved.identity,
            device=device.id,
        )
