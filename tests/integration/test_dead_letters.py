"""What can't be read is a dead letter at once, with its reason, and holds up no other message."""

import aio_pika
import pytest

from broker import broker, next_dead
from inprocess import Installation
from ladder import RealServer
from softphone_common.bus.envelope import REASON_HEADER
from until import until

GARBAGE = {
    "no json": (b"\xff\xfe{", "softphone.call-observed.v1", "json"),
    "unknown type": (b"{}", "softphone.unheard-of.v1", "unknown message type"),
    "no type": (b"{}", "", "unknown message type"),
    "wrong shape": (b'{"tenant": "acme"}', "softphone.call-observed.v1", "observation"),
    "wrong tenant": (b'{"tenant": "ACME!"}', "softphone.call-observed.v1", "tenant"),
}


@pytest.mark.parametrize("queue", ["calllog.call", "matcher.call"])
@pytest.mark.parametrize(("body", "kind", "reason"), GARBAGE.values(), ids=GARBAGE.keys())
async def test_poison_is_dead_at_once_and_the_next_message_is_handled(
    queue: str, body: bytes, kind: str, reason: str, office: Installation, rabbitmq: RealServer
) -> None:
    async with broker(rabbitmq.url) as channel:
        poison = aio_pika.Message(body, headers={"cloudEvents_type": kind})
        await channel.default_exchange.publish(poison, queue)
        letter = await next_dead(channel, queue)
    assert letter.body == body
    assert reason.lower() in str(letter.headers[REASON_HEADER]).lower()
    tenant = await office.make_tenant()
    record = await office.make_record(tenant, "089 99998001")
    phone = await office.make_device(tenant)
    call = await office.told(phone.key, "ringing", extension="21", number="08999998001")

    async def matched() -> bool:
        seen = await office.get(f"/api/calls/{call}", office.token(tenant))
        return [match["record"] for match in seen["matches"]] == [record]

    await until(matched, what="the next call, with its match")
