"""Has calls follow the records: publishes the matches of numbers whose records were changed."""

from collections.abc import Collection, Iterable

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import NumbersMatched
from softphone_common.domain.matching import Lookup
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_matcher.directory.record import RecordNumber
from softphone_matcher.directory.store import Finder

_LOOKUPS_MAX = 20
"""Numbers of one message, each of which may have many matches."""


class Rematching:
    """Looks changed numbers up again."""

    def __init__(self, finder: Finder, bus: Bus, clock: Clock) -> None:
        self._finder = finder
        self._bus = bus
        self._clock = clock

    async def publish(self, tenant: str, keys: Collection[str]) -> bool:
        """Publishes who has these numbers now.

        False while MongoDB or the broker is away: calls keep the records they have. The change
        itself is stored.
        """
        changed = sorted(set(keys))
        try:
            for first in range(0, len(changed), _LOOKUPS_MAX):
                # the time before the look-up: of two look-ups the one that began later counts
                now = self._clock()
                found = await self._finder.find(tenant, changed[first : first + _LOOKUPS_MAX])
                lookups = tuple(Lookup(number, matches, now) for number, matches in found.items())
                await self._bus.publish(NumbersMatched(tenant=tenant, lookups=lookups))
        except UnavailableError as error:
            log.warning("changed records not published", numbers=len(changed), error=str(error))
            return False
        return True


def keys_of(numbers: Iterable[RecordNumber]) -> set[str]:
    """The keys of all these numbers."""
    return {key for number in numbers for key in number.keys}
