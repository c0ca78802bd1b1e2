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
from softphone_common.domain.records.visibility import Sharing
from softphone_common.http.auth import Caller
from softphone_common.process.clock import Clock
from softphone_matcher.directory.documents import lines_in
from softphone_matcher.directory.input import SentRecord, read_numbers, reading_of
from softphone_matcher.directory.record import id_in_source
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.directory.search import sharing_of
from softphone_matcher.directory.store import Directory, Sent

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
    """The records of a batch that have to be written, who sees them before and after, the keys they
    have or had, and the counts."""

    changed: list[Sent]
    shared: list[tuple[str, str, Sharing, Sharing]]
    keys: set[str]
    created: int
    unchanged: int

    @property
    def updated(self) -> int:
        """How many records are replaced."""
        return len(self.changed) - self.created


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

    async def plan(self, by: str, batch: Mapping[str, SentRecord], tenant: Tenant) -> Planned:
        """Compares records, by their ids, with those that are stored; writes nothing.

        `by` is the login of their sender. Raises UnavailableError.
        """
        stored = await self._directory.known(tenant.id, batch)
        changes = {"changed_at": self._clock(), "changed_by": by}
        reading = reading_of(tenant)
        changed: list[Sent] = []
        shared: list[tuple[str, str, Sharing, Sharing]] = []
        keys: set[str] = set()
        for id_, record in batch.items():
            await asyncio.sleep(0)
            digest = _digest(record, reading)
            known = stored.get(id_)
            if known is not None and known.digest == digest:
                continue
            fields = record.fields(tenant.id) | changes
            fields |= read_numbers(fields["numbers"], tenant)
            # a source that does not know who sees the record must not open it to everyone
            fields.setdefault("visible_to", known.sharing.visible_to if known else "everyone")
            changed.append(Sent(id_, digest, fields))
            if known is not None:
                shared.append((tenant.id, id_, known.sharing, sharing_of(fields)))
            keys.update(known.keys if known else ())
            keys.update(lines_in(fields))
        created = sum(each.id not in stored for each in changed)
        return Planned(changed, shared, keys, created, len(batch) - len(changed))

    async def write(self, tenant: str, planned: Planned) -> int:
        """Stores the records that differ; returns how many it added. Raises UnavailableError."""
        for change in planned.shared:
            await self._rematching.restrict(*change)
        created = await self._directory.put(tenant, planned.changed) if planned.changed else 0
        for change in planned.shared:
            await self._rematching.open(*change)
        return created

    async def _write(
        self,
        caller: Caller,
        batch: dict[str, SentRecord],
        tenant: Tenant,
        result: UpsertResult,
    ) -> set[str]:
        """Stores the records that differ. Returns the keys they had and those they have."""
        planned = await self.plan(caller.login, batch, tenant)
        created = await self.write(caller.tenant, planned)
        result.created += created
        result.updated += len(planned.changed) - created
        result.unchanged += planned.unchanged
        return planned.keys


def _digest(record: SentRecord, reading: str) -> str:
    """Differs if anything of the record differs, or how its numbers are read."""
    sent = record.model_dump() | {"visible_to": record.visible_to_sent}
    text = json.dumps([sent, reading], sort_keys=True)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _field(details: Any) -> str:
    return ".".join(map(str, place_of(details))) or "item"


async def each(items: Iterable[Any]) -> AsyncIterable[Any]:
    """The items of a list one by one."""
    for item in items:
        yield item
