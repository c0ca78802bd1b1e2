"""Makes the inspector's shape of hits, requests and events."""

from collections.abc import Sequence
from itertools import zip_longest
from uuid import uuid4

from softphone_common.contracts.hit import EventJson, HitJson, RequestJson
from softphone_common.domain.call import Observation
from softphone_ingest.hit_log.redaction import redacted
from softphone_ingest.hits.pipeline import HitOutcomeNote, ReceivedHit
from softphone_ingest.identity.call_keys import is_usable_external_id
from softphone_ingest.mapping.parsed_event import ParsedEvent
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import Scope


def redacted_request(hit: ReceivedHit) -> HitRequest:
    """The hit's request without the device's secrets."""
    return redacted(hit.request, *hit.secrets)


def hit_json(hit: ReceivedHit, request: HitRequest, note: HitOutcomeNote) -> HitJson:
    """A hit with a new id. `request` is the redacted one."""
    return HitJson(
        id=str(uuid4()),
        device=hit.device.id,
        at=hit.at,
        request=request_json(request),
        status=note.status,
        outcome=note.outcome,
        field=note.field,
        why=note.why,
        code=note.code,
        params=dict(note.params),
        events=events_json(note.scope, note.events, note.observations),
    )


def events_json(
    scope: Scope, events: Sequence[ParsedEvent], observations: Sequence[Observation] = ()
) -> tuple[EventJson, ...]:
    """The events, with their calls where there are observations, which go by position."""
    pairs = zip_longest(events, observations)
    return tuple(_event_json(scope, event, observation) for event, observation in pairs)


def request_json(request: HitRequest) -> RequestJson:
    """The request as text; bytes that are no UTF-8 are replaced."""
    return RequestJson(
        method=request.method,
        path=request.path,
        query=request.query,
        headers=dict(request.headers),
        body=request.body.decode("utf-8", "replace"),
        client=request.client,
    )


def _event_json(scope: Scope, event: ParsedEvent, observation: Observation | None) -> EventJson:
    # a placeholder or the caller's number is no id, and would mislead who sets up the phone
    is_usable = is_usable_external_id(scope, event.external_id, event.remote)
    return EventJson(
        event=event.phase,
        direction=event.direction,
        extension=event.extension or None,
        number=event.number,
        remote=event.remote,
        call_id=event.external_id if is_usable else None,
        name=event.name,
        reason=event.reason,
        duration=event.talk_seconds,
        time=event.time,
        call=observation.call_id if observation else None,
        identity=observation.identity if observation else None,
    )
