"""Makes the call a click begins and the link that hands it to the softphone; dials nothing."""

from urllib.parse import quote
from uuid import uuid4

from softphone_common.bus.rabbit import Bus
from softphone_common.clock import Clock
from softphone_common.contracts.events import CallObserved, Tenant
from softphone_common.domain.calls import Observation
from softphone_common.domain.numbers import RemoteNumber
from softphone_ingest.identity import Identities


class Dialler:
    """Turns clicks into `dialed` calls."""

    def __init__(self, bus: Bus, identities: Identities, clock: Clock) -> None:
        self._bus = bus
        self._identities = identities
        self._clock = clock

    async def dial(self, tenant: Tenant, extension: str, remote: RemoteNumber) -> tuple[str, str]:
        """The new call's id and the link to open. Raises UnavailableError if it can't be kept."""
        call = str(uuid4())
        observation = Observation(
            call_id=call,
            phase="dialed",
            extension=extension,
            remote=remote,
            at=self._clock(),
            direction="outbound",
            identity="click",
        )
        await self._bus.publish(CallObserved(tenant=tenant.id, observation=observation))
        await self._identities.expect(tenant.id, extension, remote, call)
        # in the query of a web address a plus would be a blank
        safe = "*" if tenant.dial_link.lower().startswith("http") else "+*"
        number = quote(remote.e164 or remote.display, safe=safe)
        return call, tenant.dial_link.replace("{number}", number)
