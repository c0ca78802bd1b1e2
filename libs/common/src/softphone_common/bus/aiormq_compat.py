"""Work-arounds for aio_pika and aiormq, each with the behaviour that makes it necessary.

The bus does not use aio_pika's robust connection: it restores only objects that somebody still
holds (mosquito/aio-pika#536), and no consumer that the broker cancelled (mosquito/aio-pika#334).
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection

BROKEN = (aiormq.exceptions.AMQPError, OSError, TimeoutError, RuntimeError)
"""Everything aio_pika raises when the broker or the network fails; RuntimeError comes from a
channel that was closed meanwhile."""

_CONNECT_GRACE_SECONDS = 1.0
"""Seconds a cancelled connect may go on: long for a handshake, short for an operator who stops a
service while the broker hangs."""


@contextlib.contextmanager
def connection_errors() -> Iterator[None]:
    """Turns the errors of a connection that closes under a waiting caller into ConnectionError.

    aiormq cancels some of the futures that wait for an answer, although nobody cancelled the
    caller, and fails others with a bare `Exception`. A cancellation that somebody did request is
    recognised by `Task.cancelling()` and passes.
    """
    try:
        yield
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise ConnectionError("the connection was closed meanwhile") from None
    except asyncio.CancelledError:
        if _is_cancelled():
            raise
        raise ConnectionError("the connection was closed meanwhile") from None


def raise_if_cancelled() -> None:
    """Raises CancelledError if the current task was cancelled and the cancellation got lost.

    aio_pika and aiormq wait with `asyncio.wait_for`, which before Python 3.12 swallows a
    cancellation that arrives in the same turn of the loop as the result (python/cpython#86296).
    """
    if _is_cancelled():
        raise asyncio.CancelledError


async def open_rabbit(url: str, name: str, heartbeat: int, seconds: float) -> AbstractConnection:
    """Opens a connection that management tools show as `name`, within `seconds`.

    aio_pika refers to a connection only when `connect` returns, one step after its handshake: a
    cancellation in between leaves it open until the garbage collector finds it. So a cancellation
    waits a moment for `connect` and closes the connection that came of it.
    """
    connection = aio_pika.Connection(
        aio_pika.connection.make_url(url, heartbeat=heartbeat),
        client_properties={"connection_name": name},
    )
    connecting = asyncio.create_task(connection.connect(timeout=seconds))
    try:
        await asyncio.shield(connecting)
    except BaseException:
        await asyncio.wait({connecting}, timeout=_CONNECT_GRACE_SECONDS)
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        await close_within(connection, seconds)
        raise
    return connection


async def close_within(connection: AbstractConnection, seconds: float) -> None:
    """Closes a connection; gives up waiting for the broker's answer after `seconds`."""
    closing = asyncio.create_task(connection.close())
    # `wait` does not raise what `close` raises: a CancelledError of aiormq's would end the caller
    await asyncio.wait([closing], timeout=seconds)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)


async def has_consumer(channel: AbstractChannel, tag: str) -> bool:
    """Whether aiormq still routes deliveries to this consumer tag.

    aiormq drops the tag when the broker sends Basic.Cancel and notifies nobody
    (mosquito/aiormq#116, mosquito/aiormq#187), so its own table has to be read.
    """
    underlay: Any = await channel.get_underlay_channel()
    return tag in underlay.consumers


async def bind_all(channel: AbstractChannel, queue: str, exchange: str, keys: list[str]) -> None:
    """Binds a queue to many keys and waits for one answer only.

    aio_pika awaits the answer to each bind. The broker works through the methods of a channel in
    order, so the answer to the passive declaration that follows says that all binds are done.
    """
    underlay: Any = await channel.get_underlay_channel()
    for key in keys:
        await underlay.queue_bind(queue, exchange, key, nowait=True)
    await underlay.queue_declare(queue, passive=True)


async def is_blocked(connection: AbstractConnection) -> bool:
    """Whether the broker sent Connection.Blocked: it reads nothing more from this connection.

    aiormq keeps that state in a private event; `ready` waits for it.
    """
    transport = connection.transport
    if transport is None:
        return False
    try:
        async with asyncio.timeout(0):
            await transport.connection.ready()
    except TimeoutError:
        return True
    return False


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def message_count(channel: AbstractChannel, queue: str) -> int:
    """The messages in a queue that no consumer has yet. Closes the channel if there is none."""
    declared = await channel.declare_queue(queue, passive=True)
    return declared.declaration_result.message_count or 0
