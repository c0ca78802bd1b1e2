"""All Prometheus metrics of the product."""

from prometheus_client import Counter, Gauge, Histogram, Info

BUILD = Info("softphone_build", "The release that runs, and the commit it was built from")
HITS = Counter("softphone_hits", "Hits, by the status of the answer", ["status"])
HITS_NOT_KEPT = Counter("softphone_hits_not_kept", "Hits that were not stored for the inspector")
AUDIT_NOT_KEPT = Counter(
    "softphone_audit_not_kept", "Security events that are in the log only, and not stored"
)
LIMITED = Counter("softphone_limited", "Requests answered with 429, by rate limit", ["limit"])
API_KEY_REQUESTS = Counter(
    "softphone_api_key_requests", "Requests with an API key, by its name", ["tenant", "key"]
)
API_KEY_USES_LOST = Counter(
    "softphone_api_key_uses_lost", "Uses of API keys whose time was not stored"
)
TENANT_LIMITED = Counter(
    "softphone_tenant_limited",
    "Hits answered with 429 because their tenant exceeds its share, by its limit: rate or waiting",
    ["tenant", "limit"],
)
REDIS_FULL = Counter(
    "softphone_redis_full", "Writes that Redis refused because its memory is full (maxmemory)"
)
REFUSED = Counter(
    "softphone_connections_refused",
    "Connections closed before their request was complete, by reason",
    ["why"],
)
HITS_SPOOLED = Counter(
    "softphone_hits_spooled", "Hits written to the spool because RabbitMQ did not confirm in time"
)
SPOOL_DEPTH = Gauge("softphone_spool_depth", "Observations waiting in the spool")
SPOOL_AGE = Gauge("softphone_spool_age_seconds", "Age of the oldest observation in the spool")
PUBLISHED = Counter(
    "softphone_published", "Messages confirmed by RabbitMQ, by message type", ["type"]
)
HANDLED = Counter(
    "softphone_handled", "Messages handled: done, retried or dead (a dead letter)", ["queue", "how"]
)
PAUSED = Gauge(
    "softphone_consumer_paused",
    "1 while a consumer is paused after failures in a row, else 0",
    ["queue"],
)
HANDLING = Histogram("softphone_handling_seconds", "Seconds one batch of messages took", ["queue"])
SOCKETS = Gauge("softphone_sockets", "Websockets that are welcomed and open")
FRAMES = Counter("softphone_frames", "Frames sent to browsers, by frame type", ["type"])
CUT = Counter("softphone_sockets_cut", "Websockets closed by the server, by close code", ["code"])
POP_DELAY = Histogram(
    "softphone_pop_delay_seconds",
    "Seconds from the arrival of a hit to its frame in the queue of the socket",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
