"""Imports without a server: the stores in memory, workers, and a clock that tests move."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import Tenant
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_matcher.directory.listing import Filter
from softphone_matcher.directory.record import Record
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.directory.upsert import Upsert
from softphone_matcher.matching.finder import MatchFinder
from softphone_matcher.matching.settling import Settling
from softphone_matcher.previews.choices import FileChoices, limits_of
from softphone_matcher.runs.absence import Absence
from softphone_matcher.runs.importer import Importer
from softphone_matcher.runs.run import StoredRun
from softphone_matcher.runs.worker import RunWorker
from softphone_matcher.settings import MatcherSettings
from softphone_testing.memory.directory import MemoryAnnouncements, MemoryDirectory
from softphone_testing.memory.imports.runs import MemoryRuns
from support.bus.buses import bus_settings
from support.observations import at
from support.store_contracts.runs import stored_run

LEASE_SECONDS = 60.0
KEPT = 100
REMOVALS_PERCENT = 10.0
QUOTES = 'a";"\n' * 3000
"""Lines that each leave a quote open, so that a file of them is given up."""


class KilledError(BaseException):
    """Ends a worker where the process was killed."""


BeforeWrite = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """Lets a write happen."""


class MortalRuns(MemoryRuns):
    """Runs with something that happens in front of each write of a worker."""

    def __init__(self) -> None:
        super().__init__()
        self.before_write: BeforeWrite = nothing
        self.before_extension: BeforeWrite = nothing
        self.before_problems: BeforeWrite = nothing

    async def add_problems(self, *args: object, **more: object) -> None:
        await self.before_problems()
        await super().add_problems(*args, **more)  # type: ignore[arg-type]

    async def extend(self, *args: object, **more: object) -> bool:
        await self.before_extension()
        return await super().extend(*args, **more)  # type: ignore[arg-type]

    async def plan(self, *args: object, **more: object) -> bool:
        await self.before_write()
        return await super().plan(*args, **more)  # type: ignore[arg-type]


class MortalDirectory(MemoryDirectory):
    """A directory with something that happens in front of each write of records."""

    def __init__(self) -> None:
        super().__init__(50)
        self.before_write: BeforeWrite = nothing
        self.before_removal: BeforeWrite = nothing
        self.before_replacement: BeforeWrite = nothing

    async def replace(self, *args: object, **more: object) -> Record | None:
        await self.before_replacement()
        return await super().replace(*args, **more)  # type: ignore[arg-type]

    async def remove_all(self, *args: object, **more: object) -> tuple[int, set[str]]:
        await self.before_removal()
        return await super().remove_all(*args, **more)  # type: ignore[arg-type]

    async def put(self, *args: object, **more: object) -> set[str]:
        await self.before_write()
        return await super().put(*args, **more)  # type: ignore[arg-type]


class ImportSite:
    """The stores of a matcher and any number of workers."""

    def __init__(self, bus: Bus) -> None:
        self.now = at(0)
        self.numbers = NumberProfile()
        self.runs = MortalRuns()
        self.directory = MortalDirectory()
        self.announcements = MemoryAnnouncements()
        self.settings = MatcherSettings.model_construct(
            upload_max=100_000, imports_open_max=2, imports_kept=KEPT
        )
        self.security = SecurityLog(bus, self.clock, bus_settings("amqp://memory"))
        finder = MatchFinder(self.directory, self.tenant)
        rematching = self.rematching = Rematching(finder, self.announcements, bus, self.clock)
        self.settling = Settling(self.announcements, self.directory, rematching, self.clock)
        numbers_max = self.settings.record_numbers_max
        self.upsert = Upsert(self.directory, self.tenant, rematching, self.clock, numbers_max)

    def clock(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        """Moves the clock by these seconds."""
        self.now += timedelta(seconds=seconds)

    def tenant(self, id_: str) -> Tenant:
        return Tenant(id=id_, name="Acme", numbers=self.numbers)

    def worker(self, lease_seconds: float = LEASE_SECONDS) -> RunWorker:
        """A worker of its own, as another process has it."""
        importer = Importer(
            self.runs,
            self.upsert,
            Absence(self.directory, REMOVALS_PERCENT),
            self.tenant,
            self.security,
            self.clock,
            limits_of(self.settings),
            lease_seconds,
        )
        return RunWorker(self.runs, importer, self.clock, lease_seconds, 0.1)

    async def add(
        self, id_: str, data: bytes | str, tenant: str = "acme", *, complete: bool = False
    ) -> None:
        """Adds a run of this file, as the route does."""
        content = data.encode() if isinstance(data, str) else data
        choices = FileChoices()
        mapping = choices.open(content, limits_of(self.settings)).proposal
        seconds = (self.now - at(0)).total_seconds()
        run = stored_run(
            id_,
            seconds,
            tenant,
            size=len(content),
            mapping=mapping,
            choices=choices,
            complete=complete,
        )
        await self.runs.add(run, content, KEPT)
        self.move(1)

    async def run(self, id_: str, tenant: str = "acme") -> StoredRun:
        """The run as it is stored."""
        stored = await self.runs.get(tenant, id_)
        assert stored is not None
        return stored

    async def counts(self, id_: str) -> tuple[int, ...]:
        """The rows read, records created, updated and unchanged, and rows rejected."""
        run = await self.run(id_)
        return run.rows_read, run.created, run.updated, run.unchanged, run.rejected

    async def names(self) -> list[str]:
        """The names of all records of the tenant."""
        page = await self.directory.list_records(Filter("acme", inactive=True), None, 10_000)
        return [record.name for record in page.items]
