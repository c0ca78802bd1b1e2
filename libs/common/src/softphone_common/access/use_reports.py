"""Reports to notifier when API keys are used."""

from datetime import datetime, timedelta

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import ApiKeyUsed
from softphone_common.http.auth import API_KEY_USER, Caller
from softphone_common.process import metrics
from softphone_common.process.background_writer import BackgroundWriter

_EVERY = timedelta(minutes=1)
_WAITING_MAX = 1000


class UseReports(BackgroundWriter[ApiKeyUsed]):
    """Sends ApiKeyUsed without failing and without waiting. The cache of the keys starts it."""

    def __init__(self, bus: Bus) -> None:
        super().__init__(
            "uses of API keys", self._send, metrics.API_KEY_USES_LOST.inc, _WAITING_MAX
        )
        self._bus = bus
        self._reported: dict[str, datetime] = {}

    def note(self, application: Caller, now: datetime) -> None:
        """Reports the use, unless one of the same minute was reported."""
        last = self._reported.get(application.user)
        if last is None or abs(now - last) >= _EVERY:
            self._reported[application.user] = now
            key = application.user.removeprefix(API_KEY_USER)
            self.add(ApiKeyUsed(tenant=application.tenant, key=key, used_at=now))

    async def _send(self, batch: list[ApiKeyUsed]) -> None:
        await self._bus.publish(*batch)
