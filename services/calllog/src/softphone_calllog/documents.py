"""Maps a call to its stored document: the facts, and the parts of its view that have indexes."""

from collections.abc import Iterable
from dataclasses import asdict

from pydantic import TypeAdapter

from softphone_calllog.record import CallRecord
from softphone_calllog.search.keys import KEYS_VERSION
from softphone_common.domain.call import Call, Evidence
from softphone_common.domain.call_result import answerers_of
from softphone_common.domain.call_view import view
from softphone_common.domain.leg_times import LegTimes
from softphone_common.domain.matching import Lookup, add_lookup, counterpart_key
from softphone_common.domain.records.visibility import Viewer, matches_for
from softphone_common.stores.mongo import Document

_EVIDENCE = TypeAdapter(tuple[Evidence, ...])
_TIMES = TypeAdapter(tuple[LegTimes, ...])
_LOOKUPS = TypeAdapter(tuple[Lookup, ...])


def call_key(tenant: str, call_id: str) -> str:
    """The `_id` of a call: two tenants may have calls with one id."""
    return f"{tenant}/{call_id}"


def call_fields(record: CallRecord) -> Document:
    """The fields that are stored of a call: the facts, and the parts of its view in indexes."""
    return {
        "tenant": record.tenant,
        "call_id": record.call.id,
        "evidence": _EVIDENCE.dump_python(record.call.evidence),
        "further": _TIMES.dump_python(record.call.further),
        "rest": None if record.call.rest is None else asdict(record.call.rest),
        "deleted_at": record.deleted_at,
        "deleted_by": record.deleted_by,
        "swept": record.swept,
        **lookup_fields(record),
        **view_fields(record),
    }


def lookup_fields(record: CallRecord) -> Document:
    """The fields that are stored of the call's look-ups."""
    newest = record.lookups[-1] if record.lookups else None
    return {
        "lookups": [asdict(each) for each in record.lookups],
        # read by 0.1.0, which runs next to this release during an update, and shows all of them
        "matches": [asdict(m) for m in matches_for(Viewer(), newest.matches)] if newest else [],
        "matched_at": newest.at if newest else None,
    }


def view_fields(record: CallRecord) -> Document:
    """The fields that are computed from the facts, for indexes."""
    fields: Document = {
        "comment_keys": list(record.comment_keys),
        "keys": list(record.search_keys),
        "keys_version": KEYS_VERSION,
        "records": sorted({match.record for each in record.lookups for match in each.matches}),
    }
    if record.call.evidence:
        shown = view(record.call)
        fields |= {
            "phase": shown.phase,
            "direction": shown.direction,
            "extensions": list(record.extensions),
            "guests": list(record.guests),
            "party": counterpart_key(shown.remote),
            "started_at": shown.started_at,
            "last_at": shown.last_at,
            "talk_seconds": shown.talk_seconds,
            "outcome": shown.outcome,
            "answerers": sorted(answerers_of(shown)),
        }
    return fields


def record_of(document: Document) -> CallRecord:
    """The record in a stored document."""
    return CallRecord(
        tenant=document["tenant"],
        call=Call(
            document["call_id"],
            _EVIDENCE.validate_python(document["evidence"]),
            _TIMES.validate_python(document.get("further", ())),
            *_TIMES.validate_python([rest] if (rest := document.get("rest")) else []),
        ),
        revision=document["rev"],
        lookups=_lookups(document),
        deleted_at=document["deleted_at"],
        deleted_by=document["deleted_by"],
        swept=document["swept"],
        comment_keys=tuple(document.get("comment_keys", ())),
    )


def _lookups(document: Document) -> tuple[Lookup, ...]:
    lookups = [
        {**each, "matches": _renamed(each["matches"])} for each in document.get("lookups", ())
    ]
    stored = _LOOKUPS.validate_python(lookups)
    at = document["matched_at"]
    if at is None or any(each.at >= at for each in stored):
        return stored
    # 0.1.0 stores a look-up without its number, and leaves those of this release as they are
    of_any = {"number": "", "matches": _renamed(document["matches"]), "at": at}
    return add_lookup(stored, *_LOOKUPS.validate_python([of_any]))


def _renamed(matches: Iterable[Document]) -> list[Document]:
    """The matches with an `organization`, which was the `company` in calls stored earlier."""
    return [{"organization": each.get("company", ""), **each} for each in matches]
