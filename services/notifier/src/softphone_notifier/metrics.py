"""The Prometheus metrics that notifier alone has."""

from prometheus_client import Counter, Gauge, Histogram

SOCKETS = Gauge("softphone_sockets", "Open websockets")
FRAMES = Counter("softphone_frames", "Frames sent to browsers, by frame type", ["type"])
CUT = Counter("softphone_sockets_cut", "Websockets closed by the server, by close code", ["code"])
POP_DELAY = Histogram(
    "softphone_pop_delay_seconds",
    "Seconds from the arrival of a hit to its frame in the queue of the socket",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
