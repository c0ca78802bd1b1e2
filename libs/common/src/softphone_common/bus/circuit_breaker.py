"""Tells a bad release from a bad message: after many failures in a row nothing more is tried; knows
neither broker nor messages."""

from dataclasses import dataclass

from softphone_common.process import metrics


@dataclass(slots=True)
class CircuitBreaker:
    """Counts one queue's failures in a row. Closed, work goes on; open, it has to wait.

    After a wait one try decides: if it works all goes on, if not the wait begins again.
    """

    queue: str
    most: float
    failures: int = 0
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether so many failed that it is not the messages' fault."""
        return self.failures >= self.most

    def worked(self) -> None:
        """Something was handled: whatever failed before was to blame itself."""
        self.failures = 0
        self._show()

    def failed(self, reason: str) -> None:
        """One more."""
        self.failures += 1
        self.reason = reason
        self._show()

    def _show(self) -> None:
        metrics.PAUSED.labels(self.queue).set(self.is_open)
