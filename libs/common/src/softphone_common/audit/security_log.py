"""Writes security events to the log at once, and sends them to calllog, which keeps them."""

import logging
from uuid import uuid4

import structlog

from softphone_common.audit.hourly_counts import HourlyCounts
from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import AuditEntry, AuditEvent, AuditOutcome
from softphone_common.contracts.events import AuditRecorded
from softphone_common.http.auth import Caller
from softphone_common.process import metrics
from softphone_common.process.background_writer import BackgroundWriter
from softphone_common.process.clock import Clock
from softphone_common.process.settings import Settings
from softphone_common.process.telemetry import client_address, trace_id

LOGGER = "security"
INSTALLATION = "operator"
"""The tenant of the operators; events that concern no tenant are its events."""
STORED_IN_AN_HOUR = 20
"""Events of one kind that a service stores in an hour, if one browser can cause any number of them.
All are in the lines, whose number only the rates of requests limit; the stored log is kept for half
a year."""
_LAST_STORED = "further-in-lines-only"

_lines: structlog.stdlib.BoundLogger = structlog.get_logger(LOGGER)


class SecurityLog(BackgroundWriter[AuditEntry]):
    """Records events without failing and without waiting. A resource of the service.

    The line is written first. The entry waits in memory until RabbitMQ has it, and is lost there if
    the process ends before or if more than SOFTPHONE_AUDIT_WAITING_MAX wait: the stored log may
    miss what the lines have.
    """

    def __init__(self, bus: Bus, clock: Clock, settings: Settings) -> None:
        dropped, most = metrics.AUDIT_NOT_KEPT.inc, settings.audit_waiting_max
        super().__init__("security log", self._send, dropped, most)
        self._bus = bus
        self._clock = clock
        self._counts = HourlyCounts(clock)
        # whatever SOFTPHONE_LOG_LEVEL is: these lines are evidence, not diagnostics
        logging.getLogger(LOGGER).setLevel(logging.INFO)

    def act(
        self,
        event: AuditEvent,
        caller: Caller,
        target: str = "",
        *,
        tenant: str | None = None,
        detail: str = "",
    ) -> None:
        """Records what a signed-in user did; `tenant` is that of the data, if it is another."""
        self.record(event, tenant or caller.tenant, caller.user, target, detail=detail)

    def record(
        self,
        event: AuditEvent,
        tenant: str,
        actor: str = "",
        target: str = "",
        *,
        outcome: AuditOutcome = "success",
        detail: str = "",
        id_: str = "",
        repeatable: str | None = None,
    ) -> None:
        """Records an event; with an id of its own it may be recorded again and is kept once.

        An event that somebody can cause as often as they like is `repeatable` and has a text here:
        of one tenant, actor, target and text an hour stores `STORED_IN_AN_HOUR`, and the last of
        them says that further ones are in the lines only. These are counted in the metric
        `softphone_audit_not_kept_total`.
        """
        is_stored = True
        if repeatable is not None:
            count = self._counts.count(event, tenant, actor, target, repeatable)
            is_stored = count <= STORED_IN_AN_HOUR
            if count == STORED_IN_AN_HOUR:
                detail = f"{detail} {_LAST_STORED}".strip()
        entry = AuditEntry(
            id=id_ or str(uuid4()),
            time=self._clock(),
            event=event,
            tenant=tenant,
            actor=actor,
            target=target,
            address=client_address(),
            outcome=outcome,
            trace=trace_id(),
            detail=detail,
        )
        line = entry.model_dump(mode="json", exclude={"event", "trace"})
        _lines.info(entry.event, logger=LOGGER, **line)
        if is_stored:
            self.add(entry)
        else:
            metrics.AUDIT_NOT_KEPT.inc()

    def read(self, event: AuditEvent, caller: Caller, tenant: str | None = None) -> None:
        """Records that an operator read something of a tenant, a number of times in an hour."""
        self.record(event, tenant or caller.tenant, caller.user, repeatable="")

    def refused(self, caller: Caller, code: str, action: str) -> None:
        """Records that a signed-in user was refused what needs more rights: code and action."""
        self.record(
            "access-refused",
            caller.tenant,
            caller.user,
            outcome="refused",
            detail=f"{code} {action}",
            repeatable=code,
        )

    async def _send(self, batch: list[AuditEntry]) -> None:
        messages = (AuditRecorded(tenant=entry.tenant, entry=entry) for entry in batch)
        await self._bus.publish(*messages)
