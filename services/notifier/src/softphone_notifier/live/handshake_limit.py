"""Sockets that have not said hello yet: so many at most, and so many of one address."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from softphone_common.stores.rate_limit import network
from softphone_notifier.settings import NotifierSettings


class HandshakeLimit:
    """Counts them in this process, which is what holds them."""

    def __init__(self, settings: NotifierSettings) -> None:
        self._max = settings.hellos_max
        self._address_max = settings.hellos_address_max
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def place(self, address: str) -> Iterator[bool]:
        """Whether there is a place; it is held until the end of the block."""
        who = network(address)
        if self._waiting.total() >= self._max or self._waiting[who] >= self._address_max:
            yield False
            return
        self._waiting[who] += 1
        try:
            yield True
        finally:
            self._waiting[who] -= 1
            if not self._waiting[who]:
                del self._waiting[who]
