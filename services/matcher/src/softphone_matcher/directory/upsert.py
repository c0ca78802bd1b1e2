"""Takes records of applications in any number: adds new ones, replaces changed ones, by host id."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.problem_codes import of_validation, place_of
from softphone_common.domain.records.visibility import OPEN, Sharing, is_narrowed
from softphone_common.http.auth import Caller
from softphone_common.process.clock import Clock
from softphone_common.process.errors import UnavailableError
from softphone_matcher.directory.documents import lines_in
from softphone_matcher.directory.input import SentRecord, read_numbers, reading_of
from softphone_matcher.directory.merged_rows import MergedRows, SentRow, targets_of
from softphone_matcher.directory.record import id_in_source
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.directory.search import SHARING, sharing_of
from softphone_matcher.directory.store import Directory, Sent

_ATTEMPTS = 5
"""How often a record is compared and written while others change it."""
BATCH = 200
"""Records that are read and written in one step. Calls are matched between two steps."""
REJECTED_MAX = 1000
"""Fields of refused records that an answer names."""


class Unreadable:
    """Stands for a line that is no JSON."""


class RejectedField(BaseModel):
    """A record that was not taken, and one of the fields that are why."""

    index: int = Field(description="The place of the record in the request, from 0")
    host_id: str = Field(description="As it was sent; empty if it was not readable")
    field: str
    code: str = Field(description="Stable; docs/problems.md lists all codes")


class UpsertResult(BaseModel):
    """Counts the records of a request, and names those that were refused."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[RejectedField] = Field(
        default_factory=list,
        description=f"The fields because of which records were refused, the first {REJECTED_MAX}",
    )
    rejected_records: int = Field(0, description="How many records were refused")


@dataclass(frozen=True, slots=True)
class Planned:
    """The records of a batch that have to be written, who sees them before and after, and the keys
    they have or had."""

    records: Mapping[str, SentRecord]
    changed: list[Sent]
    shared: list[tuple[str, str, Sharing, Sharing]]
    keys: set[str]

    @property
    def created(self) -> int:
        """How many records are added."""
        return sum(each.version == 0 for each in self.changed)

    @property
    def updated(self) -> int:
        """How many records are replaced; of a merged one its rows are counted."""
        return len(self.rows_of()) - self.created

    @property
    def unchanged(self) -> int:
        """How many records stay as they are."""
        return len(self.records) - len(self.rows_of())

    def rows_of(self, written: Collection[str] | None = None) -> dict[str, SentRecord]:
        """The records that were sent for those with these ids; by default for all changed ones."""
        return {
            row: self.records[row]
            for each in self.changed
            if written is None or each.id in written
            for row in each.rows or (each.id,)
        }

    def without(self, missed: Collection[str]) -> "Planned":
        """The plan of all other records."""
        gone = self.rows_of(missed)
        return Planned(
            {id_: record for id_, record in self.records.items() if id_ not in gone},
            [each for each in self.changed if each.id not in missed],
            [change for change in self.shared if change[1] not in missed],
            self.keys,
        )

    def plus(self, more: "Planned") -> "Planned":
        """The plan of these records and of others."""
        records = {**self.records, **more.records}
        changed, shared = self.changed + more.changed, self.shared + more.shared
        return Planned(records, changed, shared, self.keys | more.keys)


class Upsert:
    """Adds and replaces the records of one request. A repeated request changes nothing."""

    def __init__(
        self,
        directory: Directory,
        require_tenant: Callable[[str], Tenant],
        rematching: Rematching,
        clock: Clock,
        numbers_max: int,
    ) -> None:
        self._directory = directory
        self._merged = MergedRows(directory)
        self._rematching = rematching
        self._require_tenant = require_tenant
        self._clock = clock
        self._numbers_max = numbers_max

    async def run(self, caller: Caller, items: AsyncIterable[Any]) -> UpsertResult:
        """Takes the JSON values one by one; one that is no record is refused, the others are kept.

        Of records with one host id the last counts. Raises UnavailableError; what was written
        before stays, and the request can be repeated.
        """
        result = UpsertResult()
        tenant = self._require_tenant(caller.tenant)
        batch: dict[str, SentRecord] = {}
        index, follows = 0, True
        async for item in items:
            await asyncio.sleep(0)  # calls of all tenants are matched meanwhile
            record = self._checked(item, index, result)
            index += 1
            if record is None:
                continue
            id_ = id_in_source(caller.tenant, record.source, record.host_id)
            if len(batch) == BATCH:
                keys = await self._write(caller, batch, tenant, result)
                follows = follows and await self.publish(caller.tenant, keys)
                batch = {}
            batch[id_] = record
        keys = await self._write(caller, batch, tenant, result)
        if follows:  # else the broker is away, and waiting for it would take minutes
            await self.publish(caller.tenant, keys)
        return result

    async def publish(self, tenant: str, keys: Collection[str]) -> bool:
        """Has calls of these numbers follow; False while the broker is away."""
        return await self._rematching.publish(tenant, keys)

    def _checked(self, item: Any, index: int, result: UpsertResult) -> SentRecord | None:
        """The record, or None with the reasons in the result."""
        record, problems = self.read(item)
        if record is not None:
            return record
        host_id = item.get("host_id") if isinstance(item, dict) else None
        text = host_id if isinstance(host_id, str) else ""
        result.rejected_records += 1
        for field, code in problems[: REJECTED_MAX - len(result.rejected)]:
            rejected = RejectedField(index=index, host_id=text, field=field, code=code)
            result.rejected.append(rejected)
        return None

    def read(self, item: Any) -> tuple[SentRecord | None, list[tuple[str, str]]]:
        """The record, or the fields that are wrong and their codes."""
        if isinstance(item, Unreadable):
            return None, [("item", "json-invalid")]
        try:
            record = SentRecord.model_validate(item)
        except ValidationError as error:
            return None, [(_field(each), of_validation(each)[0]) for each in error.errors()]
        if len(record.numbers) > self._numbers_max:
            return None, [("numbers", "items-too-many")]
        return record, []

    async def plan(
        self,
        by: str,
        batch: Mapping[str, SentRecord],
        tenant: Tenant,
        announced: Mapping[str, Sharing] | None = None,
    ) -> Planned:
        """Compares records, by their ids, with those that are stored; writes nothing.

        `by` is the login of their sender, and `announced` what older calls have heard of
        records that were not written then. Raises UnavailableError.
        """
        stored = await self._directory.known(tenant.id, batch)
        targets = await targets_of(self._directory, tenant.id, stored)
        changes = {"changed_at": self._clock(), "changed_by": by}
        reading = reading_of(tenant)
        changed: list[Sent] = []
        shared: list[tuple[str, str, Sharing, Sharing]] = []
        keys: set[str] = set()
        rows: dict[str, SentRow] = {}
        for id_, record in batch.items():
            await asyncio.sleep(0)
            digest = _digest(record, reading)
            if id_ in targets:
                rows[id_] = SentRow(id_, record, digest)
                continue
            known = stored.get(id_)
            heard = (announced or {}).get(id_)
            if known is not None and known.digest == digest:
                if heard is not None:
                    shared.append((tenant.id, id_, heard, known.sharing))
                continue
            sharing = known.sharing if known else OPEN
            fields = record.fields(tenant.id, sharing) | changes
            fields |= read_numbers(fields["numbers"], tenant)
            changed.append(Sent(id_, digest, fields, known.version if known else 0))
            before = (known.sharing if known else None, heard)
            after = sharing_of(fields)
            shared += ((tenant.id, id_, each, after) for each in before if each is not None)
            keys.update(known.keys if known else ())
            keys.update(lines_in(fields))
        for sent, target in await self._merged.plan(tenant, rows, targets, changes):
            changed.append(sent)
            before = (target.known.sharing, (announced or {}).get(sent.id))
            after = sharing_of(sent.fields)
            shared += ((tenant.id, sent.id, each, after) for each in before if each is not None)
            keys.update(target.known.keys, lines_in(sent.fields))
        return Planned(batch, changed, shared, keys)

    async def write(self, by: str, planned: Planned, tenant: Tenant) -> Planned:
        """Stores the records that differ, and compares those again that others changed meanwhile.

        Returns the plan as it was carried out. Raises UnavailableError, also while others keep
        changing a record; what was written stays.
        """
        done = Planned({}, [], [], set())
        announced: dict[str, Sharing] = {}
        for _ in range(_ATTEMPTS):
            missed = await self._put(tenant.id, planned)
            done = done.plus(planned.without(missed))
            if not missed:
                return done
            for _, id_, before, after in planned.shared:
                if id_ in missed and is_narrowed(before, after):
                    announced[id_] = after
            again = planned.rows_of(missed)
            planned = await self.plan(by, again, tenant, announced)
        await self.publish(tenant.id, done.keys)  # nothing does it when they are sent again
        raise UnavailableError("a record that others keep changing")

    async def _put(self, tenant: str, planned: Planned) -> set[str]:
        """Stores the records that differ; returns the ids of those that others changed."""
        for change in planned.shared:
            await self._rematching.restrict(*change)
        missed = await self._directory.put(tenant, planned.changed) if planned.changed else set()
        for change in planned.without(missed).shared:
            await self._rematching.open(*change)
        return missed

    async def _write(
        self,
        caller: Caller,
        batch: dict[str, SentRecord],
        tenant: Tenant,
        result: UpsertResult,
    ) -> set[str]:
        """Stores the records that differ. Returns the keys they had and those they have."""
        planned = await self.plan(caller.login, batch, tenant)
        written = await self.write(caller.login, planned, tenant)
        result.created += written.created
        result.updated += written.updated
        result.unchanged += written.unchanged
        return written.keys


def _digest(record: SentRecord, reading: str) -> str:
    """Differs if anything of the record differs, or how its numbers are read."""
    # an empty team that is sent is another thing than none that is sent
    sent = record.model_dump() | dict.fromkeys(SHARING) | record.sharing_sent
    text = json.dumps([sent, reading], sort_keys=True)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _field(details: Any) -> str:
    return ".".join(map(str, place_of(details))) or "item"


async def each(items: Iterable[Any]) -> AsyncIterable[Any]:
    """The items of a list one by one."""
    for item in items:
        yield item
