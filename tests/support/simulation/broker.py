"""The broker in memory behind a network: confirms and acknowledgements take time and get lost."""

import asyncio
from collections.abc import Callable

from softphone_common.bus.delivery import Delivery, TransientDelivery
from softphone_common.bus.envelope import Envelope
from softphone_common.bus.memory import MemoryBroker, MemoryConnection
from softphone_common.bus.memory_queue import MemoryRegistration
from softphone_common.contracts.events import CallMatched, CallObserved
from softphone_common.domain.call import Observation
from support.simulation.faults import Faults
from support.simulation.loop import PROCESS, Process


class SimulatedBroker(MemoryBroker):
    """Keeps a list of all facts about calls it has taken, and knows whose each connection is."""

    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self.faults = faults
        self.observations: list[Observation] = []
        self.first_taken: dict[Observation, float] = {}
        """When each observation was first taken, by the time of the loop."""
        self.matches: list[CallMatched] = []
        self.owned: list[tuple[Process | None, SimulatedConnection]] = []
        self.on_retry: Callable[[Process], None] | None = None
        """Called once, by the next process that is about to publish a message for a later try."""

    async def connect(
        self,
        url: str,
        name: str,
        *,
        seconds: float,
        heartbeat: int,
        prefetch: int,
        queue_max: int | None,
    ) -> MemoryConnection:
        await self.faults.delay()
        await super().connect(
            url,
            name,
            seconds=seconds,
            heartbeat=heartbeat,
            prefetch=prefetch,
            queue_max=queue_max,
        )
        connection = SimulatedConnection(self, prefetch)
        self._connections[-1] = connection
        self.owned.append((PROCESS.get(), connection))
        return connection

    def publish(self, exchange: str, envelope: Envelope) -> bool:
        taken = super().publish(exchange, envelope)
        if taken and envelope.type == CallObserved.type:
            message = CallObserved.model_validate_json(envelope.body)
            self.observations.append(message.observation)
            now = asyncio.get_running_loop().time()
            self.first_taken.setdefault(message.observation, now)
        elif taken and envelope.type == CallMatched.type:
            self.matches.append(CallMatched.model_validate_json(envelope.body))
        return taken

    def disconnect(self, process: Process | None = None) -> None:
        """Breaks the connections of one process, or all of them."""
        for owner, connection in list(self.owned):
            if process is None or owner is process:
                connection.mark_broken("the network")
                connection.disconnect()
                self.owned.remove((owner, connection))

    def begin_publish(self, exchange: str) -> None:
        """Calls `on_retry` if messages of this exchange wait for their next try."""
        process = PROCESS.get()
        if exchange in self._retry_seconds and self.on_retry is not None and process is not None:
            on_retry, self.on_retry = self.on_retry, None
            on_retry(process)

    def shuffle(self) -> None:
        """Changes the order of what waits in the work queues."""
        for queue in self._queues.values():
            if queue.on_overflow is None:
                waiting = list(queue.ready)
                self.faults.random.shuffle(waiting)
                queue.ready.clear()
                queue.ready.extend(waiting)

    def repeat(self) -> None:
        """Puts a message that waits in a work queue there once more."""
        for queue in self._queues.values():
            if queue.on_overflow is None and queue.ready:
                queue.ready.append(self.faults.random.choice(list(queue.ready)))

    def left(self, queues: tuple[str, ...]) -> int:
        """The messages of these queues that are not acknowledged."""
        found = [self._queues[name] for name in queues if name in self._queues]
        return sum(len(queue.ready) + len(queue.unacked) for queue in found)

    def dead(self) -> dict[str, int]:
        """The dead letter queues that have messages."""
        return {
            name: len(queue.ready)
            for name, queue in self._queues.items()
            if name.endswith(".dead") and queue.ready
        }


class SimulatedConnection(MemoryConnection):
    """A connection that may break between a publish and its confirm, or before an ack arrives."""

    def __init__(self, broker: SimulatedBroker, prefetch: int) -> None:
        super().__init__(broker, prefetch)
        self._simulated = broker
        self._faults = broker.faults

    async def publish(self, exchange: str, envelope: Envelope, *, mandatory: bool) -> bool:
        self._simulated.begin_publish(exchange)
        await self._faults.delay()
        if self._faults.happens():
            self.mark_broken("the connection broke before the publish")
        confirmed = await super().publish(exchange, envelope, mandatory=mandatory)
        await self._faults.delay()
        if confirmed and self._faults.happens():
            self.mark_broken("the connection broke before the confirm")
        return confirmed and not self.broken.is_set()

    def _begin(
        self, registration: MemoryRegistration, wrap: Callable[[TransientDelivery], Delivery]
    ) -> None:
        def slow(transient: TransientDelivery) -> Delivery:
            return wrap(_SlowDelivery(transient, self._faults))

        super()._begin(registration, slow)


class _SlowDelivery(TransientDelivery):
    """A delivery whose acknowledgement needs time to arrive."""

    def __init__(self, transient: TransientDelivery, faults: Faults) -> None:
        async def acknowledge() -> None:
            await faults.delay()
            await transient.ack()

        super().__init__(transient.envelope, acknowledge)
