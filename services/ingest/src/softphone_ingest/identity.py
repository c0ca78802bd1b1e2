"""Decides, once and for all consumers, which call a hit belongs to; keeps what it must in Redis.

A phone's own call id alone gives the same call at every instance without any state. Redis adds
what can't be computed: clicks that wait for their phone, ids used again, and phones without ids.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from softphone_common.domain.calls import ENDS, Identity, Phase
from softphone_common.domain.numbers import RemoteNumber
from softphone_common.errors import UnavailableError
from softphone_common.redis import Redis, reaching
from softphone_common.telemetry import log
from softphone_ingest.hits import Hit
from softphone_ingest.settings import IngestSettings

_NAMESPACE: UUID = uuid5(NAMESPACE_URL, "urn:softphone-connector:call")
_PLACEHOLDER = re.compile(r"^[$%#]|[{}<>\[\]]|^(?:null|none|undefined|unknown|-+|0+)$", re.I)
_FALLBACK_WINDOW_SECONDS = 300

# KEYS: what is known of this phone's call, the click that may wait.
# ARGV: id if first seen, id if seen before, identity of the first, now (ms), 1 if this may begin
# a new call after an end, 1 if this ends it, ms after the end, ms after the beginning (0: never),
# 1 if a click may be joined, seconds to remember.
_RESOLVE = """
local id, kind, begun, ended = unpack(redis.call('HMGET', KEYS[1], 'id', 'kind', 'begun', 'ended'))
local now, again = tonumber(ARGV[4]), false
if id and ended and ARGV[5] == '1' and now - tonumber(ended) > tonumber(ARGV[7]) then
  again = true
elseif id and not ended and tonumber(ARGV[8]) > 0 and now - tonumber(begun) > tonumber(ARGV[8]) then
  again = true
end
if not id or again then
  local click = ARGV[9] == '1' and redis.call('GET', KEYS[2])
  if click then
    redis.call('DEL', KEYS[2])
    id, kind = click, 'click'
  elseif again then
    id, kind = ARGV[2], 'derived'
  else
    id, kind = ARGV[1], ARGV[3]
  end
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'id', id, 'kind', kind, 'begun', now)
end
if ARGV[6] == '1' then
  redis.call('HSETNX', KEYS[1], 'ended', now)
end
redis.call('EXPIRE', KEYS[1], ARGV[10])
return {id, kind}
"""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The call a hit belongs to and how that was decided."""

    call_id: str
    identity: Identity


def usable(external_id: str, remote: RemoteNumber) -> bool:
    """Whether a phone's call id can tell calls apart.

    Not so if it is missing, a placeholder the phone did not replace, or the caller's number.
    """
    if not external_id or _PLACEHOLDER.search(external_id):
        return False
    if _digits(external_id) != external_id.lstrip("+"):
        return True
    return _digits(external_id) not in {_digits(remote.raw), _digits(remote.e164 or "")}


class Identities:
    """Resolves hits and remembers clicks."""

    def __init__(self, redis: Redis, settings: IngestSettings) -> None:
        self._redis = redis
        self._settings = settings
        self._resolve = redis.client.register_script(_RESOLVE)

    async def expect(self, tenant: str, extension: str, remote: RemoteNumber, call: str) -> None:
        """Has the phone's first hit for this number join the clicked call; a later click wins.

        Without Redis nothing is joined: the phone's call becomes one of its own.
        """
        try:
            with reaching():
                key = _click_key(tenant, extension, remote)
                await self._redis.client.set(key, call, ex=self._settings.dial_join_seconds)
        except UnavailableError as error:
            log.warning("click not remembered", call=call, error=str(error))

    async def resolve(
        self, tenant: str, scope: str, hit: Hit, remote: RemoteNumber, now: datetime
    ) -> Resolved:
        """The call of this hit. `scope` is what the phone's call ids are unique in."""
        own = usable(hit.call_id, remote)
        parts = (scope, "id", hit.call_id) if own else (hit.extension, "number", _party(remote))
        stamp = int(now.timestamp() * 1000)
        fresh = _uuid(tenant, *parts, str(stamp))
        first = _uuid(tenant, *parts) if own else fresh
        keys = [_call_key(tenant, parts), _click_key(tenant, hit.extension, remote)]
        try:
            with reaching():
                id_, kind = await self._resolve(
                    keys=keys, args=self._arguments(hit, own, first, fresh, stamp)
                )
            return Resolved(id_, kind)
        except UnavailableError as error:
            log.warning("identity without memory", error=str(error))
        if own:
            return Resolved(first, "phone")
        window = str(stamp // 1000 // _FALLBACK_WINDOW_SECONDS)
        return Resolved(_uuid(tenant, *parts, window), "derived")

    def _arguments(
        self, hit: Hit, own: bool, first: str, fresh: str, stamp: int
    ) -> list[str | int]:
        s = self._settings
        ends = hit.phase in ENDS
        begins = hit.phase == "ringing"
        return [
            first,
            fresh,
            "phone" if own else "derived",
            stamp,
            int(not own or not ends),
            int(ends),
            (s.identity_reuse_seconds if own else s.identity_derived_reuse_seconds) * 1000,
            s.identity_ring_seconds * 1000 if begins and not own else 0,
            int(_may_join(hit.phase, hit.direction)),
            s.identity_seconds if own else s.identity_derived_seconds,
        ]


def _may_join(phase: Phase, direction: str | None) -> bool:
    """Whether a hit can be the first of a clicked call: never one of a call that comes in."""
    return direction == "outbound" or (direction is None and phase != "ringing")


def _party(remote: RemoteNumber) -> str:
    """The other side, however its number is spelt: a click has digits, a phone may have an URI."""
    return remote.e164 or remote.display or remote.raw


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _uuid(*parts: str) -> str:
    return str(uuid5(_NAMESPACE, "\x1f".join(parts)))


def _call_key(tenant: str, parts: tuple[str, ...]) -> str:
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
    return f"softphone:call:{tenant}:{digest}"


def _click_key(tenant: str, extension: str, remote: RemoteNumber) -> str:
    party = f"{extension}\x1f{_party(remote)}"
    return f"softphone:click:{tenant}:{hashlib.sha256(party.encode()).hexdigest()[:32]}"
