"""Limits the sockets that are open but have not sent a hello yet."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from softphone_common.edge.client_network import WIDE_FACTOR, network, wide_network
from softphone_notifier.settings import NotifierSettings


class Handshake:
    """One waiting socket. An honest browser sends its hello at once."""

    def __init__(self) -> None:
        self._deadline: asyncio.Timeout | None = None
        self._is_dropped = False

    def drop(self) -> None:
        """Ends the wait for the hello, as if its time were up."""
        self._is_dropped = True
        if self._deadline is not None:
            self._deadline.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Raises TimeoutError in the block after `seconds`, or once the socket is dropped."""
        try:
            async with asyncio.timeout(0 if self._is_dropped else seconds) as self._deadline:
                yield
        finally:
            self._deadline = None


class HandshakeLimit:
    """Counts the waiting sockets of this process, in all and for each network.

    If there are too many in all, the oldest is dropped, so that a crowd from many networks keeps
    no browser out. A network with too many of its own gets no further one.
    """

    def __init__(self, settings: NotifierSettings) -> None:
        self._max = settings.hellos_max
        self._address_max = settings.hellos_address_max
        # a dict, because a set does not keep the order in which the sockets began to wait
        self._waiting: dict[Handshake, None] = {}
        self._by_network: Counter[str] = Counter()

    @contextmanager
    def admit(self, address: str) -> Iterator[Handshake | None]:
        """Counts a socket until the block ends; None if its network has too many."""
        limits = {network(address): self._address_max}
        if wide := wide_network(address):
            limits[wide] = self._address_max * WIDE_FACTOR
        if any(self._by_network[name] >= limit for name, limit in limits.items()):
            yield None
            return
        if len(self._waiting) >= self._max:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.drop()
        handshake = Handshake()
        self._waiting[handshake] = None
        self._by_network.update(limits.keys())
        try:
            yield handshake
        finally:
            self._waiting.pop(handshake, None)
            self._by_network.subtract(limits.keys())
            self._by_network += Counter()  # forgets networks without a socket
