"""The routes of sources: `/api/directory/sources`."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

from fastapi import APIRouter

from softphone_common.audit.security_log import SecurityLog
from softphone_common.contracts.entities import Tenant
from softphone_common.http.auth import AdminCaller, Caller
from softphone_common.http.paging import Page
from softphone_common.http.problem import ProblemError
from softphone_common.process.clock import Clock
from softphone_matcher.fetching.schedule import next_begin
from softphone_matcher.fetching.starter import Starter
from softphone_matcher.fetching.store import Sources
from softphone_matcher.fetching.worker import FetchWorker
from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.previews.routes import ImportPreview, preview_of
from softphone_matcher.runs.run import ImportRun
from softphone_matcher.settings import MatcherSettings
from softphone_matcher.sources.kinds import Readers, beginning_of
from softphone_matcher.sources.sealing import SourceSecrets
from softphone_matcher.sources.source import MAPPED, Source, SourceInput, StoredSource

_PATH = "/api/directory/sources"
_RETRY_SECONDS = 5


class SourceApi:
    """Sources over HTTP, for administrators. A tenant tests one source at a time in a process."""

    def __init__(
        self,
        sources: Sources,
        starter: Starter,
        worker: FetchWorker,
        readers: Readers,
        secrets: SourceSecrets,
        require_tenant: Callable[[str], Tenant],
        security: SecurityLog,
        clock: Clock,
        settings: MatcherSettings,
    ) -> None:
        self._sources = sources
        self._starter = starter
        self._worker = worker
        self._readers = readers
        self._secrets = secrets
        self._require_tenant = require_tenant
        self._security = security
        self._clock = clock
        self._settings = settings
        self._testing: set[str] = set()
        """The tenants that have a source tested now."""
        self.router = APIRouter(tags=["directory"])
        add, one = self.router.add_api_route, f"{_PATH}/{{source}}"
        add(_PATH, self.list_sources, methods=["GET"])
        add(_PATH, self.create_source, methods=["POST"], status_code=201)
        add(f"{_PATH}/test", self.test_source, methods=["POST"])
        add(one, self.change_source, methods=["PUT"])
        add(one, self.remove_source, methods=["DELETE"], status_code=204)
        add(f"{one}/run", self.run_source, methods=["POST"], status_code=202)
        add(f"{one}/test", self.test_stored_source, methods=["POST"])

    async def list_sources(self, caller: AdminCaller) -> Page[Source]:
        """Lists all sources of the tenant by name, without their secrets."""
        stored = await self._sources.list_all(caller.tenant)
        return Page(items=[source.shown() for source in stored])

    async def create_source(self, order: SourceInput, caller: AdminCaller) -> Source:
        """Adds a source that is read by its schedule.

        A run reads all pages of the source first. Then its records are saved like the rows of a
        file, as one of the imports. Nothing is saved or removed if a page does not come.
        """
        await self._require_sound(caller, order, "")
        if len(await self._sources.list_all(caller.tenant)) >= self._settings.sources_max:
            raise ProblemError("directory-sources-full", limit=self._settings.sources_max)
        source = self._stored(caller, order, None)
        await self._sources.add(source)
        self._security.act("source-created", caller, f"source/{source.id}")
        return source.shown()

    async def change_source(self, source: str, order: SourceInput, caller: AdminCaller) -> Source:
        """Replaces the settings of a source. A run that reads it now is given up.

        Without `secret` the stored one is kept, unless the address leads to another host or the
        kind changes.
        """
        stored = await self._get(caller, source)
        await self._require_sound(caller, order, source)
        changed = await self._sources.change(self._stored(caller, order, stored))
        if changed is None:
            raise ProblemError("directory-source-unknown")
        await self._readers.forget(caller.tenant, source, changed)
        self._security.act("source-changed", caller, f"source/{source}")
        return changed.shown()

    async def remove_source(self, source: str, caller: AdminCaller) -> None:
        """Removes a source with its secret, and what is kept of it to read it again.

        Its records stay in the directory.
        """
        # what is kept of it goes first, since nobody could name it afterwards, and again behind it,
        # since the source may be read meanwhile
        await self._readers.forget(caller.tenant, source)
        is_removed = await self._sources.remove(caller.tenant, source)
        await self._readers.forget(caller.tenant, source)
        if not is_removed:
            raise ProblemError("directory-source-unknown")
        self._security.act("source-removed", caller, f"source/{source}")

    async def run_source(self, source: str, caller: AdminCaller) -> ImportRun:
        """Begins to read a source now; the answer is the import, which shows how far it is."""
        stored = await self._get(caller, source)
        run = await self._starter.begin(stored, caller.login, caller.user)
        if run is None:
            raise ProblemError("directory-source-running")
        self._security.act("import-started", caller, f"import/{run.id}")
        self._worker.wake()
        return run.shown()

    async def test_source(self, order: SourceInput, caller: AdminCaller) -> ImportPreview:
        """Reads the first page of a source and shows its records as they would be saved.

        `columns` are the paths of all texts in these records, for the mapping.
        """
        return await self._test(caller, self._stored(caller, order, None))

    async def test_stored_source(
        self, source: str, order: SourceInput, caller: AdminCaller
    ) -> ImportPreview:
        """Tests changed settings of a source, with its stored secret if the request has none."""
        stored = await self._get(caller, source)
        return await self._test(caller, self._stored(caller, order, stored))

    async def _test(self, caller: Caller, source: StoredSource) -> ImportPreview:
        if caller.tenant in self._testing:
            headers = {"Retry-After": str(_RETRY_SECONDS)}
            raise ProblemError("rate-limit-exceeded", headers=headers, seconds=_RETRY_SECONDS)
        profile = self._require_tenant(caller.tenant).numbers
        self._testing.add(caller.tenant)
        try:
            reader = self._readers.open(source)
            try:
                open_file = await reader.sample()
            finally:
                await reader.close()
            mapping = beginning_of(source).mapping
            chosen = mapping if any(mapping.columns()) else None
            return await asyncio.to_thread(preview_of, open_file, chosen, None, profile, "address")
        except SourceError as error:
            raise ProblemError(error.code, "address", **error.params) from None
        finally:
            self._testing.remove(caller.tenant)

    async def _get(self, caller: Caller, source_id: str) -> StoredSource:
        stored = await self._sources.get(caller.tenant, source_id)
        if stored is None:
            raise ProblemError("directory-source-unknown")
        return stored

    async def _require_sound(self, caller: Caller, order: SourceInput, source_id: str) -> None:
        """Refuses a source without ids, and one with the name of another."""
        if order.kind in MAPPED and not order.mapping.host_id:
            raise ProblemError("source-id-missing", "mapping.host_id")
        stored = await self._sources.list_all(caller.tenant)
        if any(each.name == order.name and each.id != source_id for each in stored):
            raise ProblemError("directory-source-exists", name=order.name)

    def _stored(
        self, caller: Caller, order: SourceInput, stored: StoredSource | None
    ) -> StoredSource:
        """The source as it is kept. Raises ProblemError for an address that is not permitted."""
        now, zone = self._clock(), self._require_tenant(caller.tenant).time_zone
        return StoredSource(
            **order.model_dump(exclude={"secret", "mapping", "schedule"}),
            mapping=order.mapping,
            schedule=order.schedule,
            id=stored.id if stored else str(uuid4()),
            tenant=caller.tenant,
            sealed=self._sealed(order, stored),
            next_at=next_begin(order.schedule, now, zone) if order.active else None,
            last_run=stored.last_run if stored else "",
            # the next run reads everything, and no module of the same CRM may be missing then
            marks=stored.marks if stored and stored.address == order.address else {},
            changed_by=caller.login,
            changed_at=now,
        )

    def _sealed(self, order: SourceInput, stored: StoredSource | None) -> str:
        """The sealed secret: the one that is sent, or the stored one for the same host and kind."""
        try:
            origin = self._readers.origin(order.address)
        except SourceError as error:
            raise ProblemError(error.code, "address", **error.params) from None
        if order.credentials == "none":
            return ""
        if order.secret is not None:
            try:
                return self._secrets.seal(order.secret)
            except SourceError as error:
                raise ProblemError(error.code, "secret") from None
        # else an administrator could have the secret of another sent to a host of their own
        if stored is None or not stored.sealed or self._origin(stored) != origin:
            raise ProblemError("source-secret-needed", "secret")
        # else an access key of vtiger, which is never sent, would be sent as a password
        if stored.kind != order.kind:
            raise ProblemError("source-secret-needed", "secret")
        return stored.sealed

    def _origin(self, stored: StoredSource) -> str:
        try:
            return self._readers.origin(stored.address)
        except SourceError:  # the operator permits its host no longer
            return ""
