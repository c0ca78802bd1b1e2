"""The conditions of the call list, as a query of MongoDB and as a test of one call."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from softphone_common.domain.call import Direction, Phase
from softphone_common.domain.call_result import Result, result_of, silence_limit
from softphone_common.domain.call_view import CallView
from softphone_common.domain.matching import counterpart_key
from softphone_common.http.auth import Caller
from softphone_common.stores.mongo import Document

_NO_CALL = datetime(1970, 1, 1, tzinfo=UTC)
"""No phone reports a call so early."""
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """Calls that have one of these results at a time, for a reader with these extensions."""

    results: frozenset[Result]
    own: frozenset[str]
    now: datetime


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Conditions on the calls of a tenant; those that are None or empty do not apply.

    `extensions` are those of which at least one has a part in the call; `as_guest` says whether
    one of them is a guest. The call must have all of the keys `terms`, of which the rarest is the
    first, and at least one of the `record_keys`.
    `started_before` excludes its moment, `started_from` includes it, and `last_after` is a time
    after which something was reported of the call.
    """

    tenant: str
    extensions: frozenset[str] | None = None
    phases: frozenset[Phase] | None = None
    direction: Direction | None = None
    counterpart_key: str | None = None
    started_from: datetime | None = None
    started_before: datetime | None = None
    terms: tuple[str, ...] = ()
    record_keys: tuple[str, ...] = ()
    result: ResultFilter | None = None
    as_guest: bool | None = None
    last_after: datetime | None = None


def query_of(filter_: CallFilter) -> Document:
    """The filter as MongoDB reads it; deleted calls meet none."""
    # no $exists and no $gte: with the one SecantusDB 0.7 reads the deleted calls too, and of the
    # other it leaves the boundary out
    keys: list[str | Document] = [{"$in": [*filter_.record_keys]}] if filter_.record_keys else []
    keys += filter_.terms
    started = {"$gt": _moment_before(filter_.started_from), "$lt": filter_.started_before}
    conditions: Document = {
        # every guest is one of the extensions, and few calls have any: their index suffices
        "extensions": None if filter_.as_guest else _any_of(filter_.extensions),
        "guests": _guests(filter_),
        "phase": _any_of(filter_.phases),
        "direction": filter_.direction,
        "party": filter_.counterpart_key,
        "started_at": {name: value for name, value in started.items() if value is not None},
        "last_at": None if filter_.last_after is None else {"$gt": filter_.last_after},
        # the first condition is that of the index; the others are compared with what it finds
        "keys": next(iter(keys), None),
    }
    others: list[Document] = [{"keys": key} for key in keys[1:]]
    if filter_.result is not None:
        others.append({"$or": _with_results(filter_.result)})
    applied = {name: value for name, value in conditions.items() if value is not None}
    if others:
        applied["$and"] = others
    return {"tenant": filter_.tenant, "deleted_at": None, **applied}


def is_met_by(filter_: CallFilter, call: CallView, keys: tuple[str, ...]) -> bool:
    """Whether a call, or the part of it that a guest sees, meets the filter."""
    key, phases, direction = filter_.counterpart_key, filter_.phases, filter_.direction
    result = filter_.result
    return (
        (key is None or key == counterpart_key(call.remote))
        and (phases is None or call.phase in phases)
        and (direction is None or call.direction == direction)
        and (filter_.started_from is None or filter_.started_from <= call.started_at)
        and (filter_.started_before is None or call.started_at < filter_.started_before)
        and (result is None or result_of(call, result.own, result.now) in result.results)
        and (filter_.last_after is None or call.last_at > filter_.last_after)
        and {*filter_.terms} <= {*keys}
        and (not filter_.record_keys or not {*filter_.record_keys}.isdisjoint(keys))
    )


def _moment_before(started_from: datetime | None) -> datetime:
    """The last moment before this one, of which MongoDB keeps milliseconds, or before any call."""
    if started_from is None or started_from <= _NO_CALL + _MILLISECOND:
        return _NO_CALL
    return started_from - _MILLISECOND


def _any_of(values: frozenset[str] | frozenset[Phase] | None) -> Document | None:
    return None if values is None else {"$in": sorted(values)}


def _guests(filter_: CallFilter) -> Document | None:
    if filter_.as_guest is None:
        return None
    return {"$in" if filter_.as_guest else "$nin": sorted(filter_.extensions or ())}


def _with_results(filter_: ResultFilter) -> list[Document]:
    own = sorted(filter_.own)
    elsewhere: Document = {
        "outcome": "answered",
        "direction": "inbound",
        "extensions": {"$in": own},
        "answerers": {"$nin": own, "$ne": []},
    }
    connected = filter_.now - silence_limit(is_connected=True)
    waiting = filter_.now - silence_limit(is_connected=False)
    silent: list[Document] = [
        {"phase": "connected", "last_at": {"$lt": connected}},
        {"phase": {"$ne": "connected"}, "last_at": {"$lt": waiting}},
    ]
    by_result: dict[Result, Document] = {
        "running": {"outcome": None, "$nor": silent},
        "no_end_signal": {"outcome": None, "$or": silent},
        "answered": {"outcome": "answered", "$nor": [elsewhere]},
        "answered_elsewhere": elsewhere,
        "missed": {"outcome": "missed"},
        "unanswered": {"outcome": "unanswered"},
    }
    return [by_result[each] for each in sorted(filter_.results)]


def in_both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The extensions in both; None is all of the tenant."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def readable_extensions(caller: Caller) -> frozenset[str] | None:
    """The extensions whose calls the caller may read; None for all of the tenant."""
    return None if caller.may("admin") else frozenset(caller.extensions)
