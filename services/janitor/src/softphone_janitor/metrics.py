"""The Prometheus metrics that janitor alone has; all instances read them from one store."""

from prometheus_client import Gauge

DEAD_LETTERS = Gauge("softphone_dead_letters", "Dead letters that nobody has replayed")
LAST_SWEEP = Gauge("softphone_last_sweep_timestamp_seconds", "End of the sweep that finished last")
SWEEPS_OVERDUE = Gauge(
    "softphone_sweeps_overdue", "Active tenants whose latest nightly sweep has not finished"
)
