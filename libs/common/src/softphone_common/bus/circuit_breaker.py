"""The circuit breaker of a queue: it tells a bad release from a bad message."""

from dataclasses import dataclass, field

from softphone_common.process import metrics

_FAILED_MAX = 1000
"""Subjects kept by a breaker without a limit, for their number in readiness."""


@dataclass(slots=True)
class CircuitBreaker:
    """Counts what failed in a row in one queue; open after `failures_max` different subjects.

    A message that fails again and again counts once, and so does a call with many messages. Where
    more than one tenant has messages, failures of more than one tenant are needed: a bad release
    fails for all, a sender only for its own tenant. While the breaker is open the consumer pauses
    and then tries one message. A success closes the breaker, a failure begins the next pause.
    """

    queue: str
    failures_max: float
    reason: str = ""
    _failed: set[tuple[str, str]] = field(default_factory=set)
    _failed_tenants: set[str] = field(default_factory=set)
    _first_tenant: str | None = None
    _has_others: bool = False

    @property
    def failures(self) -> int:
        """Different subjects that failed in a row."""
        return len(self._failed)

    @property
    def is_open(self) -> bool:
        """Whether the consumer must pause before its next try."""
        if len(self._failed) < self.failures_max:
            return False
        return len(self._failed_tenants) > 1 or not self._has_others

    def record_success(self, tenant: str) -> None:
        """Closes the breaker: earlier failures were the fault of their messages."""
        self._note_tenant(tenant)
        self._failed.clear()
        self._failed_tenants.clear()
        self._export()

    def record_failure(self, reason: str, tenant: str, subject: str) -> None:
        """Notes one more failure in a row; `reason` is the name of its exception."""
        self._note_tenant(tenant)
        self.reason = reason
        # both sets are full when the breaker can open, so one sender can't make them grow
        if len(self._failed) < min(self.failures_max, _FAILED_MAX):
            self._failed.add((tenant, subject))
        if len(self._failed_tenants) < 2:
            self._failed_tenants.add(tenant)
        self._export()

    def _note_tenant(self, tenant: str) -> None:
        if self._first_tenant is None:
            self._first_tenant = tenant
        self._has_others = self._has_others or tenant != self._first_tenant

    def _export(self) -> None:
        metrics.PAUSED.labels(self.queue).set(self.is_open)
