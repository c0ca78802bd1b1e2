"""Taking messages as one of all listeners, from a queue of this instance alone."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from softphone_common.bus.consumer import BatchPolicy, MessageConsumer
from softphone_common.contracts.events import Message

SubscriberHandler = Callable[[Message], Awaitable[None]]
"""Takes in one message; what it makes of it lives in memory, so it is never handed over twice."""


class Subscriber:
    """Takes from a queue of this instance alone, which ends with its connection.

    Any part of the service may register for the messages it wants to hear, and for the gaps: what
    was said before a connect was not heard.
    """

    def __init__(self, service: str) -> None:
        self.dispatcher = MessageConsumer(f"{service}.listener", self._hear, BatchPolicy())
        self._hearers: dict[type[Message], list[SubscriberHandler]] = {}
        self._reconnect_callbacks: list[Callable[[], None]] = []
        self._keys: set[str] = set()

    @property
    def keys(self) -> frozenset[str]:
        """All routing patterns it listens to now."""
        return frozenset(self._keys)

    def register(self, hearer: SubscriberHandler, messages: Iterable[type[Message]]) -> None:
        """Hands these messages to `hearer` wherever a binding brings them."""
        for message in messages:
            self._hearers.setdefault(message, []).append(hearer)

    def on_reconnect(self, callback: Callable[[], None]) -> None:
        """Has `callback` called after every connect."""
        self._reconnect_callbacks.append(callback)

    def notify_reconnect(self) -> None:
        """The connection is new."""
        for callback in self._reconnect_callbacks:
            callback()

    def add(self, tenant: str, messages: Iterable[type[Message]]) -> set[str]:
        """The patterns that are new with this tenant (`*`: all), from now on listened to."""
        fresh = _patterns(tenant, messages) - self._keys
        self._keys |= fresh
        return fresh

    def remove(self, tenant: str, messages: Iterable[type[Message]]) -> set[str]:
        """The patterns no longer listened to."""
        gone = _patterns(tenant, messages) & self._keys
        self._keys -= gone
        return gone

    async def _hear(self, messages: Sequence[Message]) -> None:
        for message in messages:
            for hearer in self._hearers.get(type(message), ()):
                await hearer(message)


def _patterns(tenant: str, messages: Iterable[type[Message]]) -> set[str]:
    """One for each noun, whatever its verbs: what comes along unasked is heard by nobody."""
    return {f"{message.noun}.*.{tenant}" for message in messages}
