"""Reads calls for a caller: administrators all, users those of their extensions, guests a part.

A page of a user is put together from calls that the user sees as a whole and from those seen in
part. The store filters the former. It gives all of the latter, and the filter is compared with the
part, so that neither a page, nor its length, nor its cursor depends on what the part does not show.
"""

from dataclasses import replace
from datetime import datetime

from softphone_calllog.calls import CallPage, CallPosition, CallStore
from softphone_calllog.documents import call_key
from softphone_calllog.record import CallRecord
from softphone_calllog.search.filter import CallFilter, is_met_by
from softphone_common.domain.call import Call
from softphone_common.domain.call_view import view
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_common.stores.keyset import KeysetPage, Position


class ReadableCalls:
    """The calls of a store for one caller or another. Every method may raise UnavailableError.

    A page looks at `parts_max` calls that the caller sees in part, and then goes on with the next.
    """

    def __init__(self, calls: CallStore, parts_max: int) -> None:
        self._calls = calls
        self._parts_max = parts_max

    async def get(self, caller: Caller, call_id: str) -> CallRecord:
        """The call or the caller's part of it. Raises ProblemError call-unknown."""
        record = await self._calls.get(caller.tenant, call_id)
        readable = None
        if record is not None and (caller.may("admin") or record.deleted_at is None):
            readable = _part(record, caller)
        # a call of somebody else is answered as if there were none, so that ids can't be probed
        if readable is None:
            raise ProblemError("call-unknown")
        return readable

    async def page(
        self, caller: Caller, filter_: CallFilter, after: CallPosition, size: int
    ) -> CallPage:
        """Up to `size` calls that meet the filter as the caller sees them, the latest first."""
        if caller.may("admin"):
            return await self._calls.list_calls(filter_, after, size)
        after = await self._stored_position(caller, after)
        whole = await self._calls.list_calls(_seen(filter_, as_guest=False), after, size)
        in_part = await self._in_part(filter_, after)
        parts = [part for record in whole.items if (part := _part(record, caller))]
        parts += _meeting(filter_, in_part, caller)
        rows = sorted(((_position(part.tenant, part.call), part) for part in parts), key=_first)
        rows.reverse()
        if in_part.next is not None:  # behind it there may be others that belong between
            rows = [row for row in rows if row[0] >= in_part.next]
        items = [part for _, part in rows[:size]]
        last = items[-1] if len(rows) > size else None
        if last is None and in_part.next is not None:
            last = _part(in_part.items[-1], caller)
        elif last is None and whole.next is not None:
            last = items[-1]
        return KeysetPage(items, None if last is None else _position(last.tenant, last.visible))

    async def count(self, caller: Caller, filter_: CallFilter, limit: int) -> int:
        """How many calls meet the filter as the caller sees them, counted up to `limit`.

        Of the calls that the caller sees in part the latest `parts_max` are counted.
        """
        if caller.may("admin"):
            return await self._calls.count_calls(filter_, limit)
        total = await self._calls.count_calls(_seen(filter_, as_guest=False), limit)
        return total + len(_meeting(filter_, await self._in_part(filter_, None), caller))

    async def _in_part(self, filter_: CallFilter, after: CallPosition) -> CallPage:
        """The calls of which one of the filter's extensions is a guest, whatever they show.

        A part begins no earlier than its call, so this much of the filter applies to both.
        """
        as_guest = CallFilter(
            filter_.tenant,
            filter_.extensions,
            started_before=filter_.started_before,
            as_guest=True,
        )
        return await self._calls.list_calls(as_guest, after, self._parts_max)

    async def _stored_position(self, caller: Caller, after: CallPosition) -> CallPosition:
        """Where the call of a cursor is in the list, since the cursor has the start of its part."""
        if after is None:
            return None
        call_id = after[1].removeprefix(call_key(caller.tenant, ""))
        record = await self._calls.get(caller.tenant, call_id)
        if record is None or _part(record, caller) is None:
            return after
        return _position(record.tenant, record.call)


def _seen(filter_: CallFilter, *, as_guest: bool) -> CallFilter:
    return replace(filter_, as_guest=as_guest)


def _part(record: CallRecord, caller: Caller) -> CallRecord | None:
    """The part of the call that the caller may see, None if there is none."""
    return record if caller.may("admin") else record.for_users_at(caller.extensions)


def _meeting(filter_: CallFilter, page: CallPage, caller: Caller) -> list[CallRecord]:
    """The parts of these calls that meet the filter.

    Without it a guest could find the number of the others by asking for it.
    """
    parts = (part for record in page.items if (part := _part(record, caller)))
    return [part for part in parts if is_met_by(filter_, view(part.visible), part.search_keys)]


def _position(tenant: str, call: Call) -> Position[datetime]:
    return view(call).started_at, call_key(tenant, call.id)


def _first(row: tuple[Position[datetime], CallRecord]) -> Position[datetime]:
    return row[0]
