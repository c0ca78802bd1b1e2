"""Sources without a database: the stores in memory, workers, a moved clock, and a real CRM."""

from typing import Any, Protocol

from pydantic import SecretStr

from softphone_common.bus.bus import Bus
from softphone_common.contracts.entities import Activation, Tenant
from softphone_matcher.fetching.fetcher import Fetcher
from softphone_matcher.fetching.limits import FetchLimits
from softphone_matcher.fetching.starter import Starter
from softphone_matcher.fetching.worker import FetchWorker
from softphone_matcher.outbound.client import Outbound
from softphone_matcher.outbound.hosts import PermittedHosts
from softphone_matcher.runs.run import ImportRun, StoredRun
from softphone_matcher.sources.kinds import Readers
from softphone_matcher.sources.sealing import SourceSecrets
from softphone_matcher.sources.source import SourceInput, StoredSource
from softphone_testing.installation_keys import SOURCE_KEY
from softphone_testing.memory.imports.cards import MemoryCards
from softphone_testing.memory.imports.fetches import MemoryFetches
from softphone_testing.memory.imports.sources import MemorySources
from support import crm
from support.observations import at
from support.stack.import_site import KEPT, LEASE_SECONDS, BeforeWrite, ImportSite, nothing

PAGES_MAX = 10
BYTES_MAX = 200_000
ANSWER_BYTES = 150_000
RETRY_SECONDS = 30
LIMITS = FetchLimits(PAGES_MAX, BYTES_MAX, 3600, RETRY_SECONDS, LEASE_SECONDS)


class HasPort(Protocol):
    """A server on this machine."""

    port: int


class MortalFetches(MemoryFetches):
    """Runs with something that happens in front of each page that is stored."""

    before_page: BeforeWrite = staticmethod(nothing)

    async def add_page(self, *args: object, **more: object) -> bool:
        await self.before_page()
        return await super().add_page(*args, **more)  # type: ignore[arg-type]


class MortalCards(MemoryCards):
    """Copies of address books with something that happens in front of each write."""

    before_write: BeforeWrite = staticmethod(nothing)

    async def _write(self) -> None:
        await self.before_write()


class SourceSite(ImportSite):
    """The stores of a matcher with sources, any number of workers, and a CRM."""

    def __init__(self, bus: Bus) -> None:
        super().__init__(bus)
        self.crm = crm.Crm()
        self.elsewhere = crm.Crm()
        self.is_activated = True
        self.sources = MemorySources()
        self.fetches = MortalFetches(self.runs)
        self.cards = MortalCards()
        self.secrets = SourceSecrets(SecretStr(SOURCE_KEY))
        self.limits = LIMITS
        self.permit(self.crm)

    def permit(self, *servers: HasPort, answer_seconds: float = 5, also: str = "") -> None:
        """Permits these hosts to readers that are made afterwards, and no others."""
        listed = ",".join(f"127.0.0.1:{server.port}" for server in servers)
        hosts = PermittedHosts(f"{listed},{also}")
        self.outbound = Outbound(hosts, answer_seconds, ANSWER_BYTES)

    async def start(self) -> None:
        await self.crm.start()
        await self.elsewhere.start()

    async def stop(self) -> None:
        await self.crm.stop()
        await self.elsewhere.stop()

    def tenant(self, id_: str) -> Tenant:
        if not self.is_activated:
            return super().tenant(id_)
        activation = Activation(id="a", seats=1, issued_at=at(0), expires_at=at(10**8))
        return super().tenant(id_).model_copy(update={"activation": activation})

    def starter(self) -> Starter:
        """One that begins runs, as another process has it."""
        return Starter(self.sources, self.runs, self.fetches, self.tenant, self.clock, KEPT)

    def readers(self) -> Readers:
        """The readers of the sources that are permitted now."""
        return Readers(self.outbound, self.secrets, self.cards, self.limits.bytes_max)

    def reader(self) -> FetchWorker:
        """One that reads sources, as another process has it."""
        fetcher = Fetcher(
            self.sources,
            self.fetches,
            self.readers(),
            self.security,
            self.clock,
            self.limits,
        )
        imports, clock, lease = self.worker(), self.clock, self.limits.lease_seconds
        return FetchWorker(self.starter(), self.fetches, fetcher, imports, clock, lease, 1)

    async def add_source(
        self, path: str = "/page", id_: str = "s", tenant: str = "acme", **more: Any
    ) -> StoredSource:
        """A source at the CRM, as the route stores it."""
        return await self.store(crm.settings(self.crm, path, **more), id_, tenant)

    async def store(
        self, settings: dict[str, Any], id_: str = "s", tenant: str = "acme"
    ) -> StoredSource:
        """A source with these settings, which is due now."""
        order = SourceInput.model_validate(settings)
        fields = order.model_dump(exclude={"secret", "mapping", "schedule"})
        source = StoredSource(
            **fields,
            mapping=order.mapping,
            schedule=order.schedule,
            id=id_,
            tenant=tenant,
            sealed=self.secrets.seal(order.secret) if order.secret else "",
            next_at=self.now,
            changed_at=self.now,
        )
        await self.sources.add(source)
        return source

    async def read(self, reader: FetchWorker | None = None) -> None:
        """Begins what is due, reads it as far as it goes now, and saves it."""
        worker = reader or self.reader()
        await worker.take()
        await worker.finish()
        while await self.worker().work_next():
            pass

    async def due(self, id_: str = "s", tenant: str = "acme") -> None:
        """Has the source be due now, after some time."""
        self.move(7200)
        source = await self.sources.get(tenant, id_)
        assert source is not None
        await self.sources.note(source, source.last_run, self.now)

    async def latest(self, tenant: str = "acme") -> ImportRun:
        """The run that was requested last."""
        page = await self.runs.list_latest(tenant, None, 1)
        return page.items[0]

    async def all_runs(self, tenant: str = "acme") -> list[StoredRun]:
        """All runs of the tenant, as they are stored."""
        page = await self.runs.list_latest(tenant, None, 100)
        return [await self.run(run.id, tenant) for run in page.items]

    async def stored(self, tenant: str = "acme") -> StoredRun:
        """The run that was requested last, as it is stored."""
        return await self.run((await self.latest(tenant)).id, tenant)
