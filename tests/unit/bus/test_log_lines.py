"""Lines about a message name its call, its tenant and its trace."""

import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.events import CallMatched, CallObserved
from softphone_common.domain.call import Observation
from softphone_common.process.errors import PoisonError
from softphone_common.process.telemetry import log, trace_of, tracing
from softphone_testing.until import until
from support.bus.buses import memory_bus, running
from support.observations import at
from support.service_log import service_log

CALLS = ("3a2c2a99-e36c-534c-beab-45c17a91c235", "5b1d3b00-e36c-534c-beab-45c17a91c235")
TRACES = ("a" * 32, "b" * 32)


@pytest.fixture
def log_text() -> Iterator[io.StringIO]:
    with service_log("INFO") as text:
        yield text


def observed(call: str) -> CallObserved:
    observation = Observation(
        call_id=call, phase="ringing", extension="21", remote=None, at=at(0), direction="inbound"
    )
    return CallObserved(tenant="huber", observation=observation)


async def send_all(bus: Bus) -> None:
    for call, trace in zip(CALLS, TRACES, strict=True):
        with tracing(f"00-{trace}-00f067aa0ba902b7-01"):
            await bus.publish(observed(call))


def lines(text: io.StringIO, event: str) -> list[dict[str, Any]]:
    entries = [json.loads(line) for line in text.getvalue().splitlines()]
    return [entry for entry in entries if entry["event"] == event]


@pytest.mark.parametrize(
    ("failure", "event"),
    [(PoisonError("never"), "message dead-lettered"), (KeyError("a bug"), "handler failed")],
)
async def test_failure_of_a_message_names_its_call_and_trace(
    failure: Exception, event: str, log_text: io.StringIO
) -> None:
    bus = memory_bus(MemoryBroker(), "calllog")

    async def handle(messages: Sequence[CallObserved]) -> None:
        raise failure

    bus.consume("calllog.call", CallObserved, handle, BatchPolicy(batch_size=2))
    async with running(bus):
        await send_all(bus)
        await until(lambda: len(lines(log_text, event)) >= 2, what="a line of each message")
    named = {(line["call"], line["tenant"], line["trace"]) for line in lines(log_text, event)}
    assert named == {(call, "huber", trace) for call, trace in zip(CALLS, TRACES, strict=True)}


async def test_batch_gives_each_message_its_own_trace(log_text: io.StringIO) -> None:
    broker = MemoryBroker()
    matcher, calllog = memory_bus(broker, "matcher"), memory_bus(broker, "calllog")
    batches: list[int] = []
    matched: dict[str, str] = {}

    async def on_observed(messages: Sequence[CallObserved]) -> None:
        batches.append(len(messages))
        for message in messages:
            log.info("about the call", call=message.subject)
            log.info("about the message", trace=trace_of(message))
        await matcher.publish(
            *(
                CallMatched(tenant="huber", call_id=each.subject, matches=(), matched_at=at(0))
                for each in messages
            )
        )

    async def on_calls(messages: Sequence[CallObserved | CallMatched]) -> None:
        found = (message for message in messages if isinstance(message, CallMatched))
        matched.update({message.subject: trace_of(message) for message in found})

    batch = BatchPolicy(batch_size=2, batch_seconds=60)
    matcher.consume("matcher.call", CallObserved, on_observed, batch)
    calllog.consume("calllog.call", (CallObserved, CallMatched), on_calls)
    async with running(matcher), running(calllog):
        await send_all(matcher)
        await until(lambda: len(matched) == 2, what="both messages of the batch")
    assert batches == [2]
    assert matched == dict(zip(CALLS, TRACES, strict=True))
    assert [line["trace"] for line in lines(log_text, "about the call")] == [*TRACES]
    assert [line["trace"] for line in lines(log_text, "about the message")] == [*TRACES]
