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
    """The request. `path` is the part after the key; `body` has at most 16,384
    characters and is decoded leniently."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    client: str


class FieldNoteJson(_Model):
    """A field or a member of a list that was left out, with the code and params of a problem."""

    field: str
    code: str
    params: dict[str, Any] = {}
    why: str


class EventJson(_Model):
    """One event that a request contains. `call` is our id of the call, once it is known.

    `number` is the text that was sent, or null, and `called` the own number that was called.
    `duration` is in whole seconds. `call_id` is the sender's own id of the call. `notes` are the
    fields that could not be used.
    """

    event: Phase
    direction: Direction | None
    extension: str | None
    number: str | None
    remote: RemoteNumber | None
    called: RemoteNumber | None = None
    called_name: str = ""
    call_id: str | None
    name: str
    reason: str
    duration: int | None
    time: datetime | None
    call: str | None = None
    identity: Identity | None = None
    notes: tuple[FieldNoteJson, ...] = ()
    matches: tuple[Match, ...] = ()


class HitJson(_Model):
    """One hit. `status` is the HTTP status the sender was answered with.

    A refused hit has `field`, `why`, `code` and `params` of its problem. `unread` has the problem
    of each member of a list that could not be read while others could; the hit is accepted then.
    A probe, such as a prefetch, is ignored with the code `hit-probe`. Hits stored before there
    were codes have none.
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
    unread: tuple[FieldNoteJson, ...] = ()
    replayed_at: datetime | None = None
