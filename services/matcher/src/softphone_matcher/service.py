"""Builds matcher from its settings; no other module of it constructs a resource."""

from softphone_common.access.access import Access
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.contracts.events import CallObserved, UserChanged
from softphone_common.process.clock import Clock, utc_now
from softphone_common.process.metrics import QUEUE_AGE
from softphone_common.runtime.registry import ServiceDefinition
from softphone_common.runtime.service import Readings, Resource, Service
from softphone_common.stores.mongo import Mongo
from softphone_common.stores.rate_limit import KeyRateLimit, Rate, RateLimiter
from softphone_common.stores.token_buckets import LocalTokenBuckets
from softphone_matcher.directory.editing import Editing
from softphone_matcher.directory.rematching import Rematching
from softphone_matcher.directory.routes import DirectoryApi
from softphone_matcher.directory.store import INDEXES, MongoDirectory
from softphone_matcher.directory.upsert import Upsert
from softphone_matcher.directory.upsert_routes import ROUTE, UpsertApi
from softphone_matcher.fetching import store as source_store
from softphone_matcher.fetching.build import fetching
from softphone_matcher.lookup.routes import LookupApi
from softphone_matcher.matching.finder import MatchFinder
from softphone_matcher.matching.handlers import MatchHandlers
from softphone_matcher.matching.list_following import ListFollowing
from softphone_matcher.matching.range_following import RangeFollowing, RecentNumbers
from softphone_matcher.matching.rereading import Rereading
from softphone_matcher.matching.routes import MatchApi
from softphone_matcher.matching.settling import Settling
from softphone_matcher.merging.begun_merges import BegunMerges
from softphone_matcher.merging.merger import Merger
from softphone_matcher.merging.routes import MergeApi
from softphone_matcher.merging.store import MongoMerges
from softphone_matcher.picks import store as pick_store
from softphone_matcher.picks.handlers import PickHandlers
from softphone_matcher.picks.ranking import Ranking
from softphone_matcher.picks.routes import PickApi
from softphone_matcher.picks.store import MongoPickStore
from softphone_matcher.previews import mappings as mapping_store
from softphone_matcher.previews.choices import limits_of
from softphone_matcher.previews.mappings import MongoMappings
from softphone_matcher.previews.routes import PREVIEW, PreviewApi
from softphone_matcher.runs import store as run_store
from softphone_matcher.runs.absence import Absence
from softphone_matcher.runs.importer import Importer
from softphone_matcher.runs.routes import IMPORT, ImportApi
from softphone_matcher.runs.store import MongoRuns
from softphone_matcher.runs.worker import RunWorker
from softphone_matcher.settings import MatcherSettings
from softphone_matcher.sharings import announcements as announcement_store
from softphone_matcher.sharings.announcements import MongoAnnouncements

_INDEXES = INDEXES | pick_store.INDEXES | run_store.INDEXES | mapping_store.INDEXES
_INDEXES |= announcement_store.INDEXES | source_store.INDEXES


async def build(settings: MatcherSettings, clock: Clock = utc_now) -> Service:
    """Returns the service, which `softphone_common.runtime` starts and stops."""
    bus = Bus(settings, "matcher")
    mongo = Mongo(settings, _INDEXES)
    directory = MongoDirectory(mongo.database, settings.matches_max)
    access = Access(mongo.database, bus, clock, settings)
    tenants = access.tenants
    picks, merges = MongoPickStore(mongo.database), MongoMerges(mongo.database)
    announcements, recent = MongoAnnouncements(mongo.database), RecentNumbers()
    finder = MatchFinder(Ranking(directory, picks), tenants.find)
    handlers = MatchHandlers(finder, recent, bus, clock)
    # no waiting for a full batch: the popup shows a bare number until the match is there
    policy = BatchPolicy(settings.batch_size, batch_seconds=0)
    bus.consume("matcher.call", CallObserved, handlers.on_call_observed, policy)
    security = SecurityLog(bus, clock, settings)
    numbers_max = settings.record_numbers_max
    rematching = Rematching(finder, announcements, bus, clock)
    RangeFollowing(recent, rematching, bus)
    picked = PickHandlers(picks, rematching)
    bus.consume("matcher.user", UserChanged, picked.on_user_changed)
    editing = Editing(directory, tenants.require, rematching, clock, numbers_max)
    merger = Merger(directory, merges, picks, editing, tenants.require, rematching, security, clock)
    upsert = Upsert(directory, tenants.require, rematching, clock, numbers_max)
    runs, mappings = MongoRuns(mongo.database), MongoMappings(mongo.database)
    limits, absence = limits_of(settings), Absence(directory, settings.import_removals_percent)
    lease = settings.import_lease_seconds
    importer = Importer(runs, upsert, absence, tenants.require, security, clock, limits, lease)
    worker = RunWorker(runs, importer, clock, lease, settings.import_check_seconds)
    reading = fetching(mongo, runs, worker, tenants, security, clock, settings)
    routers = [
        MatchApi(finder, tenants.require).router,
        DirectoryApi(directory, editing, security, settings).router,
        MergeApi(merger).router,
        UpsertApi(upsert, settings).router,
        PickApi(picks, finder, tenants.require, rematching, clock).router,
        PreviewApi(tenants.require, mappings, settings).router,
        ImportApi(runs, mappings, worker, security, clock, settings).router,
        reading.api.router,
        LookupApi(finder, tenants.require, _key_rate_limit(clock, settings)).router,
    ]
    rereading = Rereading(directory, tenants, rematching, settings.mirror_seconds)
    following = ListFollowing(tenants, rematching, clock)
    settling = Settling(announcements, directory, rematching, clock)
    begun = BegunMerges(merges, merger, settings.mirror_seconds)
    resources: list[Resource] = [mongo, *access.caches, bus, security, rereading, following]
    resources += [settling, worker, reading.worker, begun]
    uploads = dict.fromkeys((ROUTE, PREVIEW, IMPORT), settings.upload_max)
    rules, lengths, readings = access.rules(), bus.queue_lengths, _readings(bus)
    return Service("matcher", routers, resources, rules, security, lengths, readings, None, uploads)


def _readings(bus: Bus) -> Readings:
    return Readings(labelled_gauges={QUEUE_AGE: bus.queue_ages})


def _key_rate_limit(clock: Clock, settings: MatcherSettings) -> KeyRateLimit:
    # counted in this process: a PBX waits for the name, and Redis would double the time
    limiter = RateLimiter(LocalTokenBuckets(settings.limits_max), clock, settings)
    lookups = Rate("lookups", settings.lookups_max, 60)
    return KeyRateLimit(limiter, lookups, Rate("wrong-keys", settings.wrong_keys_max, 60))


SERVICE = ServiceDefinition("matcher", MatcherSettings, build)
