"""The circuit breaker of a queue: it tells a bad release from a bad message."""

from dataclasses import dataclass

from softphone_common.process import metrics


@dataclass(slots=True)
class CircuitBreaker:
    """Counts the failures in a row of one queue; open after `failures_max` of them.

    While it is open the consumer pauses and then tries one message. A success closes the breaker,
    a failure begins the next pause.
    """

    queue: str
    failures_max: float
    failures: int = 0
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the consumer must pause before its next try."""
        return self.failures >= self.failures_max

    def record_success(self) -> None:
        """Closes the breaker: earlier failures were the fault of their messages."""
        self.failures = 0
        self._export()

    def record_failure(self, reason: str) -> None:
        """Counts one more failure in a row; `reason` is the name of its exception."""
        self.failures += 1
        self.reason = reason
        self._export()

    def _export(self) -> None:
        metrics.PAUSED.labels(self.queue).set(self.is_open)
