"""Keeps dead letters as they arrive, replays them to their queues, and drops them."""

from collections.abc import Sequence
from functools import partial

from softphone_common.bus import topology
from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.bus.envelope import Envelope
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log, tracing
from softphone_janitor.dead_letters.store import DeadLetterStore, Selection, queues


class DeadLetterService:
    """Handles the dead letters of all queues without reading their contents."""

    def __init__(self, store: DeadLetterStore, bus: Bus, clock: Clock) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock

    def consume(self, policy: BatchPolicy) -> None:
        """Consumes every dead letter queue from the next connection on."""
        for queue in queues():
            self._bus.consume_raw(topology.dead(queue), partial(self.keep, queue), policy)

    async def keep(self, queue: str, envelopes: Sequence[Envelope]) -> None:
        """Stores messages that died in `queue`."""
        ids = await self._store.keep(queue, envelopes, self._clock())
        for letter_id, envelope in zip(ids, envelopes, strict=True):
            with tracing(envelope.traceparent):
                found_by = {**envelope.log_ids, "id": letter_id}
                log.warning("dead letter kept", queue=queue, type=envelope.type, **found_by)

    async def replay(self, letter_id: str, by: str) -> bool:
        """Publishes a letter to the queue it died in; False if it is not waiting.

        Of several callers at once one publishes it. Raises UnavailableError, and then the letter
        waits as before.
        """
        claim = await self._store.claim(letter_id, self._clock())
        if claim is None:
            return False
        queue, envelope = claim
        try:
            await self._bus.publish_envelope(topology.QUEUES, envelope)
        except UnavailableError:
            # without the confirmation the message may have got through; handlers bear it twice
            await self._store.settle(letter_id, None)
            raise
        await self._store.settle(letter_id, self._clock())
        log.info("dead letter replayed", id=letter_id, queue=queue, by=by)
        return True

    async def replay_all(self, selection: Selection, limit: int, by: str) -> int:
        """Replays up to `limit` of the selected letters that wait, and returns their number.

        A caller that repeats this until it returns 0 has to set `died_before`, since some letters
        die again at once and would never come to an end.
        """
        waiting = selection.model_copy(update={"state": "waiting"})
        page = await self._store.list_letters(waiting, None, limit)
        return sum([await self.replay(letter.id, by) for letter in page.items])

    async def drop(self, letter_id: str, by: str) -> bool:
        """Deletes a letter; False if there is none with this id."""
        dropped = await self._store.drop(letter_id)
        if dropped:
            log.info("dead letter dropped", id=letter_id, by=by)
        return dropped
