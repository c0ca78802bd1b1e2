"""Decides, once for all consumers, which call each event of a request belongs to.

An id of a whole telephone system gives one call at every instance without any state; the counter
of a single phone does so within one hour. The call memory adds what no id can say: clicks that
wait for their phone, ids used again, calls with two ids, phones that send no id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from softphone_common.domain.call import ENDS, Identity, Observation
from softphone_common.domain.call_legs import OVERTAKEN
from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_ingest.identity.call_keys import (
    CallKeys,
    call_keys,
    click_key,
    counterpart_of,
)
from softphone_ingest.mapping.parsed_event import ParsedEvent
from softphone_ingest.mapping.schema import Scope

_FALLBACK_WINDOW_MILLISECONDS = 300_000
_COUNTER_MAX = 4
"""Characters of a counter that soon gives its numbers again, also to another call of one party."""
_DIRECTIONS = {"dialed": "outbound", "ringing": "inbound"}
"""Directions of events that mention none; a call keeps its first."""
_GROUP_MILLISECONDS = 3000
"""Time within which the phones of a ring group begin to ring, and all senders of one call."""


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """How long calls are remembered and when an id stands for a new call; all in seconds."""

    join_seconds: int
    seconds: int
    derived_seconds: int
    reuse_seconds: int
    derived_reuse_seconds: int
    ring_seconds: int
    clock_skew_seconds: int


@dataclass(frozen=True, slots=True)
class Sender:
    """The device that sent a request. `scope` says within what its call ids are unique.

    With `ring_groups` its rings are one call with those of other devices, unless it shares its ids
    with them.
    """

    tenant: str
    device: str
    scope: Scope
    ring_groups: bool = True


@dataclass(frozen=True, slots=True)
class Claim:
    """The question an event puts to the call memory: its keys, and the facts that decide.

    Field names are those `resolve.lua` reads. Times are milliseconds, those that end in `seconds`
    are expiries of keys. `stamp` and `reported` are texts, because Redis would round a number.
    """

    keys: tuple[str, str, str, str, str]
    stamp: str
    reported: str
    phase: str
    number: str
    withheld: bool
    direction: str
    device: str
    has_id: bool
    counts: bool
    begins: bool
    ends: bool
    bare: bool
    first: str
    kind: Identity
    another: str
    linked: str
    may_reopen: bool
    may_join: bool
    may_follow: bool
    shares: bool
    of_group: bool
    reuse: int
    again: int
    ring: int
    unnamed: int
    group: int
    overtaken: int
    seconds: int
    line_seconds: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The call a claim got. `ended` is when it had ended before, in milliseconds, else None.

    `is_guest` says that the device came to the call by an id that it shares with other devices or
    by an answer, neither as the first nor ringing along with the first.
    """

    call_id: str
    identity: Identity
    ended: int | None = None
    is_guest: bool = False


class CallMemory(Protocol):
    """Remembers calls and clicks for a while, shared by all instances.

    Both methods raise UnavailableError while the memory is out of reach.
    """

    async def resolve(self, claims: Sequence[Claim]) -> list[Decision]:
        """Decides all claims of one request in order, with nothing of another request between."""
        ...

    async def expect(self, key: str, call_id: str, seconds: int) -> None:
        """Has the next claim with this click key join the call; a later click replaces it."""
        ...


class CallIdResolver:
    """Turns the events of a request into observations of calls, and remembers clicks."""

    def __init__(self, memory: CallMemory, policy: IdentityPolicy) -> None:
        self._memory = memory
        self._policy = policy

    @property
    def skew_seconds(self) -> int:
        """How far a phone's clock may differ from ours for its times to be used."""
        return self._policy.clock_skew_seconds

    def is_close(self, time: datetime, now: datetime) -> bool:
        """Whether the time of an event is near enough to its arrival to be used."""
        return abs(now - time) <= timedelta(seconds=self.skew_seconds)

    async def expect(self, tenant: str, extension: str, remote: RemoteNumber, call_id: str) -> None:
        """Has the phone's first hit for this number join the clicked call; a later click wins.

        Without Redis nothing is joined: the phone's call becomes one of its own.
        """
        key = click_key(tenant, extension, counterpart_of(remote))
        try:
            await self._memory.expect(key, call_id, self._policy.join_seconds)
        except UnavailableError as error:
            log.warning("click not remembered", call=call_id, tenant=tenant, error=str(error))

    async def resolve(
        self, sender: Sender, events: Sequence[ParsedEvent], now: datetime, hit: str = ""
    ) -> list[Observation]:
        """The observations the events make, in one round trip to Redis, or none without events.

        Without Redis a call with two ids becomes two, as do a click and the call of its phone. A
        ring group becomes a call of each device. An id of one phone stands for one call in each
        hour, and hits without an id are one call while they bring the same number within about
        five minutes.
        """
        if not events:
            return []
        keys = [call_keys(sender.tenant, sender.device, sender.scope, event) for event in events]
        decisions = await self._decide(sender, keys, events, now)
        return [
            replace(self._observation(sender, event, own, decision, now), hit=hit)
            for event, own, decision in zip(events, keys, decisions, strict=True)
        ]

    async def _decide(
        self,
        sender: Sender,
        keys: Sequence[CallKeys],
        events: Sequence[ParsedEvent],
        now: datetime,
    ) -> list[Decision]:
        stamp = _milliseconds(now)
        claims = [self._claim(sender, *pair, now) for pair in zip(keys, events, strict=True)]
        try:
            return await self._memory.resolve(claims)
        except UnavailableError as error:
            log.warning("calls identified without Redis", tenant=sender.tenant, error=str(error))
            return [
                Decision(
                    own.first_call(stamp, _FALLBACK_WINDOW_MILLISECONDS),
                    "phone" if own.external_id else "derived",
                    # whether another device began the call is not known
                    is_guest=own.is_shared,
                )
                for own in keys
            ]

    def _observation(
        self,
        sender: Sender,
        event: ParsedEvent,
        keys: CallKeys,
        decision: Decision,
        now: datetime,
    ) -> Observation:
        # the time that a guest reports would decide what the guest may see
        reported = None if decision.is_guest else self._reported(event, now)
        at = min(reported or now, now)
        if decision.ended is not None and keys.is_bare and event.phase in ENDS:
            # A handset put down long after the talk sends an end with neither id nor number. It
            # must not make the call longer, so it is observed at the moment the call ended.
            at = datetime.fromtimestamp(decision.ended / 1000, UTC)
        return Observation(
            call_id=decision.call_id,
            phase=event.phase,
            extension=event.extension,
            remote=event.remote,
            at=at,
            direction=event.direction,
            name=event.name,
            reason=event.reason,
            talk_seconds=event.talk_seconds,
            external_id=event.external_id,
            identity=decision.identity,
            device=sender.device,
            called=event.called_number,
            called_name=event.called_name,
            by_shared_id=decision.is_guest,
        )

    def _claim(self, sender: Sender, keys: CallKeys, event: ParsedEvent, now: datetime) -> Claim:
        p = self._policy
        stamp, reported = _milliseconds(now), self._reported(event, now)
        begins, ends, bare = event.phase in {"ringing", "dialed"}, event.phase in ENDS, keys.is_bare
        derived = not keys.external_id
        reuse = p.derived_reuse_seconds if keys.is_local else p.reuse_seconds
        # a queue may ring all its agents before it rings one again; a mere number comes again soon
        again = p.seconds if begins else reuse
        if keys.is_local:
            again = reuse if derived else p.reuse_seconds
        of_group = _is_of_group(sender, event)
        return Claim(
            keys=(*keys.keys, keys.group if of_group else ""),
            stamp=str(stamp),
            reported=str(_milliseconds(reported)) if reported else "",
            phase=event.phase,
            number=keys.number,
            withheld=keys.is_withheld,
            direction=event.direction or _DIRECTIONS.get(event.phase, ""),
            device=sender.device,
            has_id=not derived,
            counts=keys.is_local and 0 < len(keys.external_id) <= _COUNTER_MAX,
            begins=begins,
            ends=ends,
            bare=bare,
            first=keys.first_call(stamp),
            kind="derived" if derived else "phone",
            another=keys.further_call(stamp),
            linked=keys.linked_call(stamp),
            # a late or repeated end with an id still ends that call; one with nothing but an
            # extension says no more than that a handset was put down
            may_reopen=not ends or (derived and not bare),
            may_join=_may_join(event),
            may_follow=derived and not begins,
            shares=keys.is_shared,
            of_group=of_group,
            reuse=reuse * 1000,
            again=again * 1000,
            # an id of a whole telephone system never comes again while the phone still rings
            ring=p.ring_seconds * 1000 if keys.is_local else 0,
            unnamed=_GROUP_MILLISECONDS,
            group=_GROUP_MILLISECONDS,
            overtaken=int(OVERTAKEN.total_seconds() * 1000),
            seconds=p.derived_seconds if derived else p.seconds,
            line_seconds=p.derived_seconds,
        )

    def _reported(self, event: ParsedEvent, now: datetime) -> datetime | None:
        """The phone's own time of the event, unless the phone's clock is obviously wrong."""
        if event.time is None or not self.is_close(event.time, now):
            return None
        return event.time


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _may_join(event: ParsedEvent) -> bool:
    """Whether the event can be the first of a clicked call: never one of a call that comes in."""
    return event.direction == "outbound" or (event.direction is None and event.phase != "ringing")


def _is_of_group(sender: Sender, event: ParsedEvent) -> bool:
    """Whether the event may belong to a call that other devices ring for: a call that comes in.

    An answer is reported like one of an outbound call, unless its phone names the direction. It
    belongs to the group as well, since it may overtake its ring or the ring may be lost.
    """
    if not sender.ring_groups or event.phase not in {"ringing", "connected"}:
        return False
    return event.direction != "outbound"
