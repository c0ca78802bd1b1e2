"""A security log whose entries a test can look at, without a broker that takes them away."""

from datetime import datetime

from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.bus.memory import MemoryBroker
from softphone_common.contracts.entities import AuditEntry
from softphone_common.process.clock import Clock
from support.bus.buses import bus_settings, memory_bus
from support.observations import at


def noon() -> datetime:
    """The time of a clock that stands still."""
    return at(0)


class RecordedSecurityLog(SecurityLog):
    """The security log of a service that is not started, so that all entries wait."""

    def __init__(self, clock: Clock = noon, bus: Bus | None = None) -> None:
        super().__init__(bus or memory_bus(MemoryBroker()), clock, bus_settings("amqp://memory"))

    @property
    def entries(self) -> list[AuditEntry]:
        return list(self._waiting)
