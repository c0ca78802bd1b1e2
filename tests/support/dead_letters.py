"""A whole call in one message, for tests that have it die, and the way into a queue of its own."""

from datetime import UTC, datetime
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel

from softphone_common.bus.envelope import Envelope, pack
from softphone_common.contracts.events import CallObserved
from softphone_common.domain.call import Observation
from softphone_common.domain.numbers.normalise import NumberProfile, normalise


def missed(tenant: str, number: str = "089 99998001") -> tuple[str, Envelope]:
    """A call nobody took: its id and the one message that tells it, as ingest sends it."""
    observation = Observation(
        call_id=str(uuid4()),
        phase="missed",
        extension="21",
        remote=normalise(number, NumberProfile()),
        at=datetime.now(UTC),
        direction="inbound",
        identity="phone",
    )
    message = CallObserved(tenant=tenant, observation=observation)
    return observation.call_id, pack(message, "ingest")


async def put(channel: AbstractChannel, envelope: Envelope, queue: str) -> None:
    """Into this queue and no other."""
    message = aio_pika.Message(envelope.body, headers=envelope.headers)
    await channel.default_exchange.publish(message, queue)
