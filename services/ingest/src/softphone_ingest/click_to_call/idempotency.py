"""Remembers in Redis what clicks with a key became; whoever has no Redis repeats them safely."""

import json
from dataclasses import dataclass

from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_common.stores.redis import Redis, reaching


@dataclass(frozen=True, slots=True)
class Repeated:
    """What is known of a click that came before: what it asked for, and its link once it is made.

    Without a link the first of them is still on its way or has failed: it is to be made again.
    """

    asked: str
    link: str | None


class IdempotencyKeys:
    """Clicks with a key, by the call they begin."""

    def __init__(self, redis: Redis, seconds: int) -> None:
        self._redis = redis
        self._seconds = seconds

    async def take(self, tenant: str, call: str, asked: str) -> Repeated | None:
        """Notes a click; what is known of one with its key before it, None if it is the first."""
        key = _key(tenant, call)
        try:
            with reaching():
                async with self._redis.client.pipeline(transaction=True) as both:
                    both.set(key, _value(asked, None), nx=True, ex=self._seconds)
                    both.get(key)
                    fresh, known = await both.execute()
        except UnavailableError as error:
            log.warning("repeated clicks not known", call=call, error=str(error))
            return None
        return None if fresh else Repeated(*json.loads(known))

    async def made(self, tenant: str, call: str, asked: str, link: str) -> None:
        """The call is on the bus: who asks again is told this link."""
        try:
            with reaching():
                value = _value(asked, link)
                await self._redis.client.set(_key(tenant, call), value, ex=self._seconds)
        except UnavailableError as error:
            log.warning("click not remembered", call=call, error=str(error))


def _key(tenant: str, call: str) -> str:
    return f"softphone:dial:{tenant}:{call}"


def _value(asked: str, link: str | None) -> str:
    return json.dumps([asked, link])
