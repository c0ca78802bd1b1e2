"""Stores when API keys were used."""

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import ApiKeyUsed
from softphone_common.process import metrics
from softphone_common.process.background_writer import BackgroundWriter
from softphone_notifier.api_keys.store import ApiKeyStore

_WAITING_MAX = 1000


class UseLog(BackgroundWriter[ApiKeyUsed]):
    """Stores the uses that all services report. A resource of the service.

    The handler only adds to those that wait: the queue of the instance has the calls and the ended
    sessions as well, which must not wait for MongoDB.
    """

    def __init__(self, store: ApiKeyStore, bus: Bus) -> None:
        dropped = metrics.API_KEY_USES_LOST.inc
        super().__init__("uses of API keys", self._store_all, dropped, _WAITING_MAX)
        self._store = store
        bus.subscribe(ApiKeyUsed, self.on_api_key_used)

    async def on_api_key_used(self, message: ApiKeyUsed) -> None:
        """Has the use stored soon; every instance does, and the latest time stays."""
        self.add(message)

    async def _store_all(self, batch: list[ApiKeyUsed]) -> None:
        for use in batch:
            await self._store.note_used(use.tenant, use.key, use.used_at)
