"""Limits the sockets that are open but have not sent a hello yet."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from softphone_common.stores.rate_limit import network
from softphone_notifier.settings import NotifierSettings


class HandshakeLimit:
    """Counts the waiting sockets of this process, in all and for each network."""

    def __init__(self, settings: NotifierSettings) -> None:
        self._max = settings.hellos_max
        self._address_max = settings.hellos_address_max
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def admit(self, address: str) -> Iterator[bool]:
        """Counts a socket of this address until the block ends; False if there are too many."""
        source = network(address)
        if self._waiting.total() >= self._max or self._waiting[source] >= self._address_max:
            yield False
            return
        self._waiting[source] += 1
        try:
            yield True
        finally:
            self._waiting[source] -= 1
            if not self._waiting[source]:
                del self._waiting[source]
