"""The messages every instance of a service gets, from an exclusive queue of its own."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

from softphone_common.bus.consumer import BatchPolicy, MessageConsumer
from softphone_common.contracts.events import Message

M = TypeVar("M", bound=Message)

SubscriberHandler = Callable[[M], Awaitable[None]]
"""Handles one message. A subscriber keeps its state in memory, so it gets no message twice."""


class Subscriber:
    """Dispatches the messages of the instance's queue to the handlers of their type.

    The queue ends with its connection, so messages sent before a reconnect are missed. Handlers
    are notified of each reconnect and read their state again.
    """

    def __init__(self, service: str) -> None:
        self.consumer = MessageConsumer(
            f"{service}.listener", (Message,), self._dispatch, BatchPolicy()
        )
        self._handlers: dict[type[Message], list[SubscriberHandler[Any]]] = {}
        self._on_reconnect: list[Callable[[], None]] = []
        self._patterns: set[str] = set()

    @property
    def messages(self) -> frozenset[type[Message]]:
        """The types that have a handler."""
        return frozenset(self._handlers)

    @property
    def patterns(self) -> frozenset[str]:
        """The topic patterns the queue is to be bound to."""
        return frozenset(self._patterns)

    def add_handler(self, message: type[M], handler: SubscriberHandler[M]) -> None:
        """Calls `handler` for each message of this type that a binding brings."""
        self._handlers.setdefault(message, []).append(handler)

    def on_reconnect(self, callback: Callable[[], None]) -> None:
        """Calls `callback` once after every connect, however often it is registered."""
        if callback not in self._on_reconnect:
            self._on_reconnect.append(callback)

    def notify_reconnect(self) -> None:
        """Calls all callbacks: messages may have been missed."""
        for callback in self._on_reconnect:
            callback()

    def add_patterns(self, tenant: str, messages: Iterable[type[Message]]) -> set[str]:
        """Adds the patterns of one tenant (`*`: all) and returns those that are new."""
        new = _patterns(tenant, messages) - self._patterns
        self._patterns |= new
        return new

    def remove_patterns(self, tenant: str, messages: Iterable[type[Message]]) -> set[str]:
        """Removes the patterns of one tenant and returns those that were there."""
        removed = _patterns(tenant, messages) & self._patterns
        self._patterns -= removed
        return removed

    async def _dispatch(self, messages: Sequence[Message]) -> None:
        for message in messages:
            # in the order they registered: a cache is up to date before its readers are called
            for handler in self._handlers.get(type(message), ()):
                await handler(message)


def _patterns(tenant: str, messages: Iterable[type[Message]]) -> set[str]:
    """One pattern for each noun, with any verb: fewer bindings, and a message without a handler
    is dropped."""
    return {f"{message.noun}.*.{tenant}" for message in messages}
