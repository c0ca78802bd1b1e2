"""Has calls of direct lines follow the records of their exchange."""

from collections import OrderedDict
from collections.abc import Iterable

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import RangesChanged
from softphone_common.domain.keys.lookup_keys import keys_of_call
from softphone_matcher.directory.rematching import Rematching

_NUMBERS_MAX = 500
"""Numbers of a tenant that are kept, those of its latest calls."""
_TENANTS_MAX = 2000


class RecentNumbers:
    """The numbers of the latest calls of each tenant that this instance has looked up."""

    def __init__(self) -> None:
        self._numbers: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    def note(self, tenant: str, numbers: Iterable[str]) -> None:
        """Keeps these E.164 numbers in place of older ones."""
        noted = self._numbers.setdefault(tenant, OrderedDict())
        self._numbers.move_to_end(tenant)
        for number in numbers:
            noted[number] = None
            noted.move_to_end(number)
        while len(noted) > _NUMBERS_MAX:
            noted.popitem(last=False)
        while len(self._numbers) > _TENANTS_MAX:
            self._numbers.popitem(last=False)

    def with_keys(self, tenant: str, keys: Iterable[str]) -> list[str]:
        """The noted numbers whose calls ask for one of these keys."""
        wanted = frozenset(keys)
        noted = self._numbers.get(tenant, ())
        return [number for number in noted if not wanted.isdisjoint(keys_of_call(number))]


class RangeFollowing:
    """Looks the numbers of recent calls up again when records of their direct lines were changed.

    Nobody knows which of the numbers behind a trunk are in calls but the instances that have looked
    them up, so each is notified of the change.
    """

    def __init__(self, recent: RecentNumbers, rematching: Rematching, bus: Bus) -> None:
        self._recent = recent
        self._rematching = rematching
        bus.subscribe(RangesChanged, self.on_ranges_changed, on_reconnect=lambda: None)

    async def on_ranges_changed(self, message: RangesChanged) -> None:
        """Publishes who has the numbers of recent calls that are direct lines of the ranges."""
        numbers = self._recent.with_keys(message.tenant, message.ranges)
        await self._rematching.publish(message.tenant, numbers)
