"""Handlers and messages that the shared tests of the bus use."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import uuid4

from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.contracts.events import (
    CallChanged,
    CleanUpFinished,
    Message,
)
from support.bus.buses import BrokerSite
from support.paths import SAMPLES
from support.wire import sample

M = TypeVar("M", bound=Message)

QUEUE = "janitor.sweep"
NEVER: Sequence[str] = ()


def finished(tenant: str = "acme") -> CleanUpFinished:
    return CleanUpFinished(tenant=tenant, sweep=uuid4().hex, moved=1, finished_at=datetime.now(UTC))


def changed(tenant: str) -> CallChanged:
    return CallChanged(
        tenant=tenant, call_id=uuid4().hex, extensions=("21",), deleted_at=None, deleted_by=None
    )


class Handler:
    """Fails on the sweeps it is to refuse, and counts its tries."""

    def __init__(self, error: Exception | None = None, refused: Sequence[str] = NEVER) -> None:
        self.error = error or ValueError("unexpected")
        self.refused = set(refused)
        self.tries: dict[str, int] = {}
        self.done: list[str] = []

    async def __call__(self, messages: Sequence[CleanUpFinished]) -> None:
        sweeps = [message.sweep for message in messages]
        for sweep in sweeps:
            self.tries[sweep] = self.tries.get(sweep, 0) + 1
        if self.refused.intersection(sweeps):
            raise self.error
        self.done += sweeps

    def has_done(self, *messages: CleanUpFinished) -> bool:
        return {message.sweep for message in messages} <= set(self.done)


class Subscription:
    """A subscriber of CallChanged that collects tenants and counts reconnects."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.tenants: list[str] = []
        self.reconnects = 0
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        bus.subscribe(
            CallChanged, self._on_call_changed, on_reconnect=self._on_reconnect, bound_only=True
        )

    async def _on_call_changed(self, message: CallChanged) -> None:
        await self.may_go_on.wait()
        self.tenants.append(message.tenant)

    def _on_reconnect(self) -> None:
        self.reconnects += 1


def hand_to(bus: Bus, handler: Handler, batch: int = 10) -> Bus:
    """The bus, handing `janitor.sweep` to the handler."""
    bus.consume(QUEUE, CleanUpFinished, handler, BatchPolicy(batch, batch_seconds=0.2))
    return bus


def consumer(site: BrokerSite, handler: Handler, batch: int = 10, **settings: Any) -> Bus:
    """A bus of the site that hands `janitor.sweep` to the handler."""
    return hand_to(site.bus(**settings), handler, batch)


async def has_counts(site: BrokerSite, ready: int, consumers: int) -> bool:
    return await site.counts(QUEUE) == (ready, consumers)


async def has_retried(site: BrokerSite, ready: int, consumers: int) -> bool:
    """Like `has_counts`, with every message back that waited for its next try."""
    await site.pass_retry_delays()
    return await has_counts(site, ready, consumers)


def sent_sample(message: type[M]) -> M:
    """The sample message of a type."""
    return message.model_validate(sample(SAMPLES, message.type))
