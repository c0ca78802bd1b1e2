"""The Prometheus metrics that ingest alone has."""

from prometheus_client import Counter, Gauge, Histogram

HITS = Counter("softphone_hits", "Hits, by the status of the answer", ["status"])
# The first error of a process would be no increase if its series began with it, and no alert.
for _error in (500, 503):
    HITS.labels(_error)
CONFIRM_SECONDS = Histogram(
    "softphone_hit_confirm_seconds",
    "Seconds from the arrival of an accepted hit until its observations were on a disk",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
OBSERVED = Counter("softphone_observations", "Observations of calls, by phase", ["phase"])
HITS_NOT_KEPT = Counter("softphone_hits_not_kept", "Hits that were not stored for the inspector")
HITS_SPOOLED = Counter(
    "softphone_hits_spooled", "Hits written to the spool because RabbitMQ did not confirm in time"
)
SPOOL_DEPTH = Gauge("softphone_spool_depth", "Observations waiting in the spool")
SPOOL_BYTES = Gauge("softphone_spool_bytes", "Bytes of the observations waiting in the spool")
SPOOL_AGE = Gauge("softphone_spool_age_seconds", "Age of the oldest observation in the spool")
TENANT_LIMITED = Counter(
    "softphone_tenant_limited",
    "Hits answered with 429 because their tenant exceeds its share, by its limit: rate or waiting",
    ["tenant", "limit"],
)
ACTIVATION_ENDS = Gauge(
    "softphone_activation_end_timestamp_seconds",
    "End of the activation, for the 20 tenants whose activation ends first",
    ["tenant"],
)
