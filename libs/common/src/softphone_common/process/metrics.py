"""The Prometheus metrics that every service has.

The metrics of one service are in its own module `metrics`, so that a process exports no other's.
"""

from prometheus_client import Counter, Gauge, Histogram, Info, disable_created_metrics

# else each series of a counter has a second one, `_created`, which nobody reads
disable_created_metrics()  # type: ignore[no-untyped-call]

BUILD = Info("softphone_build", "The release that runs, and the commit it was built from")
READY = Gauge(
    "softphone_ready",
    "1 while a resource answers, else 0, as `/readyz` shows it",
    ["service", "resource"],
)
HTTP_SECONDS = Histogram(
    "softphone_http_seconds",
    "Seconds until the answer to a request was sent, by route template and status",
    ["route", "status"],
    buckets=(0.01, 0.05, 0.2, 1, 5),
)
MONGODB_SECONDS = Histogram(
    "softphone_mongodb_seconds",
    "Seconds until MongoDB answered a command, or failed to",
    ["command"],
    buckets=(0.005, 0.02, 0.1, 0.5, 2, 8),
)
LIMITED = Counter("softphone_limited", "Requests answered with 429, by rate limit", ["limit"])
REFUSED = Counter(
    "softphone_connections_refused",
    "Connections closed before their request was complete, by reason",
    ["why"],
)
API_KEY_REQUESTS = Counter(
    "softphone_api_key_requests", "Requests with an API key, by its name", ["tenant", "key"]
)
API_KEY_USES_LOST = Counter(
    "softphone_api_key_uses_lost", "Uses of API keys whose time was not stored"
)
AUDIT_NOT_KEPT = Counter(
    "softphone_audit_not_kept", "Security events that are in the log only, and not stored"
)
REDIS_FULL = Counter(
    "softphone_redis_full", "Writes that Redis refused because its memory is full (maxmemory)"
)
PUBLISHED = Counter(
    "softphone_published", "Messages confirmed by RabbitMQ, by message type", ["type"]
)
HANDLED = Counter(
    "softphone_handled", "Messages handled: done, retried or dead (a dead letter)", ["queue", "how"]
)
HANDLING = Histogram(
    "softphone_handling_seconds",
    "Seconds one batch of messages took, including the outages it waited for",
    ["queue"],
    buckets=(0.01, 0.05, 0.2, 1, 5, 30),
)
QUEUE_AGE = Gauge(
    "softphone_queue_age_seconds",
    "Age of the oldest message that this process has taken from a work queue and not settled",
    ["queue"],
)
PAUSED = Gauge(
    "softphone_consumer_paused",
    "1 while a consumer is paused after failures in a row, else 0",
    ["queue"],
)
