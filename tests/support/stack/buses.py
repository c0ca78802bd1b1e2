"""Settings for a bus that a test starts itself, and how to wait until the bus is connected."""

from typing import Any

from pydantic import SecretStr

from softphone_common.bus.bus import Bus
from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import Settings
from softphone_testing.until import until
from support.stack.installation import SECRET


def bus_settings(url: str, **more: Any) -> Settings:
    nowhere = SecretStr("nowhere://")
    values = {"amqp_url": SecretStr(url), "mongo_url": nowhere, "redis_url": nowhere, **more}
    return Settings(**values, auth_secret=SecretStr(SECRET))


async def until_ready(bus: Bus) -> None:
    async def ready() -> bool:
        try:
            await bus.ping()
        except UnavailableError:
            return False
        return True

    await until(ready, what="the bus")
