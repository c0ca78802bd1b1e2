"""Finds the tenants whose activation ends first, for monitoring."""

from collections.abc import Iterable
from datetime import timedelta

from softphone_common.contracts.entities import Tenant
from softphone_common.process.clock import Clock

_TENANTS_MAX = 20
"""More would be series that nobody reads: an alert names those that end soon."""
_EXPIRED_DAYS = timedelta(days=30)
"""A tenant that expired earlier has left, or somebody has noticed."""


class ActivationEnds:
    """The tenants that are switched on and whose activation ends first."""

    def __init__(self, tenants: Iterable[Tenant], clock: Clock) -> None:
        self._tenants = tenants
        self._clock = clock

    async def first(self) -> dict[str, float]:
        """The end of up to 20 activations in seconds since 1970, by tenant."""
        since = self._clock() - _EXPIRED_DAYS
        ends = sorted(
            (tenant.activation.expires_at, tenant.id)
            for tenant in self._tenants
            if tenant.active and tenant.activation and tenant.activation.expires_at > since
        )
        return {tenant: end.timestamp() for end, tenant in ends[:_TENANTS_MAX]}
