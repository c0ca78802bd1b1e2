"""Security events are in the log at once, and reach calllog whatever the broker does meanwhile."""

import io
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest

from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import AuditEntry
from softphone_common.contracts.events import AuditRecorded
from softphone_common.http.auth import Caller
from softphone_common.process import metrics
from softphone_common.process.telemetry import tracing
from softphone_testing.until import until
from support.bus.buses import bus_settings, memory_bus, running
from support.observations import at
from support.service_log import service_log

BOSS = Caller(
    user="u-boss", tenant="acme", login="boss", role="admin", extensions=(), expires_at=at(3600)
)
FIELDS = {"id", "time", "event", "tenant", "actor", "target", "address", "outcome", "detail"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def log_text() -> Iterator[io.StringIO]:
    """The log of a service whose level is WARNING."""
    with service_log("WARNING") as text:
        yield text


class Site:
    """A service that records events, and the calllog that gets them."""

    def __init__(self, **settings: Any) -> None:
        self.broker = MemoryBroker()
        self.bus: Bus = memory_bus(self.broker, "notifier", **settings)
        self.calllog = memory_bus(self.broker, "calllog")
        self.kept: list[AuditEntry] = []
        self.calllog.consume("calllog.audit", AuditRecorded, self._on_audit_recorded)
        self.security = SecurityLog(
            self.bus, lambda: at(0), bus_settings("amqp://memory", **settings)
        )

    async def _on_audit_recorded(self, messages: Sequence[AuditRecorded]) -> None:
        self.kept += [message.entry for message in messages]

    def targets(self) -> list[str]:
        return [entry.target for entry in self.kept]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    async with running(made.bus, made.calllog):
        await made.security.start()
        yield made
        await made.security.stop()


def lines(log_text: io.StringIO) -> list[dict[str, Any]]:
    entries = [json.loads(line) for line in log_text.getvalue().splitlines()]
    return [entry for entry in entries if entry.get("logger") == "security"]


async def test_event_is_one_line_whatever_the_log_level(site: Site, log_text: io.StringIO) -> None:
    with tracing(f"00-{TRACE}-00f067aa0ba902b7-01", "192.0.2.17"):
        site.security.act("call-deleted", BOSS, "call/c1", detail="by-hand")
    (line,) = lines(log_text)
    assert line.keys() >= FIELDS
    assert (line["event"], line["tenant"], line["actor"]) == ("call-deleted", "acme", "u-boss")
    assert (line["target"], line["address"]) == ("call/c1", "192.0.2.17")
    assert (line["outcome"], line["trace"], line["detail"]) == ("success", TRACE, "by-hand")
    assert line["time"] == at(0).isoformat().replace("+00:00", "Z")


async def test_event_reaches_calllog_with_its_trace(site: Site) -> None:
    with tracing(f"00-{TRACE}-00f067aa0ba902b7-01", "192.0.2.17"):
        site.security.act("call-deleted", BOSS, "call/c1", tenant="other")
    await until(lambda: site.kept, what="the entry")
    (entry,) = site.kept
    assert (entry.tenant, entry.trace, entry.address) == ("other", TRACE, "192.0.2.17")


async def test_event_of_an_outage_is_logged_and_sent_later(log_text: io.StringIO) -> None:
    site = Site(publish_seconds=0.05)
    async with running(site.bus, site.calllog):
        await site.security.start()
        site.broker.stop()
        await until(lambda: not site.bus.is_connected, what="the lost connection")
        site.security.act("call-deleted", BOSS, "call/c1")
        assert [line["target"] for line in lines(log_text)] == ["call/c1"]
        await until(lambda: "items wait" in log_text.getvalue(), what="a failure")
        site.broker.start()
        await until(lambda: site.bus.is_connected, what="the connection")
        site.security.act("call-deleted", BOSS, "call/c2")
        await until(lambda: "call/c2" in site.targets(), what="the later entry")
        await site.security.stop()
    assert site.targets() == ["call/c1", "call/c2"]


async def test_events_that_wait_are_limited_and_counted(log_text: io.StringIO) -> None:
    site = Site(audit_waiting_max=2)
    before = metrics.AUDIT_NOT_KEPT._value.get()
    for number in range(4):
        site.security.act("call-deleted", BOSS, f"call/{number}")
    assert metrics.AUDIT_NOT_KEPT._value.get() == before + 2
    assert len(lines(log_text)) == 4
    async with running(site.bus, site.calllog):
        await site.security.start()
        await until(lambda: len(site.kept) == 2, what="the newest entries")
        await site.security.stop()
    assert site.targets() == ["call/2", "call/3"]


async def test_events_that_wait_are_sent_at_the_stop() -> None:
    site = Site()
    async with running(site.bus, site.calllog):
        await site.security.start()
        site.security.act("call-deleted", BOSS, "call/c1")
        await site.security.stop()
        await until(lambda: site.kept, what="the entry")


def test_security_log_without_a_broker_stops_at_once() -> None:
    """Without `start` nothing is waited for, as in a service that fails to start."""
    site = Site()
    site.security.act("call-deleted", BOSS, "call/c1")
    assert site.security.task.running is None


@pytest.mark.parametrize("detail", ["0171 3920044", "Maria Huber", "a_b", "x" * 201])
def test_detail_holds_codes_only(detail: str) -> None:
    with pytest.raises(ValueError, match="detail"):
        Site().security.act("call-deleted", BOSS, "call/c1", detail=detail)
