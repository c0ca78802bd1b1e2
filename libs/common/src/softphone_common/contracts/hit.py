"""A request of a phone as the inspector shows it: the request, its events and its outcome.

It does not contain the key of the device.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from softphone_common.domain.call import Direction, Identity, Phase
from softphone_common.domain.matching import Match
from softphone_common.domain.numbers.normalise import RemoteNumber

HitOutcome = Literal["accepted", "ignored", "refused"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)


class RequestJson(_Model):
    """The request. `path` is the part after the key; `body` is truncated and decoded leniently."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    client: str


class EventJson(_Model):
    """One event that a request contains. `call` is our id of the call, once it is known.

    `number` is the text that was sent, or null. `duration` is in whole seconds. `call_id` is the
    sender's own id of the call.
    """

    event: Phase
    direction: Direction | None
    extension: str | None
    number: str | None
    remote: RemoteNumber | None
    call_id: str | None
    name: str
    reason: str
    duration: int | None
    time: datetime | None
    call: str | None = None
    identity: Identity | None = None
    matches: tuple[Match, ...] = ()


class HitJson(_Model):
    """One hit. `status` is the HTTP status the sender was answered with.

    Of a refused hit `field`, `why`, `code` and `params` are those of the problem. Hits stored
    before there were codes have none.
    """

    id: str
    device: str
    at: datetime
    request: RequestJson
    status: int
    outcome: HitOutcome
    field: str | None = None
    why: str | None = None
    code: str | None = None
    params: dict[str, Any] = {}
    events: tuple[EventJson, ...] = ()
    replayed_at: datetime | None = None
