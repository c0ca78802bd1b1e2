"""Uses of API keys are stored when MongoDB is there, and no other message waits for that."""

from datetime import datetime

from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.events import ApiKeyUsed, SessionsEnded
from softphone_common.process.errors import UnavailableError
from softphone_notifier.api_keys.use_log import UseLog
from softphone_testing.memory.accounts import MemoryApiKeyStore
from softphone_testing.until import until
from support.bus.buses import memory_bus
from support.observations import at
from support.store_contracts.api_keys import api_key


class Away(MemoryApiKeyStore):
    """A store that is out of reach until `is_back`."""

    is_back = False

    async def note_used(self, tenant: str, key: str, used_at: datetime) -> None:
        if not self.is_back:
            raise UnavailableError("MongoDB", "no primary")
        await super().note_used(tenant, key, used_at)


async def test_use_waits_for_mongodb_and_holds_up_no_other_message() -> None:
    store, broker = Away(), MemoryBroker()
    await store.add(api_key("crm"))
    bus, matcher = memory_bus(broker, "notifier"), memory_bus(broker, "matcher")
    uses = UseLog(store, bus)
    ended: list[SessionsEnded] = []

    async def on_sessions_ended(message: SessionsEnded) -> None:
        ended.append(message)

    async def is_stored() -> bool:
        (key,) = await store.of("acme")
        return key.used_at == at(60)

    bus.subscribe(SessionsEnded, on_sessions_ended)
    for resource in (bus, matcher, uses):
        await resource.start()
    try:
        await matcher.publish(
            ApiKeyUsed(tenant="acme", key="crm", used_at=at(60)),
            SessionsEnded(tenant="acme", user="anna", sessions=("there",)),
        )
        await until(lambda: ended, what="the message behind the use")
        store.is_back = True
        await until(is_stored, what="the use")
    finally:
        for resource in (uses, matcher, bus):
            await resource.stop()
