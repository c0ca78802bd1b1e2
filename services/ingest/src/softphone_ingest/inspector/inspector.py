"""Shows the hits of devices, tries requests without any effect, and replays refused hits."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import CallMatched, CallObserved, Message
from softphone_common.contracts.hit import EventJson, FieldNoteJson, HitJson, HitOutcome
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.telemetry import log
from softphone_common.stores.keyset import KeysetPage, Position
from softphone_ingest.devices.config import DeviceConfigs, is_read_alike
from softphone_ingest.devices.device import StoredDevice, device_url
from softphone_ingest.devices.mapping_check import check_mapping
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.hit_log.hit_json import events_json, notes_json
from softphone_ingest.hit_log.redaction import HIDDEN
from softphone_ingest.hit_log.store import HitStore, StoredHit
from softphone_ingest.hits.pipeline import HitLog
from softphone_ingest.hits.signatures import signed_url, verified
from softphone_ingest.identity.resolver import CallIdResolver, Sender
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.reader import DeviceConfig, Interpretation, Reader
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.tenants.activation import require_active


class MessagePublisher(Protocol):
    """The bus, as far as the inspector needs it."""

    async def publish(self, *messages: Message) -> None:
        """Returns when the broker has every message. Raises UnavailableError if not."""
        ...


@dataclass(frozen=True, slots=True)
class Read:
    """The meaning a request would have. `unread` are members of a list that can't be read."""

    events: tuple[EventJson, ...]
    unread: tuple[FieldNoteJson, ...]
    is_probe: bool


class Inspector:
    """The hits of devices, for the administrators of their tenant."""

    def __init__(
        self,
        store: HitStore,
        hit_log: HitLog,
        resolver: CallIdResolver,
        configs: DeviceConfigs,
        bus: MessagePublisher,
        clock: Clock,
        keep: timedelta,
        seal: Seal,
    ) -> None:
        self._store = store
        self._hit_log = hit_log
        self._resolver = resolver
        self._configs = configs
        self._bus = bus
        self._clock = clock
        self._keep = keep
        self._seal = seal

    async def latest(
        self,
        device: StoredDevice,
        before: Position[datetime] | None,
        size: int,
        outcome: HitOutcome | None = None,
    ) -> KeysetPage[HitJson, datetime]:
        """The device's latest hits, newest first; with `outcome` only those."""
        # a hit that was answered a moment ago may still wait to be written
        await self._hit_log.settled()
        now = self._clock()
        return await self._store.latest(device.tenant, device.id, before, size, now, outcome)

    async def interpret(
        self,
        tenant: Tenant,
        device: StoredDevice,
        request: HitRequest,
        mapping: dict[str, Any],
        numbers: dict[str, Any],
    ) -> Read:
        """The meaning of a request as the device would read it with these changes; has no effect.

        Raises HitError naming the field that can't be read.
        """
        changed = device.model_copy(update={"mapping": mapping, "numbers": numbers})
        config = await self._configs.make(tenant, changed, stored=device)
        read = await _interpret(request, config)
        events = events_json(config.mapping.scope, read.events)
        return Read(events, notes_json(read.unread), request.is_probe)

    async def check(self, tenant: Tenant, device: StoredDevice, mapping: dict[str, Any]) -> None:
        """Raises HitError naming the rule if this mapping would not be saved."""
        changed = device.model_copy(update={"mapping": mapping})
        if not is_read_alike(changed, device):
            check_mapping((await self._configs.make(tenant, changed)).mapping)

    async def is_signed(
        self,
        tenant: Tenant,
        device: StoredDevice,
        request: HitRequest,
        mapping: dict[str, Any],
        public: str,
    ) -> bool | None:
        """Whether the request is signed with the device's secret.

        None if nothing has to be signed, or the request was copied from the inspector, which hides
        what a signature consists of. Raises HitError like `interpret`.
        """
        changed = device.model_copy(update={"mapping": mapping})
        config = await self._configs.make(tenant, changed, stored=device)
        secret, key = (
            self._seal.decrypt(device.secret_sealed),
            self._seal.decrypt(device.key_sealed),
        )
        if not secret or config.mapping.verify is None:
            return None
        shown = (
            request.path,
            request.query,
            *request.headers.values(),
            request.body.decode("latin-1"),
        )
        if any(HIDDEN in text for text in shown):
            return None
        reader = Reader(request, config)
        return verified(reader, secret, signed_url(device_url(public, key or ""), request))

    async def replay(self, tenant: Tenant, device: StoredDevice, hit: str) -> HitJson:
        """Interprets a refused hit again, publishes its observations, and returns the hit.

        Replays of one hit, however many and at once, publish the same observations, which consumers
        count once. An accepted hit is returned unchanged. Raises ProblemError 404 for an unknown
        hit, 409 for one that was refused for another reason than its content, and 422 naming the
        field that still can't be read.
        """
        stored = await self._store.get(device.tenant, device.id, hit)
        if stored is None:
            raise ProblemError("hit-unknown")
        if stored.hit.outcome == "accepted":
            return await self._with_matches(stored)
        # ignored hits may be replayed too: a changed mapping may find an event in them
        if stored.hit.status not in {422, *range(200, 300)}:
            raise ProblemError("hit-not-replayable", reason=stored.hit.why)
        require_active(tenant, self._clock())
        try:
            stored = await self._decide(tenant, device, stored)
        except HitError as error:
            await self._store.refuse(hit, error)
            raise ProblemError.of(error) from None
        if not stored.messages:
            return stored.hit
        # Published before it is marked as accepted: a crash in between leaves a hit that can be
        # replayed once more, with the observations decided on.
        messages = [CallObserved.model_validate_json(text) for text in stored.messages]
        await self._bus.publish(*messages)
        for message in messages:
            log.info("hit replayed", call=message.observation.call_id, tenant=message.tenant)
        try:
            accepted = await self._store.accept(hit, self._clock())
        except HitError as error:  # it expired meanwhile; its call is in the log all the same
            raise ProblemError.of(error) from None
        return await self._with_matches(accepted)

    async def on_call_matched(self, messages: Sequence[CallMatched]) -> None:
        """Keeps the matches of calls, so that hits are shown with them."""
        await self._store.keep_matches(messages, self._clock() + self._keep)

    async def _decide(self, tenant: Tenant, device: StoredDevice, stored: StoredHit) -> StoredHit:
        """The hit with its observations, those of this replay or of an earlier one.

        The identity of a call depends on what came before, so two replays could find two calls. The
        store takes the observations of the first and gives them to all.
        """
        if stored.messages:
            return stored
        config = await self._configs.of(tenant, device)
        read = await _interpret(stored.request, config)
        if not read.events:
            return stored
        scope = config.mapping.scope
        sender = Sender(tenant.id, device.id, scope, tenant.ring_groups)
        observations = await self._resolver.resolve(
            sender, read.events, stored.hit.at, stored.hit.id
        )
        messages = [CallObserved(tenant=tenant.id, observation=each) for each in observations]
        return await self._store.claim(
            stored.hit.id,
            events_json(scope, read.events, observations),
            notes_json(read.unread),
            [message.model_dump_json() for message in messages],
        )

    async def _with_matches(self, stored: StoredHit) -> HitJson:
        (hit,) = await self._store.matched([stored.hit])
        return hit


async def _interpret(request: HitRequest, config: DeviceConfig) -> Interpretation:
    """The meaning of a request. Other tasks run between the members of its list."""
    return await Reader(request, config).interpret_with_pauses(partial(asyncio.sleep, 0))
