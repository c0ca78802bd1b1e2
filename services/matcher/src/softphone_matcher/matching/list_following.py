"""Has calls follow the lists of numbers without records, when a tenant changes them."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from softphone_common.contracts.entities import Tenant
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.matching.finder import e164_without_records

_RECENT = timedelta(minutes=10)
"""Before the first look. Calls that are older have mostly ended."""
PAUSE_SECONDS = 2
"""Between two looks at the versions of the tenants, which are in memory."""


class ListFollowing:
    """Looks numbers up again that a tenant begins or ends to ignore. A resource of `service.run`.

    The lists at the start are the first that are known, and numbers of a tenant that was changed
    shortly before are looked up. Instances that notice a change at once publish the same twice, of
    which the later counts.
    """

    name = "numbers without records"
    essential = False

    def __init__(
        self,
        tenants: Iterable[Tenant],
        rematching: Rematching,
        clock: Clock,
        seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._tenants = tenants
        self._rematching = rematching
        self._clock = clock
        self._seconds = seconds
        self._seen: dict[str, tuple[int, frozenset[str]]] = {}
        self.task = BackgroundTask(self._run, "numbers without records")

    async def start(self) -> None:
        """Returns at once; calls keep their records until a change is noticed."""
        self.task.start()

    async def ping(self) -> None:
        """Succeeds: new calls are matched by the lists of their tenant."""

    async def stop(self) -> None:
        """Stops after the message that is being published."""
        await self.task.stop()

    def has_seen(self, tenant: str) -> bool:
        """Whether the next change of the tenant's lists is followed."""
        return tenant in self._seen

    async def follow(self, tenant: Tenant) -> None:
        """Publishes who has the numbers that were added to the lists or taken out of them.

        While that fails the change is not yet seen, and is published at the next look.
        """
        seen = self._seen.get(tenant.id)
        if seen is not None and seen[0] == tenant.version:
            return
        now = e164_without_records(tenant)
        before = self._at_first(tenant, now) if seen is None else seen[1]
        if await self._rematching.publish(tenant.id, before ^ now):
            self._seen[tenant.id] = tenant.version, now

    def _at_first(self, tenant: Tenant, now: frozenset[str]) -> frozenset[str]:
        """The lists before the first look. An instance that ended may have missed a change."""
        changed_at = tenant.updated_at
        is_recent = changed_at is not None and self._clock() - changed_at < _RECENT
        return frozenset() if is_recent else now

    async def _run(self) -> None:
        while True:
            for tenant in self._tenants:
                try:
                    await self.follow(tenant)
                except UnavailableError as error:
                    log.warning("changed lists of numbers postponed", error=str(error))
                except Exception as error:  # one tenant must not end the service
                    log.error("lists of numbers not read", tenant=tenant.id, exc_info=error)
            await asyncio.sleep(self._seconds)
