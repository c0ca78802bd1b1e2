"""Remembers in Redis the clicks that were sent with an `Idempotency-Key` header."""

import json
from dataclasses import dataclass
from typing import Protocol

from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_common.stores.redis import Redis, reaching


@dataclass(frozen=True, slots=True)
class EarlierClick:
    """The first click with the key of this one: its fingerprint, and its link once there is one,
    with the extension that the link does not carry.

    A click without a link is still in progress or has failed, and is made again.
    """

    fingerprint: str
    link: str | None
    ext_by_hand: str = ""


class IdempotencyKeys(Protocol):
    """Clicks with a key, each under the call it begins. No method fails."""

    async def claim(self, tenant: str, call_id: str, fingerprint: str) -> EarlierClick | None:
        """Stores a click. Returns the earlier click with its key, or None for the first."""

    async def complete(
        self, tenant: str, call_id: str, fingerprint: str, link: str, ext_by_hand: str = ""
    ) -> None:
        """Stores the link, which repeated clicks get from now on. Call it after the publish."""


class RedisIdempotencyKeys:
    """Keeps the clicks in Redis; an `IdempotencyKeys`.

    Without Redis every click counts as the first. That is safe, because the call id is computed
    from the key: a repeated click publishes the same call again and begins no second one.
    """

    def __init__(self, redis: Redis, seconds: int) -> None:
        self._redis = redis
        self._seconds = seconds

    async def claim(self, tenant: str, call_id: str, fingerprint: str) -> EarlierClick | None:
        key = _key(tenant, call_id)
        try:
            with reaching():
                # One transaction (MULTI), so that the key cannot expire between SET and GET.
                async with self._redis.client.pipeline(transaction=True) as transaction:
                    transaction.set(key, _value(fingerprint, None), nx=True, ex=self._seconds)
                    transaction.get(key)
                    is_first, value = await transaction.execute()
        except UnavailableError as error:
            ids = {"call": call_id, "tenant": tenant}
            log.warning("repeated clicks not recognised", error=str(error), **ids)
            return None
        return None if is_first else EarlierClick(*json.loads(value))

    async def complete(
        self, tenant: str, call_id: str, fingerprint: str, link: str, ext_by_hand: str = ""
    ) -> None:
        try:
            with reaching():
                value = _value(fingerprint, link, ext_by_hand)
                await self._redis.client.set(_key(tenant, call_id), value, ex=self._seconds)
        except UnavailableError as error:
            log.warning("click not remembered", call=call_id, tenant=tenant, error=str(error))


def _key(tenant: str, call_id: str) -> str:
    return f"softphone:dial:{tenant}:{call_id}"


def _value(fingerprint: str, link: str | None, ext_by_hand: str = "") -> str:
    # an instance of an earlier version reads two values
    return json.dumps([fingerprint, link, *([ext_by_hand] if ext_by_hand else [])])
