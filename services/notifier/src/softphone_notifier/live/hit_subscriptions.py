"""Sends hits to the administrators who watch the device they came from."""

import asyncio
from contextlib import suppress

from softphone_common.bus.bus import Bus
from softphone_common.contracts.events import HitSeen
from softphone_common.contracts.websocket import HitFrame
from softphone_common.http.auth import RefusalLog
from softphone_common.process.errors import UnavailableError
from softphone_notifier import metrics
from softphone_notifier.live.socket_session import SocketSession


class HitSubscriptions:
    """Knows which session watches which device.

    A tenant's hits are subscribed to only while somebody watches one of its devices: they are
    many, and nobody else needs them here.
    """

    def __init__(self, bus: Bus, refusals: RefusalLog) -> None:
        self._bus = bus
        self._refusals = refusals
        self._devices: dict[SocketSession, str] = {}
        self._lock = asyncio.Lock()
        bus.subscribe(HitSeen, self.on_hit_seen, bound_only=True)

    async def watch(self, session: SocketSession, device: str | None) -> None:
        """Replaces the device the session watches; None ends it.

        For others than administrators the request is recorded and ends it, too.
        """
        if device is not None and session.caller.may("admin"):
            self._devices[session] = device
            await self._update_binding(session.caller.tenant)
            return
        if device is not None:
            self._refusals.refused(session.caller, "role-required", "watch-hits")
        if self._devices.pop(session, None) is not None:
            await self._update_binding(session.caller.tenant)

    async def remove(self, session: SocketSession) -> None:
        """Forgets a session whose socket is closed."""
        await self.watch(session, None)

    async def _update_binding(self, tenant: str) -> None:
        # one at a time: each reads who watches only when its turn comes, so the last is right
        async with self._lock:
            with suppress(UnavailableError):  # the bus repeats it at the next connect
                if any(session.caller.tenant == tenant for session in self._devices):
                    await self._bus.bind(tenant, [HitSeen])
                else:
                    await self._bus.unbind(tenant, [HitSeen])

    async def on_hit_seen(self, message: HitSeen) -> None:
        """Sends the hit to the sockets that watch its device."""
        watching = [
            session
            for session, device in self._devices.items()
            if (session.caller.tenant, device) == (message.tenant, message.hit.device)
            and session.caller.may("admin")  # a renewed token may carry another role
        ]
        if not watching:
            return
        text = HitFrame(hit=message.hit).model_dump_json()
        for session in watching:
            session.send(text)
            metrics.FRAMES.labels("hit").inc()
