"""Has calls follow the records: publishes the matches of numbers whose records were changed."""

from collections.abc import Collection, Iterable
from dataclasses import asdict

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import NumbersMatched, RangesChanged, RecordShared
from softphone_common.domain.keys.lookup_keys import is_number
from softphone_common.domain.matching import Lookup, Match
from softphone_common.domain.records.visibility import Sharing, is_narrowed, sights_of
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_matcher.directory.record import RecordNumber
from softphone_matcher.directory.store import Finder
from softphone_matcher.sharings.announcements import Announcement, Announcements

_LOOKUPS_MAX = 20
"""Numbers of one message, each of which may have many matches."""
_RANGES_MAX = 500
"""Keys of direct lines in one message."""


class Rematching:
    """Looks changed numbers up again."""

    def __init__(
        self, finder: Finder, announcements: Announcements, bus: Bus, clock: Clock
    ) -> None:
        self._finder = finder
        self._announcements = announcements
        self._bus = bus
        self._clock = clock

    async def publish(self, tenant: str, keys: Collection[str]) -> bool:
        """Publishes who has these numbers now, and that these direct lines have others.

        False while MongoDB or the broker is away: calls keep the records they have. The change
        itself is stored.
        """
        changed = sorted(filter(is_number, set(keys)))
        ranges = sorted(set(keys).difference(changed))
        try:
            for first in range(0, len(changed), _LOOKUPS_MAX):
                # the time before the look-up: of two look-ups the one that began later counts
                now = self._clock()
                found = await self._finder.find(tenant, changed[first : first + _LOOKUPS_MAX])
                lookups = tuple(Lookup(number, matches, now) for number, matches in found.items())
                await self._bus.publish(NumbersMatched(tenant=tenant, lookups=lookups))
            for first in range(0, len(ranges), _RANGES_MAX):
                some = tuple(ranges[first : first + _RANGES_MAX])
                await self._bus.publish(RangesChanged(tenant=tenant, ranges=some))
        except UnavailableError as error:
            log.warning("changed records not published", numbers=len(changed), error=str(error))
            return False
        return True

    async def restrict(self, tenant: str, record: str, before: Sharing, after: Sharing) -> None:
        """Hides the record in older calls and comments, before fewer users see it than now.

        Raises UnavailableError, upon which the record must stay as it is: nothing would hide it
        there later.
        """
        if is_narrowed(before, after):
            await self._announcements.add(Announcement(tenant, record, self._clock()))
            await self._bus.publish(self._shared(tenant, record, after))

    async def open(self, tenant: str, record: str, before: Sharing, after: Sharing) -> None:
        """Has older calls and comments show the record to all who see it now, after the change.

        Also if they were to hide it before: a look-up of a call between that message and the
        change has read who saw the record until then. While the broker is away, calls keep what
        they have, and those that were to hide the record follow later.
        """
        if sights_of(before) == sights_of(after):
            return
        at = self._clock()
        try:
            await self.repeat(tenant, record, after)
            await self._announcements.settle(tenant, record, at)
        except UnavailableError as error:
            log.warning("sharing not published", record=record, error=str(error))

    async def repeat(self, tenant: str, record: str, sharing: Sharing) -> None:
        """Publishes who sees the record as it is stored. Raises UnavailableError."""
        await self._bus.publish(self._shared(tenant, record, sharing))

    async def merged(self, tenant: str, record: str, into: Match) -> None:
        """Has all calls and comments of a record show the one that it is part of now.

        Calls hear also who sees that one, unless everyone does. Raises UnavailableError.
        """
        sharing = Sharing(into.visible_to, into.owner, into.team)
        message = self._shared(tenant, record, sharing).model_copy(update={"merged": into})
        restricted = into.visible_to != "everyone"
        await self._bus.publish(
            *([self._shared(tenant, into.record, sharing)] if restricted else []), message
        )

    def _shared(self, tenant: str, record: str, sharing: Sharing) -> RecordShared:
        return RecordShared(tenant=tenant, record=record, at=self._clock(), **asdict(sharing))


def keys_of(numbers: Iterable[RecordNumber]) -> set[str]:
    """The keys of all these numbers and of their direct lines."""
    return {key for number in numbers for key in (*number.keys, *number.ranges)}
