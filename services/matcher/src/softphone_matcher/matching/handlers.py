"""The message handler of matcher: looks up the numbers of a batch of calls."""

from collections import defaultdict
from collections.abc import Sequence

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import CallMatched, CallObserved
from softphone_common.domain.matching import lookup_key
from softphone_common.process.clock import Clock
from softphone_common.process.telemetry import log, trace_of
from softphone_matcher import metrics
from softphone_matcher.directory.store import Finder
from softphone_matcher.matching.range_following import RecentNumbers


class MatchHandlers:
    """Handles the queue `matcher.call`."""

    def __init__(self, finder: Finder, recent: RecentNumbers, bus: Bus, clock: Clock) -> None:
        self._finder = finder
        self._recent = recent
        self._bus = bus
        self._clock = clock

    async def on_call_observed(self, messages: Sequence[CallObserved]) -> None:
        """Publishes a CallMatched for each external number of each call, even without a match."""
        # several observations of one call need one look-up, unless a transfer changed its number
        keys: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
        for message in messages:
            key = lookup_key(message.observation.remote)
            if key is not None:
                keys[message.tenant][message.observation.call_id, key] = None
        found: dict[tuple[str, str | None], int] = {}
        # the fewest calls first, so that no tenant waits for all those of one that sends many
        for tenant, calls in sorted(keys.items(), key=lambda item: len(item[1])):
            # the time before the look-up: of two look-ups the one that began later counts
            now = self._clock()
            # before the look-up, so that a record that is saved meanwhile is not missed
            self._recent.note(tenant, (key for _, key in calls))
            with metrics.MATCH_SECONDS.time():
                matches = await self._finder.find(tenant, (key for _, key in calls))
            for key, records in matches.items():
                metrics.MATCHED.labels(records[0].level if records else "none").inc()
                found[tenant, key] = len(records)
            # A call without matches is published as well: a record that was deleted since an
            # earlier look-up must disappear from the popup.
            await self._bus.publish(
                *(
                    CallMatched(
                        tenant=tenant,
                        call_id=call_id,
                        number=key,
                        matches=matches[key],
                        matched_at=now,
                    )
                    for call_id, key in calls
                )
            )
        for message in messages:
            remote = message.observation.remote
            log.info(
                "matched",
                call=message.observation.call_id,
                tenant=message.tenant,
                number=remote.kind if remote else None,
                records=found.get((message.tenant, lookup_key(remote)), 0),
                trace=trace_of(message),
            )
