"""What matcher does with a message: looks the numbers up and tells what it found."""

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
        """One look-up a tenant for the whole batch, one answer a call; finding none is one too."""
        wanted: dict[str, dict[str, str]] = defaultdict(dict)
        for message in messages:
            remote = message.observation.remote
            key = None if remote is None else lookup_key(remote)
            if key is not None:
                wanted[message.tenant][message.observation.call_id] = key
        for tenant, calls in wanted.items():
            found = await self._directory.find(tenant, calls.values())
            now = self._clock()
            await self._bus.publish(
                *(
                    CallMatched(tenant=tenant, call_id=call, matches=found[key], matched_at=now)
                    for call, key in calls.items()
                )
            )
