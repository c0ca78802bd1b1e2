"""Has rows of sources change the records that they were merged into, in place of own records."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from softphone_common.contracts.entities import Tenant
from softphone_matcher.combining.rows import followed, row_fields
from softphone_matcher.directory.input import SentRecord, fields_of, read_numbers
from softphone_matcher.directory.record import Record, Row
from softphone_matcher.directory.search import sharing_of
from softphone_matcher.directory.store import Directory, Known, Sent

MERGES_MAX = 50
"""Merges that are followed from a record to the one that it is part of."""


@dataclass(frozen=True, slots=True)
class SentRow:
    """A row of a source: the id that its record would have, its content, and its hash."""

    id: str
    record: SentRecord
    digest: str


@dataclass(frozen=True, slots=True)
class Target:
    """A merged record as it is stored."""

    id: str
    known: Known


async def targets_of(
    directory: Directory, tenant: str, stored: Mapping[str, Known]
) -> dict[str, Target]:
    """For each of these records that was merged, the record that it was merged into.

    This may be in the recycle bin. Raises UnavailableError.
    """
    found = {
        id_: Target(id_, known) for id_, known in stored.items() if known.merged_into or known.rows
    }
    for _ in range(MERGES_MAX):
        further = {target.known.merged_into for target in found.values()} - {""}
        if not further:
            break
        known = await directory.known(tenant, further)
        for id_, target in found.items():
            into = target.known.merged_into
            if into in known:
                found[id_] = Target(into, known[into])
            elif into:  # it was removed for good; the row has its own record again
                found[id_] = Target(target.id, replace(target.known, merged_into=""))
    return found


class MergedRows:
    """Every method may raise UnavailableError."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def plan(
        self,
        tenant: Tenant,
        rows: Mapping[str, SentRow],
        targets: Mapping[str, Target],
        changes: Mapping[str, Any],
    ) -> list[tuple[Sent, Target]]:
        """The merged records that rows change, each once, with what is stored; writes nothing."""
        by_target: dict[str, list[SentRow]] = defaultdict(list)
        for id_, row in rows.items():
            target = targets[id_]
            stored = next((each for each in target.known.rows if each.id == row.id), None)
            if stored is None or stored.digest != row.digest or target.known.is_deleted:
                by_target[target.id].append(row)
        known = {target.id: target for target in targets.values()}
        planned = []
        for target_id, changed in by_target.items():
            record = await self._record(tenant.id, target_id)
            if record is not None:
                sent = self._sent(tenant, record, known[target_id], changed, changes)
                planned.append((sent, known[target_id]))
        return planned

    async def _record(self, tenant: str, record_id: str) -> Record | None:
        record = await self._directory.get(tenant, record_id)
        return record or await self._directory.get(tenant, record_id, deleted=True)

    def _sent(
        self,
        tenant: Tenant,
        record: Record,
        target: Target,
        changed: list[SentRow],
        changes: Mapping[str, Any],
    ) -> Sent:
        fields, rows = fields_of(record), {row.id: row for row in target.known.rows}
        for each in changed:
            before = rows.get(each.id)
            # those who see a row that says nothing of it
            sharing = sharing_of(before.fields if before else fields)
            now = each.record.fields(tenant.id, sharing)
            now |= read_numbers(now["numbers"], tenant)
            others = [row.fields for id_, row in rows.items() if id_ != each.id]
            fields = followed(fields, before.fields if before else None, now, others)
            sent = each.record
            row = Row(each.id, sent.source, sent.host_id, each.digest, row_fields(now))
            rows[each.id] = row
        fields |= {**read_numbers(fields["numbers"], tenant), **changes}
        fields["rows"] = [asdict(row) for row in rows.values()]
        # the version that the rows were read with: a record that was changed since is missed
        version, ids = target.known.version, tuple(row.id for row in changed)
        return Sent(target.id, "", fields, version, ids)
