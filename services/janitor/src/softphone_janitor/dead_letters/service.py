"""What becomes of dead letters: kept as they come, given back to their queue, or dropped."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from softphone_common.bus import topology
from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.bus.envelope import Envelope
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_janitor.dead_letters.store import DeadLetterStore, Selection, queues


class DeadLetterService:
    """Dead letters of all queues. It never looks into one."""

    def __init__(self, store: DeadLetterStore, bus: Bus, clock: Clock) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock

    def consume(self, policy: BatchPolicy) -> None:
        """Keeps the messages of every dead letter queue in the store."""
        for queue in queues():
            self._bus.consume_raw(topology.dead(queue), partial(self._keep, queue), policy)

    async def replay(self, id_: str, by: str) -> bool:
        """Gives it back to its queue alone; False if it is not there, or somebody did already.

        Asked for by several at once it is sent once. Raises UnavailableError, and then it waits on.
        """
        claimed = await self._store.claim(id_, self._clock())
        if claimed is None:
            return False
        queue, envelope = claimed
        try:
            await self._bus.publish_envelope("", envelope)
        except UnavailableError:
            await self._store.settle(id_, None)
            raise
        await self._store.settle(id_, self._clock())
        log.info("dead letter replayed", id=id_, queue=queue, by=by)
        return True

    async def replay_all(self, selection: Selection, most: int, by: str) -> int:
        """Replays the first so many that wait; says how many it were.

        Who asks until there are none says before when they died, for some die again at once.
        """
        waiting = selection.model_copy(update={"state": "waiting"})
        letters = await self._store.page(waiting, None, most)
        return sum([await self.replay(letter.id, by) for letter in letters.items])

    async def drop(self, id_: str, by: str) -> bool:
        """Removes it for good; False if there is none."""
        dropped = await self._store.drop(id_)
        if dropped:
            log.info("dead letter dropped", id=id_, by=by)
        return dropped

    async def _keep(self, queue: str, envelopes: Sequence[Envelope]) -> None:
        now: datetime = self._clock()
        ids = await self._store.keep(queue, envelopes, now)
        for id_, envelope in zip(ids, envelopes, strict=True):
            log.warning("dead letter kept", id=id_, queue=queue, type=envelope.type)
