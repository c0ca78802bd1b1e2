"""When each device was heard last, and whether its last hits were refused: one small row each.

The list of devices reads the rows of a tenant in one query, however many hits are stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pymongo import ASCENDING, IndexModel, UpdateOne

from softphone_common.contracts.hit import HitJson
from softphone_common.stores.mongo import Document

COLLECTION = "device_states"
INDEXES = {COLLECTION: [IndexModel([("tenant", ASCENDING)])]}

HeardState = Literal["never", "ok", "failing"]


@dataclass(frozen=True, slots=True)
class DeviceState:
    """The time of a device's last hit, and whether that hit was refused."""

    heard_at: datetime
    is_refused: bool

    @property
    def state(self) -> HeardState:
        """`failing` if the last hit was refused, else `ok`."""
        return "failing" if self.is_refused else "ok"


def last_of_each(hits: Iterable[tuple[str, HitJson]]) -> dict[str, Document]:
    """The row of each device, by the last of these hits with their tenants."""
    rows: dict[str, Document] = {}
    for tenant, hit in hits:
        stored = rows.get(hit.device)
        if stored is None or stored["heard_at"] <= hit.at:
            refused = hit.outcome == "refused"
            rows[hit.device] = {"tenant": tenant, "heard_at": hit.at, "refused": refused}
    return rows


def upserts(rows: Mapping[str, Document]) -> list[UpdateOne]:
    """Replaces older rows. A newer one makes the upsert fail as a duplicate, which is allowed."""
    return [
        UpdateOne(
            {"_id": device, "heard_at": {"$lte": row["heard_at"]}}, {"$set": row}, upsert=True
        )
        for device, row in rows.items()
    ]


def states(documents: Iterable[Mapping[str, Any]]) -> dict[str, DeviceState]:
    """The states in stored rows, by the id of the device."""
    return {row["_id"]: DeviceState(row["heard_at"], row["refused"]) for row in documents}
