"""The list of devices, `/api/devices`: when each was heard, and whether it fails."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from softphone_common.http.auth import AdminCaller
from softphone_common.http.paging import Page
from softphone_common.stores.keyset import Position, cut, text_position
from softphone_ingest.devices.device import StoredDevice
from softphone_ingest.devices.routes import DeviceOutput, device_output
from softphone_ingest.devices.store import DeviceStore
from softphone_ingest.hit_log.device_states import DeviceState, HeardState
from softphone_ingest.hit_log.store import HitStore

Search = Annotated[
    str, Query(max_length=100, description="Only devices with this in name, extension or preset")
]
OnlyState = Annotated[HeardState | None, Query(description="Only devices in this state")]


class ListedDevice(DeviceOutput):
    """A device in the list, with the time of its last hit.

    `state` is `never` without a hit, `failing` if the last hit was refused, else `ok`.
    """

    last_heard_at: datetime | None
    state: HeardState


class DeviceListApi:
    """The list of a tenant's devices over HTTP, read in two queries however many there are."""

    def __init__(self, devices: DeviceStore, hits: HitStore) -> None:
        self._devices = devices
        self._hits = hits
        self.router = APIRouter(prefix="/api", tags=["devices"])
        self.router.add_api_route("/devices", self.list_devices, methods=["GET"])

    async def list_devices(
        self,
        caller: AdminCaller,
        q: Search = "",
        state: OnlyState = None,
        cursor: str | None = None,
        limit: Annotated[int | None, Query(ge=1, description="Without: all devices")] = None,
    ) -> Page[ListedDevice]:
        """Lists the tenant's devices by name, with the time of their last hit and their state."""
        after, wanted = text_position(cursor), q.strip().casefold()
        heard = await self._hits.states(caller.tenant)
        stored = await self._devices.list(caller.tenant)
        listed = (_listed(each, heard.get(each.id)) for each in stored if _has(each, wanted))
        rows = sorted((each for each in listed if state in {None, each.state}), key=_place)
        behind = [each for each in rows if after is None or _place(each) > after]
        page = cut(behind, limit or len(stored) + 1, _place, lambda each: each)
        return Page(items=page.items, next=page.cursor)


def _has(device: StoredDevice, wanted: str) -> bool:
    texts = (device.name, device.extension or "", device.preset)
    return any(wanted in text.casefold() for text in texts)


def _place(device: ListedDevice) -> Position[str]:
    return device.name.casefold(), device.id


def _listed(device: StoredDevice, heard: DeviceState | None) -> ListedDevice:
    return ListedDevice(
        **device_output(device).model_dump(),
        last_heard_at=heard.heard_at if heard else None,
        state=heard.state if heard else "never",
    )
