"""Shows what a device sent, tries requests without any effect, and tries refused hits again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.events import CallMatched, CallObserved
from softphone_common.contracts.hit import EventJson, HitJson
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.stores.keyset import KeysetPage, Position
from softphone_common.stores.mongo import Document
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.hit_log.hit_json import events_json
from softphone_ingest.hit_log.recorder import Recorder
from softphone_ingest.hit_log.store import HitStore, shown, stored_request
from softphone_ingest.identity.resolver import CallIdResolver, Sender
from softphone_ingest.mapping.parsed_event import HitError
from softphone_ingest.mapping.reader import interpret
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.tenants.activation import require_active


class Inspector:
    """The hits of devices, for their tenant's administrators."""

    def __init__(
        self,
        store: HitStore,
        recorder: Recorder,
        resolver: CallIdResolver,
        configs: DeviceConfigs,
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._resolver = resolver
        self._configs = configs
        self._bus = bus
        self._clock = clock

    async def latest(
        self, device: StoredDevice, before: Position[datetime] | None, size: int
    ) -> KeysetPage[HitJson, datetime]:
        """The device's latest hits, newest first."""
        await self._recorder.settled()
        return await self._store.latest(device.tenant, device.id, before, size, self._clock())

    def read(
        self,
        tenant: Tenant,
        device: StoredDevice,
        request: HitRequest,
        mapping: dict[str, Any],
        numbers: dict[str, Any],
    ) -> tuple[EventJson, ...]:
        """What a request would become with these changes; nothing comes of it.

        Raises HitError naming what can't be understood.
        """
        changed = device.model_copy(update={"mapping": mapping, "numbers": numbers})
        config = self._configs.make(tenant, changed)
        return events_json(config.mapping.scope, interpret(request, config).events)

    async def replay(self, tenant: Tenant, device: StoredDevice, hit: str) -> HitJson:
        """The hit, understood at last and on the bus; one that made calls already is left alone.

        However often and by how many it is tried, it makes the same observations. Raises
        ProblemError 404, 409 for one refused for another reason than its content, 422 naming what
        still can't be understood.
        """
        document = await self._store.get(device.tenant, device.id, hit)
        if document is None:
            raise ProblemError("hit-unknown")
        if document["outcome"] == "accepted":
            return await self._with_matches(document)
        if document["status"] not in {422, *range(200, 300)}:
            raise ProblemError("hit-not-replayable", reason=document["why"])
        require_active(tenant, self._clock())
        try:
            document = await self._decided(tenant, device, document)
        except HitError as error:
            await self._store.refuse(hit, error)
            raise ProblemError.of(error) from None
        messages = [CallObserved.model_validate_json(text) for text in document["messages"]]
        if not messages:
            return shown(document)
        await self._bus.publish(*messages)
        return await self._with_matches(await self._store.accept(hit, self._clock()))

    async def on_call_matched(self, messages: Sequence[CallMatched]) -> None:
        """Keeps the matches of calls, so that hits are shown with them."""
        await self._store.keep_matches(messages, self._clock() + self._recorder.keep)

    async def _decided(self, tenant: Tenant, device: StoredDevice, document: Document) -> Document:
        """The stored hit with the messages it became, this time or an earlier one."""
        if document.get("messages"):
            return document
        config = self._configs.of(tenant, device)
        events = interpret(stored_request(document), config).events
        if not events:
            return {**document, "messages": []}
        scope = config.mapping.scope
        sender = Sender(tenant.id, device.id, scope)
        observations = await self._resolver.resolve(sender, events, document["at"])
        messages = [CallObserved(tenant=tenant.id, observation=each) for each in observations]
        texts = [message.model_dump_json() for message in messages]
        return await self._store.claim(
            document["_id"], events_json(scope, events, observations), texts
        )

    async def _with_matches(self, document: Document) -> HitJson:
        (hit,) = await self._store.matched([shown(document)])
        return hit
