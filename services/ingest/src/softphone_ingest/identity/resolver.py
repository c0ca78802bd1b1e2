"""Decides, once and for all consumers, which call a hit belongs to; keeps what it must in Redis.

A call id of a whole telephone system alone gives the same call at every instance without any state,
a phone's own counter within the same hour. Redis adds what can't be computed: clicks that wait for
their phone, ids used again, calls with two ids, and phones that say no id or not even a number.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from softphone_common.domain.call import ENDS, Identity
from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_common.stores.redis import Redis, reaching
from softphone_ingest.identity.call_keys import CallKeys, click_key, counterpart_key, names
from softphone_ingest.mapping.parsed_event import ParsedEvent
from softphone_ingest.settings import IngestSettings

_FALLBACK_WINDOW_MILLISECONDS = 300_000


@dataclass(frozen=True, slots=True)
class Resolved:
    """The call a hit belongs to and how that was decided.

    `ended_at` is when the call was over already, of an end that says neither id nor number: a
    handset put down long after the talk makes it no longer.
    """

    call_id: str
    identity: Identity
    ended_at: datetime | None = None


class CallIdResolver:
    """Resolves hits and remembers clicks."""

    def __init__(self, redis: Redis, settings: IngestSettings) -> None:
        self._redis = redis
        self._settings = settings
        script = files("softphone_ingest.identity").joinpath("resolve.lua").read_text("utf-8")
        self._resolve = redis.client.register_script(script)

    async def expect(self, tenant: str, extension: str, remote: RemoteNumber, call: str) -> None:
        """Has the phone's first hit for this number join the clicked call; a later click wins.

        Without Redis nothing is joined: the phone's call becomes one of its own.
        """
        key = click_key(tenant, extension, counterpart_key(remote))
        try:
            with reaching():
                await self._redis.client.set(key, call, ex=self._settings.dial_join_seconds)
        except UnavailableError as error:
            log.warning("click not remembered", call=call, error=str(error))

    async def resolve(
        self,
        tenant: str,
        scope: str,
        hit: ParsedEvent,
        remote: RemoteNumber | None,
        now: datetime,
        told: datetime | None = None,
    ) -> Resolved:
        """The call of this hit. `scope` is what the sender's call ids are unique in: `pbx`,
        `device:<id>`, `extension:<extension>`; `none` if they tell no calls apart. `told` is the
        phone's own time of it, if it told one that is to be believed.

        Without Redis a call with two ids is two, a click and its phone are too, an id of one phone
        is that of one call in each hour, and without an id the hits of about five minutes that say
        the same number are one.
        """
        named = names(tenant, scope, hit, remote)
        stamp = _milliseconds(now)
        try:
            with reaching():
                said = json.dumps(self._said(named, hit, stamp, told))
                id_, kind, ended = await self._resolve(keys=named.keys, args=[said])
        except UnavailableError as error:
            log.warning("identity without memory", error=str(error))
            call = named.call(stamp, _FALLBACK_WINDOW_MILLISECONDS)
            return Resolved(call, "phone" if named.external_id else "derived")
        if not ended or not named.is_bare or hit.phase not in ENDS:
            return Resolved(id_, kind)
        return Resolved(id_, kind, datetime.fromtimestamp(float(ended) / 1000, UTC))

    def _said(
        self, named: CallKeys, hit: ParsedEvent, stamp: int, told: datetime | None
    ) -> dict[str, Any]:
        """What `resolve.lua` is told of a hit."""
        s = self._settings
        begins, ends, bare = hit.phase in {"ringing", "dialed"}, hit.phase in ENDS, named.is_bare
        derived = not named.external_id
        reuse = s.identity_derived_reuse_seconds if named.is_local else s.identity_reuse_seconds
        return {
            "stamp": str(stamp),
            "told": str(_milliseconds(told)) if told else "",
            "phase": hit.phase,
            "number": named.number,
            "begins": begins,
            "ends": ends,
            "bare": bare,
            "first": named.call(stamp),
            "kind": "derived" if derived else "phone",
            "another": named.another(stamp),
            "linked": named.linked_call(stamp),
            "may_reopen": not ends or (derived and not bare),
            "may_join": _may_join(hit),
            "may_follow": derived and not begins,
            "reuse": reuse * 1000,
            "ring": s.identity_ring_seconds * 1000 if named.is_local else 0,
            "seconds": s.identity_derived_seconds if derived else s.identity_seconds,
            "line_seconds": s.identity_derived_seconds,
        }


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _may_join(hit: ParsedEvent) -> bool:
    """Whether a hit can be the first of a clicked call: never one of a call that comes in."""
    return hit.direction == "outbound" or (hit.direction is None and hit.phase != "ringing")
