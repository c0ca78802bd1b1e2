"""The way of a hit: from a device's request to confirmed observations on the bus.

The parts behind the observations are Protocols here. A hit knows nothing of spool files, of the
broker or of the inspector's store, and tests give it others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as field_of
from datetime import datetime
from typing import Any, Protocol

from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import CallObserved
from softphone_common.contracts.hit import HitOutcome
from softphone_common.domain.call import Observation
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.stores.rate_limit import Rate, RateLimiter, network
from softphone_ingest.devices.cache import DeviceCache
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.hits.signatures import verified
from softphone_ingest.identity.resolver import CallIdResolver, Sender
from softphone_ingest.mapping.parsed_event import HitError, ParsedEvent
from softphone_ingest.mapping.reader import DeviceConfig, Reader
from softphone_ingest.mapping.reply import Reply, fill_template
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import Scope
from softphone_ingest.tenants.activation import require_active

ACCEPTED = 202
IGNORED = 204


@dataclass(frozen=True, slots=True)
class HitResult:
    """The call of the hit's first event, if it has one, and the answer its sender expects."""

    call_id: str | None
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class ReceivedHit:
    """A request of a known device. `secrets` must not be shown wherever the request is."""

    device: StoredDevice
    request: HitRequest
    secrets: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class HitOutcomeNote:
    """The answer to a hit and its reason: a problem if it was refused, else its events.

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


class KeyRateLimit:
    """Counts hits for each device and wrong keys for the network of an address.

    Only wrong keys count against an address: a whole company may be behind one, and a stranger
    there must not cost its phones a single hit.
    """

    def __init__(self, limiter: RateLimiter, hits: Rate, wrong_keys: Rate) -> None:
        self._limiter = limiter
        self._hits = hits
        self._wrong_keys = wrong_keys

    async def count_hit(self, device: str) -> None:
        """Raises ProblemError 429 if the device sends more than its rate allows."""
        await self._limiter.acquire(self._hits, device)

    async def count_wrong_key(self, address: str) -> None:
        """Raises ProblemError 429 if too many unknown keys came from there."""
        await self._limiter.acquire(self._wrong_keys, network(address))


class HitPipeline:
    """Takes hits. Everything needed to interpret one is in memory; only the broker must answer."""

    def __init__(
        self,
        devices: DeviceCache,
        tenant_of: Callable[[str], Tenant],
        config_of: Callable[[Tenant, StoredDevice], DeviceConfig],
        key_rate_limit: KeyRateLimit,
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
        self._resolver = resolver
        self._publisher = publisher
        self._hit_log = hit_log
        self._seal = seal
        self._clock = clock

    async def admit(self, key: str, address: str) -> StoredDevice:
        """Finds the device of a key and counts the hit against its rate.

        Raises ProblemError 404 for an unknown key, 429 for too many hits or too many unknown keys,
        503 while devices are not loaded yet.
        """
        try:
            device = self._devices.require(key)
        except ProblemError as error:
            # while devices are being loaded (503) right keys are unknown too
            if error.status == 404:
                await self._key_rate_limit.count_wrong_key(address)
            raise
        await self._key_rate_limit.count_hit(device.id)
        return device

    async def take(self, key: str, request: HitRequest, url: str) -> HitResult:
        """Returns the hit's call and answer once its observations are on a disk.

        `url` is the device's own, without what its sender appends. Raises ProblemError like
        `admit`, 403 for an inactive tenant or a wrong signature, and 422 for a request that can't
        be understood; UnavailableError if neither broker nor spool takes the observations.
        """
        device = await self.admit(key, request.client)
        tenant = self._tenant_of(device.tenant)
        secret = self._seal.decrypt(device.secret_sealed)
        # a phone may send its key, or the secret, once more in a header or the body
        hit = ReceivedHit(device, request, (key, secret or ""), self._clock())
        try:
            return await self._process(hit, tenant, secret, url)
        except HitError as error:
            self._refuse(hit, 422, error.why, error.code, error.params, error.field)
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

    async def _process(
        self, hit: ReceivedHit, tenant: Tenant, secret: str | None, url: str
    ) -> HitResult:
        # here and not before, so that the inspector shows the refused hits of an expired tenant
        require_active(tenant, hit.at)
        config = self._config_of(tenant, hit.device)
        reader = Reader(hit.request, config)
        if hit.device.secret_sealed:
            # before a word of the request is believed, or reported back as a mistake
            _require_signature(reader, secret, _signed_url(url, hit.request))
        parsed = reader.interpret()
        scope = config.mapping.scope
        sender = Sender(tenant.id, hit.device.id, scope)
        observations = await self._resolver.resolve(sender, parsed.events, hit.at)
        call_id = observations[0].call_id if observations else None
        # filled before publishing: a reply that can't be filled must not leave a call behind
        reply = fill_template(parsed.reply, url, call_id or "") if parsed.reply else None
        await self._publisher.publish(
            *(CallObserved(tenant=tenant.id, observation=each) for each in observations)
        )
        status = reply.status if reply else ACCEPTED if observations else IGNORED
        outcome: HitOutcome = "accepted" if observations else "ignored"
        note = HitOutcomeNote(
            outcome, status, scope=scope, events=parsed.events, observations=observations
        )
        self._hit_log.note(hit, note)
        return HitResult(call_id, reply)

    def _refuse(
        self,
        hit: ReceivedHit,
        status: int,
        why: str,
        code: str,
        params: Mapping[str, Any],
        field: str | None = None,
    ) -> None:
        self._hit_log.note(hit, HitOutcomeNote("refused", status, field, why, code, params))


def _require_signature(reader: Reader, secret: str | None, url: str) -> None:
    if secret is None:
        raise ProblemError("device-secret-unreadable")
    if not verified(reader, secret, url):
        raise ProblemError("signature-wrong")


def _signed_url(url: str, request: HitRequest) -> str:
    """The whole address as the sender wrote it; some senders sign it."""
    return f"{url}{request.path}" + (f"?{request.query}" if request.query else "")
