"""Makes the inspector's shape of hits, requests and events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from softphone_common.contracts.hit import EventJson, FieldNoteJson, HitJson, RequestJson
from softphone_common.contracts.problem_codes import is_of_schema, text_of
from softphone_common.domain.call import Observation
from softphone_common.domain.numbers.normalise import RAW_MAX
from softphone_ingest.hit_log.redaction import Redactor
from softphone_ingest.hits.pipeline import HitOutcomeNote, ReceivedHit
from softphone_ingest.identity.call_keys import is_usable_external_id
from softphone_ingest.mapping.parsed_event import FieldNote, HitError, ParsedEvent
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import Scope

BODY_SHOWN_MAX = 16_384
"""Characters of a body that the inspector shows; the stored request keeps all for a replay."""


def redacted_hit(hit: ReceivedHit, note: HitOutcomeNote) -> tuple[HitJson, HitRequest]:
    """A hit and its request, both without the device's secrets.

    A reason may quote the request, and a field of an event may be mapped from a secret: nothing
    that is hidden in the request stands in them.
    """
    ids = (event.external_id for event in note.events)
    numbers = (event.number for event in note.events if event.number)
    redactor = Redactor(hit.key, hit.secret, visible=(*ids, *numbers))
    request = redactor.request(hit.request)
    params = redactor.values(note.params)
    events = [_without_secrets(event, redactor) for event in note.events]
    shape = HitJson(
        id=hit.id,
        device=hit.device.id,
        at=hit.at,
        request=request_json(request),
        status=note.status,
        outcome=note.outcome,
        field=note.field,
        why=note.why and _reason(note.code, note.why, note.params, params, redactor),
        code=note.code,
        params=params,
        events=events_json(note.scope, events, note.observations),
        unread=tuple(
            FieldNoteJson(
                field=unread.field,
                code=unread.code,
                params=(params := redactor.values(unread.params)),
                why=_reason(unread.code, unread.why, unread.params, params, redactor),
            )
            for unread in note.unread
        ),
    )
    return shape, request


def _reason(
    code: str | None,
    why: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    redactor: Redactor,
) -> str:
    """The reason with the parameters as they are after the redaction."""
    if before != after and code is not None and not is_of_schema(code):
        return text_of(code, after)
    return redactor.text(why)


def _without_secrets(event: ParsedEvent, redactor: Redactor) -> ParsedEvent:
    return replace(
        event,
        extension=redactor.text(event.extension),
        external_id=redactor.text(event.external_id),
        name=redactor.text(event.name),
        reason=redactor.text(event.reason),
        number=event.number and redactor.text(event.number),
    )


def events_json(
    scope: Scope, events: Sequence[ParsedEvent], observations: Sequence[Observation] = ()
) -> tuple[EventJson, ...]:
    """The events, with their calls where there are observations, which go by position."""
    pairs = zip_longest(events, observations)
    return tuple(_event_json(scope, event, observation) for event, observation in pairs)


def notes_json(notes: Iterable[FieldNote | HitError]) -> tuple[FieldNoteJson, ...]:
    """The fields and members that were left out."""
    return tuple(
        FieldNoteJson(field=note.field, code=note.code, params=dict(note.params), why=note.why)
        for note in notes
    )


def request_json(request: HitRequest) -> RequestJson:
    """The request as text; bytes that are no UTF-8 are replaced."""
    return RequestJson(
        method=request.method,
        path=request.path,
        query=request.query,
        headers=dict(request.headers),
        body=request.body.decode("utf-8", "replace")[:BODY_SHOWN_MAX],
        client=request.client,
    )


def _event_json(scope: Scope, event: ParsedEvent, observation: Observation | None) -> EventJson:
    # a placeholder or the caller's number is no id, and would mislead who sets up the phone
    is_usable = is_usable_external_id(scope, event.external_id, event.remote)
    return EventJson(
        event=event.phase,
        direction=event.direction,
        extension=event.extension or None,
        number=event.number and event.number[:RAW_MAX],
        remote=event.remote,
        called=event.called_number,
        called_name=event.called_name,
        call_id=event.external_id if is_usable else None,
        name=event.name,
        reason=event.reason,
        duration=event.talk_seconds,
        time=event.time,
        notes=notes_json(event.notes),
        call=observation.call_id if observation else None,
        identity=observation.identity if observation else None,
    )
