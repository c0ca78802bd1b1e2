"""Makes one record of two: the one that stays gets what it lacks, the other one is put away.

The merge begins with the write of the record that stays, which then has everything of both. The
steps after it can be repeated: a process that is killed in between leaves them to the next one.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from softphone_common.access.viewers import viewer_of
from softphone_common.audit.security_log import SecurityLog
from softphone_common.contracts.entities import Tenant
from softphone_common.domain.matching import Match
from softphone_common.domain.records.visibility import refused_field
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_matcher.combining.fields import Combined, Dropped, combined
from softphone_matcher.combining.rows import row_fields
from softphone_matcher.directory.documents import match_of
from softphone_matcher.directory.editing import Editing
from softphone_matcher.directory.input import EMAILS_MAX, TAGS_MAX, fields_of, read_numbers
from softphone_matcher.directory.merged_rows import targets_of
from softphone_matcher.directory.record import Record, Row, id_in_source
from softphone_matcher.directory.rematching import Rematching, keys_of
from softphone_matcher.directory.search import sharing_of
from softphone_matcher.directory.store import Directory, Known
from softphone_matcher.merging.store import Merge, Merges, merging_of
from softphone_matcher.picks.store import PickStore

ROWS_MAX = 50
"""Rows of sources that change one record."""
_LIMITS = {"emails": EMAILS_MAX, "tags": TAGS_MAX}
_ATTEMPTS = 5
"""How often two records are combined while others change one of them."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The merge that a user wants: the record that stays, the other one, the fields that are
    taken of the other one, and the versions of both that the user has seen."""

    record: str
    other: str
    take: Collection[str] = ()
    version: int | None = None
    other_version: int | None = None


class Merger:
    """Every method may raise UnavailableError."""

    def __init__(
        self,
        directory: Directory,
        merges: Merges,
        picks: PickStore,
        editing: Editing,
        require_tenant: Callable[[str], Tenant],
        rematching: Rematching,
        security: SecurityLog,
        clock: Clock,
    ) -> None:
        self._directory = directory
        self._merges = merges
        self._picks = picks
        self._editing = editing
        self._require_tenant = require_tenant
        self._rematching = rematching
        self._security = security
        self._clock = clock

    async def merge(self, caller: Caller, wish: Wish) -> tuple[Record, tuple[Dropped, ...]]:
        """The record that has both, and the values that it does not have.

        Raises ProblemError if it can't be done. Repeated, it changes nothing.
        """
        for _ in range(_ATTEMPTS):
            kept = await self._editing.get(caller, wish.record)
            await self._end_earlier(caller.tenant, kept.id, wish.other)
            other = await self._directory.get(caller.tenant, wish.other)
            if other is None or not viewer_of(caller).sees(other):
                if other is None and await self._is_part(caller.tenant, wish.other, kept.id):
                    return kept, ()
                raise ProblemError("record-unknown", field="other")
            if other.id == kept.id:
                raise ProblemError("record-merged-with-itself", field="other")
            for record, version in ((kept, wish.version), (other, wish.other_version)):
                if version not in {None, record.version}:
                    raise ProblemError("record-changed")
            saved = await self._begin(caller, kept, other, wish.take)
            if saved is not None:
                return saved
        raise ProblemError("record-changed")

    async def _begin(
        self, caller: Caller, kept: Record, other: Record, take: Collection[str]
    ) -> tuple[Record, tuple[Dropped, ...]] | None:
        """The record after the merge; None if one of both was changed meanwhile."""
        known = await self._directory.known(caller.tenant, [kept.id, other.id])
        if any(known[each.id].version != each.version for each in (kept, other)):
            return None
        result = self._combined(caller, kept, other, take)
        rows = {
            row.id: row for each in (other, kept) for row in _rows_of(caller.tenant, each, known)
        }
        if len(rows) > ROWS_MAX:
            raise ProblemError("items-too-many", field="rows", limit=ROWS_MAX)
        now, user, login = self._clock(), caller.user, caller.login
        merge = Merge(caller.tenant, kept.id, other.id, other.version, user, login, now)
        fields = result.fields | {"rows": [asdict(row) for row in rows.values()]}
        fields["merging"] = merging_of(merge)
        change = (caller.tenant, kept.id, sharing_of(dict(kept)), sharing_of(fields))
        await self._rematching.restrict(*change)
        saved = await self._directory.replace(caller.tenant, kept, fields)
        if saved is None:
            await self._editing.take_back(*change)
            return None
        await self._rematching.open(*change)
        await self._try_to_end(merge, keys_of(other.numbers))
        return saved, result.dropped

    def _combined(
        self, caller: Caller, kept: Record, other: Record, take: Collection[str]
    ) -> Combined:
        before, more = fields_of(kept), fields_of(other)
        result = combined(before, more, take)
        fields = result.fields
        for name in ("numbers", "emails", "tags"):
            limit = _LIMITS.get(name, self._editing.numbers_max)
            if len(fields[name]) > max(limit, len(before[name])):
                raise ProblemError("items-too-many", field=name, limit=limit)
        for record in (kept, other):
            # a link that was set by an administrator stays one, so it needs no look here
            if field := refused_field(viewer_of(caller), record, sharing_of(fields)):
                raise ProblemError("role-required", field, role="admin")
        fields |= read_numbers(fields["numbers"], self._require_tenant(caller.tenant))
        fields |= {"changed_at": self._clock(), "changed_by": caller.login}
        return result

    async def _is_part(self, tenant: str, record_id: str, of: str) -> bool:
        known = (await self._directory.known(tenant, [record_id])).get(record_id)
        return known is not None and known.merged_into == of

    async def _end_earlier(self, tenant: str, *records: str) -> None:
        """Ends merges of these records that a killed process has begun."""
        for record_id in records:
            merge = await self._merges.begun(tenant, record_id)
            if merge is not None:
                with suppress(ProblemError):  # the other record was changed, and stays
                    await self.end(merge)

    async def _try_to_end(self, merge: Merge, keys: Collection[str]) -> None:
        try:
            await self.end(merge, keys)
        except UnavailableError as error:
            # the record has both, and the rest is done in the background
            log.warning("merge goes on later", tenant=merge.tenant, error=str(error))

    async def end(self, merge: Merge, keys: Collection[str] = ()) -> None:
        """Does what is left of a merge that has begun; repeated, it leaves the same.

        Raises ProblemError record-changed if somebody has changed the other record meanwhile. It
        then stays, and the merge can be repeated.
        """
        if not await self._merges.put_away(merge):
            await self._merges.end_merge(merge)
            await self._directory.forget_rows(merge.tenant, merge.into, [merge.record])
            raise ProblemError("record-changed")
        tenant, target = merge.tenant, f"record/{merge.into}"
        # an id of its own, since a killed process may have recorded it before
        id_ = f"merge/{merge.into}/{merge.record}/{merge.version}"
        self._security.record("records-merged", tenant, merge.user, target, id_=id_)
        record = await self._staying(tenant, merge.into)
        if record is not None:
            await self._picks.move(tenant, merge.record, record.id)
            await self._rematching.merged(tenant, merge.record, _match(record))
            numbers = keys_of(record.numbers) | {*keys}
            if not await self._rematching.publish(tenant, numbers):
                raise UnavailableError("broker", "the numbers of a merge are not published")
        await self._merges.end_merge(merge)

    async def _staying(self, tenant: str, record_id: str) -> Record | None:
        """The record with this id, also in the recycle bin, or the one it is part of by now."""
        known = await self._directory.known(tenant, [record_id])
        target = (await targets_of(self._directory, tenant, known)).get(record_id)
        id_ = target.id if target else record_id
        record = await self._directory.get(tenant, id_)
        return record or await self._directory.get(tenant, id_, deleted=True)


def _rows_of(tenant: str, record: Record, known: dict[str, Known]) -> list[Row]:
    """The rows of sources that change the record: its own one, or those of earlier merges."""
    stored = known[record.id]
    if stored.rows or record.id != id_in_source(tenant, record.source, record.host_id):
        return list(stored.rows)
    fields: dict[str, Any] = row_fields(fields_of(record))
    return [Row(record.id, record.source, record.host_id, stored.digest, fields)]


def _match(record: Record) -> Match:
    return match_of({**record.model_dump(), "_id": record.id}, "", "number")
