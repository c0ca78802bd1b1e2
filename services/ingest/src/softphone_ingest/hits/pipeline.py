"""The way of a hit: from a device's request to confirmed observations on the bus.

The parts behind the observations are Protocols here. A hit knows nothing of spool files, of the
broker or of the inspector's store, and tests give it others.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from dataclasses import field as field_of
from datetime import datetime
from typing import Any, NoReturn, Protocol
from uuid import uuid4

from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import CallObserved
from softphone_common.contracts.hit import HitOutcome
from softphone_common.contracts.problem_codes import text_of
from softphone_common.domain.call import Observation
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_common.stores.rate_limit import KeyRateLimit
from softphone_ingest.devices.cache import DeviceCache
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.hits.signatures import signed_url, verified
from softphone_ingest.hits.tenant_shares import TenantShares, Turn
from softphone_ingest.identity.resolver import CallIdResolver, Sender
from softphone_ingest.mapping.parsed_event import FieldNote, HitError, ParsedEvent
from softphone_ingest.mapping.reader import DeviceConfig, Interpretation, Reader
from softphone_ingest.mapping.reply import Reply, fill_template
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import Scope
from softphone_ingest.tenants.activation import require_active

ACCEPTED = 202
IGNORED = 204
_FORBIDDEN = 403
"""The status of a wrong signature and of a tenant that is not active."""
_PROBE = "hit-probe"


@dataclass(frozen=True, slots=True)
class HitResult:
    """The call of the hit's first event, if it has one, and the answer its sender expects."""

    call_id: str | None
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class ReceivedHit:
    """A request of a known device. Its key and secret must not be shown wherever the request is: a
    phone may send them once more in a header or the body."""

    device: StoredDevice
    request: HitRequest
    key: str
    secret: str | None
    at: datetime
    id: str = field_of(default_factory=lambda: str(uuid4()))

    def without_content(self) -> "ReceivedHit":
        """Only that it came, and from where: the hit of a stranger, or of an inactive tenant."""
        request = HitRequest(self.request.method, "", "", {}, b"", self.request.client)
        return replace(self, request=request)


@dataclass(frozen=True, slots=True)
class HitOutcomeNote:
    """The answer to a hit and its reason: a problem if it was refused, else its events.

    `unread` has the problems of members of its list that could not be read; the first of them is
    the problem of an accepted hit. A probe is ignored, and its reason is that it is one.

    `events` and `observations` belong together by position. `scope` is that of the sender's ids.
    """

    outcome: HitOutcome
    status: int
    field: str | None = None
    why: str | None = None
    code: str | None = None
    params: Mapping[str, Any] = field_of(default_factory=dict)
    scope: Scope = "pbx"
    events: Sequence[ParsedEvent] = ()
    observations: Sequence[Observation] = ()
    unread: Sequence[HitError] = ()


class HitLog(Protocol):
    """Keeps hits for the inspector, without their senders waiting for that."""

    def note(self, hit: ReceivedHit, note: HitOutcomeNote) -> None:
        """Has the hit kept soon."""
        ...

    async def settled(self) -> None:
        """Returns when all noted hits are kept, or after a second if the store is away."""
        ...


class ObservationPublisher(Protocol):
    """Publishes observations so that they outlive a crash."""

    async def publish(self, *messages: CallObserved) -> None:
        """Returns when every message is on a disk. Raises UnavailableError where none takes it."""
        ...


class HitPipeline:
    """Takes hits. Everything needed to interpret one is in memory; only the broker must answer."""

    def __init__(
        self,
        devices: DeviceCache,
        tenant_of: Callable[[str], Tenant],
        config_of: Callable[[Tenant, StoredDevice], Awaitable[DeviceConfig]],
        key_rate_limit: KeyRateLimit,
        tenant_shares: TenantShares,
        resolver: CallIdResolver,
        publisher: ObservationPublisher,
        hit_log: HitLog,
        seal: Seal,
        clock: Clock,
    ) -> None:
        self._devices = devices
        self._tenant_of = tenant_of
        self._config_of = config_of
        self._key_rate_limit = key_rate_limit
        self._tenant_shares = tenant_shares
        self._resolver = resolver
        self._publisher = publisher
        self._hit_log = hit_log
        self._seal = seal
        self._clock = clock

    @asynccontextmanager
    async def admit(
        self, key: str, request: HitRequest
    ) -> AsyncIterator[tuple[StoredDevice, Turn]]:
        """Finds the device of a key, and counts its hit once its tenant's turn has come.

        Raises ProblemError 404 for an unknown key, 429 for too many hits or too many unknown keys,
        503 while devices are not loaded yet.
        """
        try:
            device = self._devices.require(key)
        except ProblemError as error:
            # while devices are being loaded (503) right keys are unknown too
            if error.status == 404:
                await self._key_rate_limit.count_wrong_key(request.client)
            raise
        async with self._tenant_shares.turn(device.tenant, device.id, request.size) as turn:
            await self._key_rate_limit.count_use(device.id)
            yield device, turn

    async def take(self, key: str, request: HitRequest, url: str) -> HitResult:
        """Returns the hit's call and answer once its observations are on a disk.

        `url` is the device's own, without what its sender appends. A probe makes no call and is
        only noted, whatever else is wrong with it. Raises ProblemError like
        `admit`, 403 for an inactive tenant or a wrong signature, and 422 for a request that can't
        be understood; UnavailableError if neither broker nor spool takes the observations.
        """
        async with self.admit(key, request) as (device, turn):
            return await self._take(self._received(key, device, request), url, turn)

    async def _take(self, hit: ReceivedHit, url: str, turn: Turn) -> HitResult:
        tenant = self._tenant_of(hit.device.tenant)
        if hit.request.is_probe:
            why = text_of(_PROBE, {})
            self._hit_log.note(hit, HitOutcomeNote("ignored", IGNORED, why=why, code=_PROBE))
            return HitResult(None, None)
        try:
            return await self._process(hit, tenant, url, turn)
        except HitError as error:
            self._refuse(hit, 422, error.why, error.code, error.params, error.field)
            turn.release()
            # an administrator looks for the refused hit as soon as the phone reports the failure
            await self._hit_log.settled()
            raise ProblemError.of(error) from None
        except ProblemError as error:
            self._refuse(hit, error.status, error.detail, error.code, error.params)
            raise
        except UnavailableError as error:
            params = {"resource": error.resource}
            self._refuse(hit, 503, str(error), "resource-unavailable", params)
            raise

    async def refuse(self, key: str, request: HitRequest, problem: ProblemError) -> NoReturn:
        """Keeps a hit of which only the first line could be read, and raises its problem.

        Raises ProblemError like `admit` if the key is unknown.
        """
        async with self.admit(key, request) as (device, _):
            hit = self._received(key, device, request)
            self._refuse(hit, problem.status, problem.detail, problem.code, problem.params)
            await self._hit_log.settled()
        raise problem

    def _received(self, key: str, device: StoredDevice, request: HitRequest) -> ReceivedHit:
        secret = self._seal.decrypt(device.secret_sealed)
        return ReceivedHit(device, request, key, secret, self._clock())

    async def _process(self, hit: ReceivedHit, tenant: Tenant, url: str, turn: Turn) -> HitResult:
        # here and not before, so that the inspector shows the refused hits of an expired tenant
        require_active(tenant, hit.at)
        config = await self._config_of(tenant, hit.device)
        reader = Reader(hit.request, config)
        if hit.device.secret_sealed:
            # before a word of the request is believed, or reported back as a mistake
            _require_signature(reader, hit.secret, signed_url(url, hit.request))
        parsed = self._with_time_notes(await _interpret(reader, turn), hit)
        # before the call memory and the broker see them: a refused hit leaves nothing behind
        await self._tenant_shares.count_events(tenant.id, len(parsed.events) - 1)
        scope = config.mapping.scope
        sender = Sender(tenant.id, hit.device.id, scope, tenant.ring_groups)
        observations = await self._resolver.resolve(sender, parsed.events, hit.at, hit.id)
        call_id = observations[0].call_id if observations else None
        # filled before publishing: a reply that can't be filled must not leave a call behind
        reply = fill_template(parsed.reply, url, call_id or "") if parsed.reply else None
        await self._publish(
            [CallObserved(tenant=tenant.id, observation=each) for each in observations],
            hit.device.id,
            turn,
        )
        status = reply.status if reply else ACCEPTED if observations else IGNORED
        outcome: HitOutcome = "accepted" if observations else "ignored"
        note = HitOutcomeNote(
            outcome,
            status,
            scope=scope,
            events=parsed.events,
            observations=observations,
            unread=parsed.unread,
        )
        self._hit_log.note(hit, note)
        return HitResult(call_id, reply)

    async def _publish(self, messages: Sequence[CallObserved], device: str, turn: Turn) -> None:
        """Publishes each event of a list in a turn of its own: a broker confirms in the order of
        arrival, and the event of another tenant or device would wait for the whole list."""
        if len(messages) <= 1:
            for message in messages:
                await self._publish_one(message, device)
            return

        async def publish(message: CallObserved) -> None:
            async with self._tenant_shares.event_turn(message.tenant, device):
                await self._publish_one(message, device)

        turn.end()
        outcomes = await asyncio.gather(*map(publish, messages), return_exceptions=True)
        for failure in filter(None, outcomes):
            raise failure

    async def _publish_one(self, message: CallObserved, device: str) -> None:
        await self._publisher.publish(message)
        observation = message.observation
        log.info(
            "hit",
            call=observation.call_id,
            tenant=message.tenant,
            device=device,
            phase=observation.phase,
            extension=observation.extension,
        )

    def _with_time_notes(self, parsed: Interpretation, hit: ReceivedHit) -> Interpretation:
        """Notes times that are too far from the arrival to be used."""
        note = FieldNote("time", "time-not-close", (("seconds", self._resolver.skew_seconds),))
        events = tuple(
            replace(event, notes=(*event.notes, note))
            if event.time is not None and not self._resolver.is_close(event.time, hit.at)
            else event
            for event in parsed.events
        )
        return replace(parsed, events=events)

    def _refuse(
        self,
        hit: ReceivedHit,
        status: int,
        why: str,
        code: str,
        params: Mapping[str, Any],
        field: str | None = None,
    ) -> None:
        if status == _FORBIDDEN:
            hit = hit.without_content()
        self._hit_log.note(hit, HitOutcomeNote("refused", status, field, why, code, params))


async def _interpret(reader: Reader, turn: Turn) -> Interpretation:
    """Reads the request. A list keeps its turn, and lets other tasks run between its members."""

    async def pause() -> None:
        await turn.keep()
        await asyncio.sleep(0)

    parsed = await reader.interpret_with_pauses(pause)
    if len(parsed.events) > 1:
        await turn.keep()
    else:
        turn.release()
    return parsed


def _require_signature(reader: Reader, secret: str | None, url: str) -> None:
    if secret is None:
        raise ProblemError("device-secret-unreadable")
    if not verified(reader, secret, url):
        raise ProblemError("signature-wrong")
