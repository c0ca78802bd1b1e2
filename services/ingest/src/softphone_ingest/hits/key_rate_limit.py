"""How often a key may knock, and whoever has none that is known; knows nothing of what hits say."""

from softphone_common.http.problem import ProblemError
from softphone_common.stores.rate_limit import Rate, RateLimiter, network
from softphone_ingest.hits.pipeline import HitPipeline
from softphone_ingest.settings import IngestSettings


class KeyRateLimit:
    """Stands before the intake: many phones share one key, and a whole company one address."""

    def __init__(
        self, pipeline: HitPipeline, limiter: RateLimiter, settings: IngestSettings
    ) -> None:
        self._pipeline = pipeline
        self._limiter = limiter
        seconds = settings.hits_burst_seconds
        self._hits = Rate("hits", settings.hits_rate * seconds, seconds)
        self._wrong_keys = Rate("wrong-keys", settings.wrong_keys_max, 60)

    async def enter(self, key: str, address: str) -> None:
        """Counts a hit. Raises ProblemError 429; 404 for a key nobody has, 503 like the intake.

        The wrong keys of an address never cost a right one its hit.
        """
        try:
            device = self._pipeline.require(key)
        except ProblemError as error:
            if error.status == 404:
                await self._limiter.acquire(self._wrong_keys, network(address))
            raise
        await self._limiter.acquire(self._hits, device.id)
