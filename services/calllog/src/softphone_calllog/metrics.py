"""The Prometheus metrics that calllog alone has; all instances read them from one store."""

from prometheus_client import Gauge

OPEN_CALLS = Gauge(
    "softphone_open_calls",
    "Calls without an end, by how long nothing was heard of them: up to an hour, a day or a week",
    ["silent"],
)
