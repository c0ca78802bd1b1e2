"""A message that holds a whole call, and how to put a message into one queue."""

from datetime import UTC, datetime
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel

from softphone_common.bus.envelope import Envelope, pack
from softphone_common.contracts.events import CallObserved
from softphone_common.domain.call import Observation
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile


def missed_call(tenant: str, number: str = "089 99998001") -> tuple[str, Envelope]:
    """A missed call: its id, and the message about it as ingest publishes it."""
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


async def put_message(channel: AbstractChannel, envelope: Envelope, queue: str) -> None:
    """Publishes the message to this queue and no other."""
    message = aio_pika.Message(envelope.body, headers=envelope.headers)
    await channel.default_exchange.publish(message, queue)
