"""The call memory in Redis: one Lua script decides all events of a request at once."""

import json
from collections.abc import Sequence
from dataclasses import fields
from importlib.resources import files

from softphone_common.stores.redis import Redis, reaching
from softphone_ingest.identity.resolver import Claim, Decision

_FACTS = tuple(field.name for field in fields(Claim) if field.name != "keys")


class RedisCallMemory:
    """A CallMemory that all instances of ingest share."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        script = files("softphone_ingest.identity").joinpath("resolve.lua").read_text("utf-8")
        self._resolve = redis.client.register_script(script)

    async def resolve(self, claims: Sequence[Claim]) -> list[Decision]:
        """Runs the script once over all claims: Redis runs nothing else meanwhile."""
        keys = [key for claim in claims for key in claim.keys]
        facts = [json.dumps({name: getattr(claim, name) for name in _FACTS}) for claim in claims]
        with reaching():
            rows = await self._resolve(keys=keys, args=facts)
        return [
            Decision(id_, kind, int(ended) if ended else None, bool(is_guest))
            for id_, kind, ended, is_guest in rows
        ]

    async def expect(self, key: str, call_id: str, seconds: int) -> None:
        """Remembers the click until it expires."""
        with reaching():
            await self._redis.client.set(key, call_id, ex=seconds)
