"""Builds all that reads sources from the settings of matcher."""

from dataclasses import dataclass

from softphone_common.audit.security_log import SecurityLog
from softphone_common.process.clock import Clock
from softphone_common.stores.mongo import Mongo
from softphone_common.stores.tenants import Tenants
from softphone_matcher.fetching.fetcher import Fetcher
from softphone_matcher.fetching.fetches import MongoFetches
from softphone_matcher.fetching.limits import limits_of_sources
from softphone_matcher.fetching.routes import SourceApi
from softphone_matcher.fetching.starter import Starter
from softphone_matcher.fetching.store import MongoSources
from softphone_matcher.fetching.worker import FetchWorker
from softphone_matcher.outbound.client import Outbound
from softphone_matcher.outbound.hosts import PermittedHosts
from softphone_matcher.runs.store import Runs
from softphone_matcher.runs.worker import RunWorker
from softphone_matcher.settings import MatcherSettings
from softphone_matcher.sources.card_store import MongoCards
from softphone_matcher.sources.kinds import Readers
from softphone_matcher.sources.sealing import SourceSecrets


@dataclass(frozen=True, slots=True)
class Fetching:
    """All that reads sources by schedule."""

    api: SourceApi
    worker: FetchWorker


def fetching(
    mongo: Mongo,
    runs: Runs,
    imports: RunWorker,
    tenants: Tenants,
    security: SecurityLog,
    clock: Clock,
    settings: MatcherSettings,
) -> Fetching:
    """Makes it from the settings of the service."""
    sources, fetches = MongoSources(mongo.database), MongoFetches(mongo.database, runs)
    starter = Starter(sources, runs, fetches, tenants.find, clock, settings.imports_kept)
    hosts, secrets = PermittedHosts(settings.source_hosts), SourceSecrets(settings.source_keys)
    outbound = Outbound(hosts, settings.source_answer_seconds, settings.upload_max)
    limits = limits_of_sources(settings)
    cards = MongoCards(mongo.database)
    readers = Readers(outbound, secrets, cards, limits.bytes_max)
    fetcher = Fetcher(sources, fetches, readers, security, clock, limits)
    lease, check = limits.lease_seconds, settings.import_check_seconds
    worker = FetchWorker(starter, fetches, fetcher, imports, clock, lease, check)
    require = tenants.require
    return Fetching(
        SourceApi(sources, starter, worker, readers, secrets, require, security, clock, settings),
        worker,
    )
