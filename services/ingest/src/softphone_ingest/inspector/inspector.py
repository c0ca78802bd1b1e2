"""Shows the hits of devices, tries requests without any effect, and replays refused hits."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import CallMatched, CallObserved, Message
from softphone_common.contracts.hit import EventJson, HitJson
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.stores.keyset import KeysetPage, Position
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.hit_log.hit_json import events_json
from softphone_ingest.hit_log.store import HitStore, StoredHit
from softphone_ingest.hits.pipeline import HitLog
from softphone_ingest.identity.resolver import CallIdResolver, Sender
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.reader import interpret
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.tenants.activation import require_active


class MessagePublisher(Protocol):
    """The bus, as far as the inspector needs it."""

    async def publish(self, *messages: Message) -> None:
        """Returns when the broker has every message. Raises UnavailableError if not."""
        ...


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
    ) -> None:
        self._store = store
        self._hit_log = hit_log
        self._resolver = resolver
        self._configs = configs
        self._bus = bus
        self._clock = clock
        self._keep = keep

    async def latest(
        self, device: StoredDevice, before: Position[datetime] | None, size: int
    ) -> KeysetPage[HitJson, datetime]:
        """The device's latest hits, newest first."""
        # a hit that was answered a moment ago may still wait to be written
        await self._hit_log.settled()
        return await self._store.latest(device.tenant, device.id, before, size, self._clock())

    def interpret(
        self,
        tenant: Tenant,
        device: StoredDevice,
        request: HitRequest,
        mapping: dict[str, Any],
        numbers: dict[str, Any],
    ) -> tuple[EventJson, ...]:
        """The events of a request as the device would read it with these changes; has no effect.

        Raises HitError naming the field that can't be read.
        """
        changed = device.model_copy(update={"mapping": mapping, "numbers": numbers})
        config = self._configs.make(tenant, changed)
        return events_json(config.mapping.scope, interpret(request, config).events)

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
        await self._bus.publish(
            *(CallObserved.model_validate_json(text) for text in stored.messages)
        )
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
        config = self._configs.of(tenant, device)
        events = interpret(stored.request, config).events
        if not events:
            return stored
        scope = config.mapping.scope
        sender = Sender(tenant.id, device.id, scope)
        observations = await self._resolver.resolve(sender, events, stored.hit.at)
        messages = [CallObserved(tenant=tenant.id, observation=each) for each in observations]
        return await self._store.claim(
            stored.hit.id,
            events_json(scope, events, observations),
            [message.model_dump_json() for message in messages],
        )

    async def _with_matches(self, stored: StoredHit) -> HitJson:
        (hit,) = await self._store.matched([stored.hit])
        return hit
