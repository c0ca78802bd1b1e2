"""The message handler of matcher: looks up the numbers of a batch of calls."""

from collections import defaultdict
from collections.abc import Sequence

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import CallMatched, CallObserved
from softphone_common.domain.matching import lookup_key
from softphone_common.process.clock import Clock
from softphone_matcher.directory import Directory


class MatchHandlers:
    """Handles the queue `matcher.call`."""

    def __init__(self, directory: Directory, bus: Bus, clock: Clock) -> None:
        self._directory = directory
        self._bus = bus
        self._clock = clock

    async def on_call_observed(self, messages: Sequence[CallObserved]) -> None:
        """Publishes one CallMatched for each call with an external number, even without a match."""
        # Several observations of one call need one look-up. The last number counts: a transfer may
        # have changed it.
        keys: dict[str, dict[str, str]] = defaultdict(dict)
        for message in messages:
            key = lookup_key(message.observation.remote)
            if key is not None:
                keys[message.tenant][message.observation.call_id] = key
        for tenant, key_by_call in keys.items():
            matches = await self._directory.find(tenant, key_by_call.values())
            now = self._clock()
            # A call without matches is published as well: a record that was deleted since an
            # earlier look-up must disappear from the popup.
            await self._bus.publish(
                *(
                    CallMatched(
                        tenant=tenant, call_id=call_id, matches=matches[key], matched_at=now
                    )
                    for call_id, key in key_by_call.items()
                )
            )
