"""The way of a hit: whose it is, what it says, which call it belongs to, and onto the bus."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from softphone_common.contracts.events import CallObserved, Device, Tenant
from softphone_common.contracts.hit import EventJson, HitJson, HitOutcome
from softphone_common.domain.call import Observation
from softphone_common.domain.numbers.normalise import normalise
from softphone_common.http.problem import RETRY_AFTER, ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.tenants import Tenants
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.devices.setup_urls import device_url
from softphone_ingest.devices.store import DeviceCache
from softphone_ingest.hit_log.recorder import Recorder
from softphone_ingest.hit_log.redaction import redacted
from softphone_ingest.hit_log.store import request_json
from softphone_ingest.hits.signatures import verified
from softphone_ingest.identity.call_keys import is_usable_call_id
from softphone_ingest.identity.resolver import CallIdResolver
from softphone_ingest.mapping.parsed_event import HitError, ParsedEvent
from softphone_ingest.mapping.reader import DeviceConfig, Reader
from softphone_ingest.mapping.reply import Reply, fill_template
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.spool.spool import Spool
from softphone_ingest.tenants.activation import require_active

ACCEPTED = 202
IGNORED = 204


@dataclass(frozen=True, slots=True)
class HitResult:
    """What became of a hit: the call of its first event, if it made one, and what to answer."""

    call_id: str | None
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A request in our words: what the inspector shows and what goes onto the bus."""

    events: tuple[EventJson, ...]
    messages: tuple[CallObserved, ...]


class HitPipeline:
    """Takes hits. All it needs to understand one is in memory; only the broker must answer."""

    def __init__(
        self,
        devices: DeviceCache,
        tenants: Tenants,
        configs: DeviceConfigs,
        resolver: CallIdResolver,
        recorder: Recorder,
        spool: Spool,
        seal: Seal,
        clock: Clock,
        time_seconds: float,
    ) -> None:
        self._devices = devices
        self._tenants = tenants
        self._configs = configs
        self._resolver = resolver
        self._recorder = recorder
        self._spool = spool
        self._seal = seal
        self._clock = clock
        self._believed = timedelta(seconds=time_seconds)

    def require(self, key: str) -> Device:
        """The device with this key. Raises ProblemError 404, or 503 until devices are known."""
        device = self._devices.by_key(key)
        if device is not None:
            return device
        if not self._devices.loaded:
            raise ProblemError("devices-loading", headers=RETRY_AFTER)
        raise ProblemError("device-key-unknown")

    async def take(self, key: str, request: HitRequest, public: str) -> HitResult:
        """The hit's call and its answer, once the broker has it on disk.

        Raises ProblemError 404 for an unknown key, 403 for an inactive tenant or a wrong signature,
        422 for what can't be read, 503 while devices are not known yet; UnavailableError if the
        broker is away.
        """
        now = self._clock()
        device = self.require(key)
        tenant = self._tenants.require(device.tenant)
        secret = self._seal.open(device.secret_sealed)
        seen = ReceivedHit(device, redacted(request, key, secret), now)
        try:
            return await self._admitted(seen, tenant, request, device_url(public, key), secret)
        except HitError as error:
            self._note(seen.refused(422, error.why, error.code, error.params, error.field), seen)
            await self._recorder.settled()
            raise ProblemError.of(error) from None
        except ProblemError as error:
            self._note(seen.refused(error.status, error.detail, error.code, error.params), seen)
            raise
        except UnavailableError as error:
            params = {"resource": error.resource}
            self._note(seen.refused(503, str(error), "resource-unavailable", params), seen)
            raise

    async def understand(
        self,
        tenant: Tenant,
        device: Device,
        config: DeviceConfig,
        hits: Sequence[ParsedEvent],
        now: datetime,
    ) -> Interpretation:
        """Which calls the events of a request belong to, and what is to be said of them."""
        events, messages = [], []
        for hit, event in events_of(hits, device, config):
            own = replace(hit, extension=event.extension or "")
            scope = _scope(config, device, own)
            told = self._believable(hit, now)
            found = await self._resolver.resolve(tenant.id, scope, own, event.remote, now, told)
            observation = Observation(
                call_id=found.call_id,
                phase=hit.phase,
                extension=own.extension,
                remote=event.remote,
                at=found.ended_at or min(told or now, now),
                direction=hit.direction,
                name=hit.name,
                reason=hit.reason,
                talk_seconds=hit.talk_seconds,
                external_id=hit.call_id,
                identity=found.identity,
                device=device.id,
            )
            decided = {"call": found.call_id, "identity": found.identity}
            events.append(event.model_copy(update=decided))
            messages.append(CallObserved(tenant=tenant.id, observation=observation))
        return Interpretation(tuple(events), tuple(messages))

    async def _admitted(
        self,
        seen: "ReceivedHit",
        tenant: Tenant,
        request: HitRequest,
        base: str,
        secret: str | None,
    ) -> HitResult:
        require_active(tenant, seen.at)
        config = self._configs.of(tenant, seen.device)
        reader = Reader(request, config)
        if seen.device.secret_sealed:
            _require_signature(reader, secret, _asked(base, request))
        parsed = reader.interpret()
        hits = parsed.events
        told = await self.understand(tenant, seen.device, config, hits, seen.at)
        call = told.events[0].call if told.events else None
        reply = fill_template(parsed.reply, base, call or "") if parsed.reply else None
        await self._spool.publish(*told.messages)
        status = reply.status if reply else ACCEPTED if hits else IGNORED
        outcome: HitOutcome = "accepted" if hits else "ignored"
        self._note(seen.as_hit(outcome, status, told.events), seen)
        return HitResult(call, reply)

    def _note(self, hit: HitJson, seen: "ReceivedHit") -> None:
        self._recorder.note(seen.device.tenant, hit, seen.request)

    def _believable(self, hit: ParsedEvent, now: datetime) -> datetime | None:
        """The phone's own time where it is about right."""
        if hit.time is None or abs(now - hit.time) > self._believed:
            return None
        return hit.time


@dataclass(frozen=True, slots=True)
class ReceivedHit:
    """A hit that has come, as far as the inspector may know it."""

    device: Device
    request: HitRequest
    at: datetime

    def as_hit(
        self,
        outcome: HitOutcome,
        status: int,
        events: tuple[EventJson, ...] = (),
    ) -> HitJson:
        return HitJson(
            id=str(uuid4()),
            device=self.device.id,
            at=self.at,
            request=request_json(self.request),
            status=status,
            outcome=outcome,
            events=events,
        )

    def refused(
        self, status: int, why: str, code: str, params: dict[str, Any], field: str | None = None
    ) -> HitJson:
        reason = {"field": field, "why": why, "code": code, "params": params}
        return self.as_hit("refused", status).model_copy(update=reason)


def events_of(
    hits: Sequence[ParsedEvent], device: Device, config: DeviceConfig
) -> list[tuple[ParsedEvent, EventJson]]:
    """The events as the inspector shows them, before it is known which calls they belong to.

    A ring that names no extension rings at all that belong to the number called.
    """
    found = []
    for hit in hits:
        lines = [device.extensions.get(hit.extension, hit.extension)]
        if hit.phase == "ringing" and not hit.extension and hit.called:
            e164 = normalise(hit.called, config.profile).e164 or ""
            belonging = device.extensions.get(hit.called) or device.extensions.get(e164, "")
            lines = [line.strip() for line in belonging.split(",")]
        found += [(hit, _event(hit, line, config)) for line in lines]
    return found


def _event(hit: ParsedEvent, extension: str, config: DeviceConfig) -> EventJson:
    remote = None if hit.number is None else normalise(hit.number, config.profile)
    named = is_usable_call_id(config.mapping.scope, hit.call_id, remote)
    return EventJson(
        event=hit.phase,
        direction=hit.direction,
        extension=extension or None,
        number=hit.number,
        remote=remote,
        call_id=hit.call_id if named else None,
        name=hit.name,
        reason=hit.reason,
        duration=hit.talk_seconds,
        time=hit.time,
    )


def _require_signature(reader: Reader, secret: str | None, url: str) -> None:
    if secret is None:
        raise ProblemError("device-secret-unreadable")
    if not verified(reader, secret, url):
        raise ProblemError("signature-wrong")


def _scope(config: DeviceConfig, device: Device, hit: ParsedEvent) -> str:
    """What the phone's call ids are unique in."""
    match config.mapping.scope:
        case "device":
            return f"device:{device.id}"
        case "extension":
            return f"extension:{hit.extension}"
        case scope:
            return scope


def _asked(base: str, request: HitRequest) -> str:
    """The whole address as the sender wrote it, which some sign."""
    return f"{base}{request.path}" + (f"?{request.query}" if request.query else "")
