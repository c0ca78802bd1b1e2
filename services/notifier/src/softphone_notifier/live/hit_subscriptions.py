"""Which administrators watch which device, and the hits they are sent; keeps and repeats none."""

import asyncio
from contextlib import suppress

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import HitSeen
from softphone_common.contracts.websocket import HitFrame
from softphone_common.process import metrics
from softphone_common.process.errors import UnavailableError
from softphone_notifier.live.socket_session import SocketSession


class HitSubscriptions:
    """Hears of a tenant's hits while one of its administrators watches a device, and no longer."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._watched: dict[SocketSession, str] = {}
        self._turn = asyncio.Lock()
        bus.subscribe(HitSeen, self.on_hit_seen, bound_only=True)

    async def watch(self, session: SocketSession, device: str | None) -> None:
        """From now on this device and no other; None: none. No administrator, no device."""
        if device is not None and session.caller.may("admin"):
            self._watched[session] = device
        elif self._watched.pop(session, None) is None:
            return
        await self._heed(session.caller.tenant)

    async def release_server(self, session: SocketSession) -> None:
        """The socket is gone."""
        await self.watch(session, None)

    async def _heed(self, tenant: str) -> None:
        """One at a time, so that the last word on a tenant is that of those who watch by then."""
        async with self._turn:
            with suppress(UnavailableError):  # remembered, and so at the next connect
                if any(session.caller.tenant == tenant for session in self._watched):
                    await self._bus.bind(tenant, [HitSeen])
                else:
                    await self._bus.unbind(tenant, [HitSeen])

    async def on_hit_seen(self, message: HitSeen) -> None:
        """Sends the hit to the sockets that watch its device."""
        watching = [
            session
            for session, device in self._watched.items()
            if (session.caller.tenant, device) == (message.tenant, message.hit.device)
            and session.caller.may("admin")  # a renewed token may say otherwise
        ]
        if not watching:
            return
        text = HitFrame(hit=message.hit).model_dump_json()
        for session in watching:
            session.send(text)
            metrics.FRAMES.labels("hit").inc()
