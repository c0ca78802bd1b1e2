"""The spool over a broker in memory: nothing is lost or overtaken, whatever the broker does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from softphone_common.bus.envelope import Envelope
from softphone_common.contracts.events import CallObserved
from softphone_common.domain.call import Observation
from softphone_common.process.clock import utc_now
from softphone_common.process.errors import StartError, UnavailableError
from softphone_ingest.spool.folder import SpoolFolder
from softphone_ingest.spool.line import State
from softphone_ingest.spool.spool import Spool
from softphone_testing.until import until

SPOOL_MAX = 65_536


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The spool looks at once what else there is to do, where it else takes seconds."""
    monkeypatch.setattr("softphone_ingest.spool.spool._LOOK_SECONDS", 0.05)
    monkeypatch.setattr("softphone_ingest.spool.spool._PAUSE_SECONDS", 0.05)


class Broker:
    """Takes envelopes, or refuses them, or keeps their senders waiting."""

    service = "ingest"

    def __init__(self) -> None:
        self.is_connected = True
        self.taken: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    async def publish_envelope(self, exchange: str, envelope: Envelope) -> None:
        if not self.is_connected:
            raise UnavailableError("RabbitMQ", "is away")
        await self.open.wait()
        self.taken.append(CallObserved.model_validate_json(envelope.body).observation.call_id)


def observed(call_id: str) -> CallObserved:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    return CallObserved(tenant="acme", observation=Observation(call_id, "ringing", "21", None, at))


def spool_at(broker: Broker, folder: Path, patience: float = 0.2) -> Spool:
    return Spool(broker, utc_now, SpoolFolder(folder, SPOOL_MAX), patience)


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
async def spool(broker: Broker, tmp_path: Path) -> AsyncIterator[Spool]:
    made = spool_at(broker, tmp_path)
    await made.start()
    await in_state(made, State.DIRECT)
    yield made
    broker.open.set()
    await made.stop()


async def in_state(spool: Spool, state: State) -> None:
    async def reached() -> bool:
        return spool.state is state

    await until(reached, what=f"a spool that is {state.value}")


async def depth(spool: Spool) -> str:
    try:
        await spool.ping()
    except UnavailableError as error:
        return str(error)
    return ""


async def test_messages_go_direct_while_the_broker_confirms(broker: Broker, spool: Spool) -> None:
    await spool.publish(observed("a"), observed("b"))
    assert broker.taken == ["a", "b"]
    assert spool.state is State.DIRECT
    assert not await depth(spool)


async def test_messages_wait_in_order_while_the_broker_is_away(
    broker: Broker, spool: Spool
) -> None:
    broker.is_connected = False
    for call in "abc":
        await spool.publish(observed(call))
    assert spool.state is State.SPOOLING
    assert "3 wait" in await depth(spool)
    assert not spool.essential
    broker.is_connected = True
    await in_state(spool, State.DIRECT)
    await spool.publish(observed("d"))
    assert broker.taken == ["a", "b", "c", "d"]


async def test_message_overtakes_none_that_waits(broker: Broker, spool: Spool) -> None:
    broker.is_connected = False
    for call in "ab":
        await spool.publish(observed(call))
    # the broker is back and has not confirmed the first of the line
    first, real = asyncio.Event(), broker.publish_envelope

    async def publish_envelope(exchange: str, envelope: Envelope) -> None:
        if b'"a"' in envelope.body:
            await first.wait()
        await real(exchange, envelope)

    broker.publish_envelope = publish_envelope  # type: ignore[method-assign]
    broker.is_connected = True
    await spool.publish(observed("c"))
    first.set()
    await in_state(spool, State.DIRECT)
    assert broker.taken == ["a", "b", "c"]


async def test_a_broker_that_is_too_slow_counts_as_away(broker: Broker, spool: Spool) -> None:
    broker.open.clear()
    async with asyncio.timeout(10):
        await spool.publish(observed("a"))
    assert spool.state is not State.DIRECT
    broker.open.set()
    await in_state(spool, State.DIRECT)
    assert broker.taken == ["a"]


async def test_a_message_waits_for_the_last_batch_and_goes_direct(
    broker: Broker, tmp_path: Path
) -> None:
    spool = spool_at(broker, tmp_path, patience=10)
    await spool.start()
    try:
        await in_state(spool, State.DIRECT)
        broker.is_connected = False
        for call in "ab":
            await spool.publish(observed(call))
        real = broker.publish_envelope
        second = asyncio.Event()

        async def publish_envelope(exchange: str, envelope: Envelope) -> None:
            if broker.taken:
                await second.wait()
            await real(exchange, envelope)

        broker.publish_envelope = publish_envelope  # type: ignore[method-assign]
        broker.is_connected = True
        await in_state(spool, State.FINISHING)
        late = asyncio.create_task(spool.publish(observed("c")))
        await asyncio.sleep(0)
        assert not late.done()
        second.set()
        await late
        assert broker.taken == ["a", "b", "c"]
        assert spool.state is State.DIRECT
    finally:
        await spool.stop()


async def test_a_full_disk_refuses_until_the_line_is_empty(broker: Broker, spool: Spool) -> None:
    broker.is_connected = False

    async def fill() -> None:
        while True:
            await spool.publish(*(observed("x") for _ in range(20)))

    with pytest.raises(UnavailableError, match="full"):
        await fill()
    assert spool.state is State.FULL
    assert spool.essential
    assert "full" in await depth(spool)
    broker.is_connected = True
    await in_state(spool, State.DIRECT)
    assert not spool.essential
    await spool.publish(observed("after"))
    assert broker.taken[-1] == "after"


async def test_the_next_process_sends_what_the_last_one_left(
    broker: Broker, tmp_path: Path
) -> None:
    broker.is_connected = False
    first = spool_at(broker, tmp_path)
    await first.start()
    await first.publish(observed("a"))
    await first.stop()
    second = spool_at(broker, tmp_path)
    await second.start()
    assert second.state is State.SPOOLING
    broker.is_connected = True
    await second.publish(observed("b"))
    await in_state(second, State.DIRECT)
    await second.stop()
    assert broker.taken == ["a", "b"]


async def test_a_living_process_takes_over_the_file_of_a_dead_one(
    broker: Broker, tmp_path: Path
) -> None:
    broker.is_connected = False
    living, dying = spool_at(broker, tmp_path), spool_at(broker, tmp_path)
    await living.start()
    await dying.start()
    await dying.publish(observed("left"))
    await dying.stop()
    broker.is_connected = True

    async def sent() -> bool:
        return broker.taken == ["left"]

    await until(sent, within=20, what="the message of the dead process")
    await living.stop()


async def test_a_folder_that_cannot_be_used_is_named(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    spool = spool_at(broker, tmp_path / "file")
    with pytest.raises(StartError, match="SOFTPHONE_SPOOL_DIR"):
        await spool.start()
    await spool.stop()
