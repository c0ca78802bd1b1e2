"""All Prometheus metrics of the product."""

from prometheus_client import Counter, Gauge, Histogram

HITS = Counter("softphone_hits", "Hits, by the status of the answer", ["status"])
HITS_NOT_KEPT = Counter("softphone_hits_not_kept", "Hits that were not stored for the inspector")
LIMITED = Counter("softphone_limited", "Requests answered with 429, by rate limit", ["limit"])
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
