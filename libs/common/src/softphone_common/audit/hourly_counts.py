"""Counts events within the present hour, so that nobody can flood the security log."""

from collections import Counter

from softphone_common.process.clock import Clock


class HourlyCounts:
    """How often each kind of event happened since the hour began; earlier ones are forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hour = self._present()
        self._counts: Counter[tuple[str, ...]] = Counter()

    def count(self, *kind: str) -> int:
        """How often events of this kind happened in the present hour, with this time."""
        hour = self._present()
        if hour != self._hour:
            self._hour = hour
            self._counts.clear()
        self._counts[kind] += 1
        return self._counts[kind]

    def _present(self) -> object:
        return self._clock().replace(minute=0, second=0, microsecond=0)
