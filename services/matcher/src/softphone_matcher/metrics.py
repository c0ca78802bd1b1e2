"""The Prometheus metrics that matcher alone has."""

from prometheus_client import Counter, Histogram

MATCH_SECONDS = Histogram(
    "softphone_match_seconds",
    "Seconds the look-up of the numbers of one tenant in a batch of calls took",
    buckets=(0.005, 0.02, 0.1, 0.5, 2, 8),
)
MATCHED = Counter(
    "softphone_numbers_matched",
    "Numbers of calls that were looked up, by the level of the best match: exact, range, maybe or"
    " none",
    ["level"],
)
