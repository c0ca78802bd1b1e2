"""Every metric of the product in one typed list, with what it counts."""

from prometheus_client import Counter, Gauge, Histogram

HITS = Counter("softphone_hits", "Hits by answer", ["status"])
HITS_NOT_KEPT = Counter("softphone_hits_not_kept", "Hits the inspector could not keep")
LIMITED = Counter("softphone_limited", "Requests answered 429, by the limit", ["limit"])
REFUSED = Counter(
    "softphone_connections_refused", "Connections closed before a whole request", ["why"]
)
HITS_SPOOLED = Counter("softphone_hits_spooled", "Hits the spool took for the broker")
SPOOL_DEPTH = Gauge("softphone_spool_depth", "Observations that wait in the spool")
SPOOL_AGE = Gauge("softphone_spool_age_seconds", "How long the first of them has been waiting")
PUBLISHED = Counter("softphone_published", "Messages the broker confirmed", ["type"])
HANDLED = Counter(
    "softphone_handled", "Messages done with, by what became of them", ["queue", "how"]
)
PAUSED = Gauge("softphone_consumer_paused", "1 while failures in a row hold it up", ["queue"])
HANDLING = Histogram("softphone_handling_seconds", "Time one batch took", ["queue"])
SOCKETS = Gauge("softphone_sockets", "Browsers connected")
FRAMES = Counter("softphone_frames", "Frames sent to browsers", ["type"])
CUT = Counter("softphone_sockets_cut", "Sockets closed by the server", ["code"])
POP_DELAY = Histogram(
    "softphone_pop_delay_seconds",
    "From the hit's arrival to the frame in the socket's queue",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
