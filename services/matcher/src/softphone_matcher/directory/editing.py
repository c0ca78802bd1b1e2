"""Saves the changes of people, and deletes and restores records."""

from collections.abc import Callable
from typing import Any

from softphone_common.access.viewers import viewer_of
from softphone_common.contracts.entities import Tenant
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.records.visibility import Sharing, is_narrowed, refused_field
from softphone_common.http.auth import Caller
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_matcher.directory.input import NumberInput, fields_of, read_numbers
from softphone_matcher.directory.merged_rows import MERGES_MAX, Target, targets_of
from softphone_matcher.directory.record import Record
from softphone_matcher.directory.rematching import Rematching, keys_of
from softphone_matcher.directory.search import sharing_of
from softphone_matcher.directory.store import Directory

_ATTEMPTS = 5
"""How often a change without a version is tried while others change the record."""


class Editing:
    """Every method raises ProblemError if it can't be done, and may raise UnavailableError."""

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
        self.numbers_max = numbers_max

    def profile(self, tenant: str) -> NumberProfile:
        """How the tenant's numbers are read."""
        return self._require_tenant(tenant).numbers

    async def add(self, caller: Caller, fields: dict[str, Any]) -> Record:
        """A new record with these fields."""
        _check_link(caller, fields["url"], before="")
        _check_sharing(caller, None, fields)
        saved = await self._directory.add(caller.tenant, self._read(caller, fields))
        await self._rematching.publish(caller.tenant, keys_of(saved.numbers))
        return saved

    async def edit(
        self, caller: Caller, record_id: str, changes: dict[str, Any], version: int | None
    ) -> Record:
        """The record after these changes, which are refused if it has another version."""
        for _ in range(_ATTEMPTS):
            stored = await self.get(caller, record_id)
            if version not in {None, stored.version}:
                break
            _check_link(caller, changes.get("url", stored.url), before=stored.url)
            fields = self._read(caller, fields_of(stored) | changes)
            _check_sharing(caller, stored, fields)
            change = (caller.tenant, stored.id, sharing_of(dict(stored)), sharing_of(fields))
            await self._rematching.restrict(*change)
            saved = await self._directory.replace(caller.tenant, stored, fields)
            if saved is not None:
                await self._rematching.open(*change)
                changed = keys_of((*stored.numbers, *saved.numbers))
                await self._rematching.publish(caller.tenant, changed)
                return saved
            await self.take_back(*change)
        raise ProblemError("record-changed")

    async def take_back(self, tenant: str, record_id: str, before: Sharing, after: Sharing) -> None:
        """Has calls hear who sees a record that was not restricted as they heard."""
        if not is_narrowed(before, after):
            return
        for stored in (await self._directory.known(tenant, [record_id])).values():
            await self._rematching.restrict(tenant, record_id, after, stored.sharing)
            await self._rematching.open(tenant, record_id, after, stored.sharing)

    async def get(self, caller: Caller, record_id: str) -> Record:
        """The tenant's record with this id, or the one that it was merged into, if the caller
        sees it."""
        record = await self._directory.get(caller.tenant, record_id)
        if record is None and (target := await self._merged(caller.tenant, record_id)):
            record = await self._directory.get(caller.tenant, target.id)
        # answered as if it were not there, so that ids can't be probed
        if record is None or not viewer_of(caller).sees(record):
            raise ProblemError("record-unknown")
        return record

    async def remove(self, caller: Caller, record_id: str) -> None:
        """Moves the record to the recycle bin."""
        at = self._clock()
        removed = await self._directory.remove(caller.tenant, record_id, caller.login, at)
        if removed is None:
            raise ProblemError("record-unknown")
        await self._rematching.publish(caller.tenant, keys_of(removed.numbers))

    async def remove_row(self, caller: Caller, record_id: str) -> None:
        """Moves the record of a row of a source to the recycle bin.

        A merged record stays while it has other rows, or if a person made it.
        """
        target = await self._merged(caller.tenant, record_id)
        if target is None:
            return await self.remove(caller, record_id)
        others = {row.id for row in target.known.rows} - {record_id}
        record = await self._directory.get(caller.tenant, target.id)
        if record is None or len(others) == len(target.known.rows):
            raise ProblemError("record-unknown")
        if not others and record.source:
            return await self.remove(caller, target.id)
        return await self._directory.forget_rows(caller.tenant, target.id, [record_id])

    async def _merged(self, tenant: str, record_id: str) -> Target | None:
        known = await self._directory.known(tenant, [record_id])
        return (await targets_of(self._directory, tenant, known)).get(record_id)

    async def _leave(self, tenant: str, record_id: str, into: str) -> None:
        """Has the rows of a restored record change it, and no longer those it was merged into."""
        known = (await self._directory.known(tenant, [record_id])).get(record_id)
        rows = {record_id, *(row.id for row in known.rows)} if known else {record_id}
        for _ in range(MERGES_MAX):
            further = (await self._directory.known(tenant, [into])).get(into) if into else None
            if further is None:
                return
            await self._directory.forget_rows(tenant, into, rows)
            into = further.merged_into

    async def restore(self, caller: Caller, record_id: str) -> Record:
        """Takes the record out of the bin, with its numbers as they are read now.

        One that was merged is a record of its own again, which its source changes. The other one
        keeps everything that it has got.
        """
        stored = await self._directory.get(caller.tenant, record_id, deleted=True)
        if stored is None:
            raise ProblemError("deleted-record-unknown")
        fields = self._read(caller, fields_of(stored))
        restored = await self._directory.replace(caller.tenant, stored, fields)
        if restored is None:
            raise ProblemError("deleted-record-unknown")
        await self._leave(caller.tenant, record_id, stored.merged_into)
        await self._rematching.publish(caller.tenant, keys_of(restored.numbers))
        return restored

    def check(self, tenant: str, numbers: list[NumberInput], *, strict: bool) -> None:
        """Raises ProblemError 422 for too many numbers, and if strict for one without keys."""
        if len(numbers) > self.numbers_max:
            raise ProblemError("items-too-many", field="numbers", limit=self.numbers_max)
        if not strict:
            return
        dumped = (number.model_dump() for number in numbers)
        read = read_numbers(dumped, self._require_tenant(tenant))
        problems = {
            f"numbers.{place}.number": number["why"]
            for place, number in enumerate(read["numbers"])
            if number["why"] is not None
        }
        if problems:
            raise ProblemError.of_fields(problems)

    def _read(self, caller: Caller, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields with the numbers as they are read now, and who changes them."""
        numbers = read_numbers(fields["numbers"], self._require_tenant(caller.tenant))
        return fields | numbers | {"changed_at": self._clock(), "changed_by": caller.login}


def _check_link(caller: Caller, url: str, before: str) -> None:
    """Raises ProblemError 403 if a user who is no administrator sets another link.

    It opens by itself at the desks of all who chose that.
    """
    if url != before and not caller.may("admin"):
        raise ProblemError("role-required", "url", role="admin")


def _check_sharing(caller: Caller, before: Record | None, fields: dict[str, Any]) -> None:
    """Raises ProblemError 403 if the caller may not decide that these users see the record."""
    field = refused_field(viewer_of(caller), before, sharing_of(fields))
    if field is not None:
        raise ProblemError("role-required", field, role="admin")
