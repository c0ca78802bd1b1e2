"""Reads the numbers of stored records again when their tenant has them read otherwise."""

import asyncio
from collections.abc import Iterable

from softphone_common.contracts.entities import Tenant
from softphone_common.process.background_task import BackgroundTask
from softphone_common.process.errors import UnavailableError
from softphone_common.process.telemetry import log
from softphone_matcher.directory.documents import lines_in
from softphone_matcher.directory.input import fields_of, read_numbers, reading_of
from softphone_matcher.directory.rematching import Rematching, keys_of
from softphone_matcher.directory.store import Directory

BATCH = 50
"""Records that are read and written in one step. Calls are matched between two steps."""


class Rereading:
    """Gives records the keys of their tenant's number profile. A resource of `service.run`.

    A changed area code makes other numbers of `99998001`, and other last digits make other keys.
    Records of an earlier release get their
    search terms in the same way. A record that was read is left alone, so an interrupted run goes
    on where it was, and instances that do the same at once only do it twice.
    """

    name = "numbers of records"
    essential = False

    def __init__(
        self,
        directory: Directory,
        tenants: Iterable[Tenant],
        rematching: Rematching,
        seconds: float,
    ) -> None:
        self._directory = directory
        self._tenants = tenants
        self._rematching = rematching
        self._seconds = seconds
        self.task = BackgroundTask(self._run, "numbers of records")

    async def start(self) -> None:
        """Returns at once; records keep their keys until they are read."""
        self.task.start()

    async def ping(self) -> None:
        """Succeeds: records are found by the keys they have."""

    async def stop(self) -> None:
        """Stops after the batch that is being written."""
        await self.task.stop()

    async def reread(self, tenant: Tenant) -> int:
        """Reads all records of the tenant that were read otherwise; returns how many it wrote."""
        reading, done, follows = reading_of(tenant), 0, True
        while stored := await self._directory.list_read_otherwise(tenant.id, reading, BATCH):
            changes, changed = [], set[str]()
            for record in stored:
                fields = fields_of(record)
                fields |= read_numbers(fields["numbers"], tenant)
                changed |= keys_of(record.numbers) ^ lines_in(fields)
                changes.append((record, fields))
            written = await self._directory.write_reading(tenant.id, changes)
            if follows:  # else the broker is away, and waiting for it would take minutes
                follows = await self._rematching.publish(tenant.id, changed)
            done += written
            if not written:  # others were first, and have read them
                break
        return done

    async def _run(self) -> None:
        while True:
            for tenant in self._tenants:
                try:
                    if done := await self.reread(tenant):
                        log.info("numbers of records read again", tenant=tenant.id, records=done)
                except UnavailableError as error:
                    log.warning("reading numbers of records postponed", error=str(error))
                except Exception as error:  # one record must not end the service
                    log.error("numbers of records not read", tenant=tenant.id, exc_info=error)
            await asyncio.sleep(self._seconds)
