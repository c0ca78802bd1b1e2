"""Builds calllog from its settings; no other module of it constructs a resource."""

from datetime import timedelta

from softphone_calllog import calls, comments, sharings
from softphone_calllog.audit import store as audit_store
from softphone_calllog.audit.handlers import AuditHandlers
from softphone_calllog.audit.routes import AuditApi
from softphone_calllog.audit.store import MongoAuditStore
from softphone_calllog.calls import MongoCallStore
from softphone_calllog.comments import MongoCommentStore
from softphone_calllog.handlers import CallHandlers
from softphone_calllog.history.comment_changes import CommentChangesApi
from softphone_calllog.history.open_calls import OpenCalls
from softphone_calllog.history.readable_calls import ReadableCalls
from softphone_calllog.history.routes import CallApi
from softphone_calllog.key_filling import KeyFilling
from softphone_calllog.metrics import OPEN_CALLS
from softphone_calllog.missed.routes import MissedApi
from softphone_calllog.missed.store import MongoMissedMarks
from softphone_calllog.settings import CalllogSettings
from softphone_calllog.sharings import MongoRecordSharings
from softphone_calllog.sweeper import Sweeper
from softphone_common.access.access import Access
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.contracts.events import (
    AuditRecorded,
    CallMatched,
    CallObserved,
    NumbersMatched,
    RecordShared,
)
from softphone_common.process.clock import Clock, utc_now
from softphone_common.process.metrics import QUEUE_AGE
from softphone_common.runtime.registry import ServiceDefinition
from softphone_common.runtime.service import Readings, Resource, Service
from softphone_common.stores.mongo import Mongo
from softphone_common.stores.rate_limit import RateLimiter
from softphone_common.stores.redis import Redis
from softphone_common.stores.token_buckets import RedisTokenBuckets
from softphone_common.stores.users import MongoUserReader, UserCache


async def build(settings: CalllogSettings, clock: Clock = utc_now) -> Service:
    """Returns the service, which `softphone_common.runtime` starts and stops."""
    bus = Bus(settings, "calllog")
    indexes = calls.INDEXES | comments.INDEXES | sharings.INDEXES | audit_store.INDEXES
    mongo = Mongo(settings, indexes)
    redis = Redis(settings, essential=False)
    access = Access(mongo.database, bus, clock, settings)
    tenants = access.tenants
    users = UserCache(MongoUserReader(mongo.database), bus, settings.mirror_seconds)
    security = SecurityLog(bus, clock, settings)
    call_store = MongoCallStore(mongo.database)
    comment_store = MongoCommentStore(mongo.database)
    sweeper = Sweeper(call_store, settings)
    stores = call_store, comment_store, MongoRecordSharings(mongo.database)
    handlers = CallHandlers(*stores, sweeper, security, bus, clock)
    batches = BatchPolicy(settings.batch_size, settings.batch_ms / 1000)
    bus.consume("calllog.call", (CallObserved, CallMatched), handlers.on_calls, batches)
    # after the calls: an import of an address book changes the records of many numbers
    bus.consume("calllog.number", NumbersMatched, handlers.on_numbers_matched)
    bus.consume("calllog.record", RecordShared, handlers.on_records_shared)
    # a queue of its own: a long sweep must not hold up the calls
    bus.consume("calllog.clean-up", CleanUpRequested, handlers.on_clean_up_requested)
    filling = KeyFilling(*stores, settings.mirror_seconds)
    limiter = RateLimiter(RedisTokenBuckets(redis), clock, settings)
    readable = ReadableCalls(call_store, settings.page_max)
    api = CallApi(
        call_store, readable, comment_store, tenants, users, security, limiter, bus, clock, settings
    )
    changes = CommentChangesApi(
        call_store, readable, comment_store, security, limiter, bus, clock, settings
    )
    missed = MissedApi(call_store, MongoMissedMarks(mongo.database), clock)
    entries = MongoAuditStore(mongo.database, timedelta(days=settings.audit_keep_days))
    bus.consume("calllog.audit", AuditRecorded, AuditHandlers(entries).on_audit_recorded, batches)
    audit = AuditApi(entries, users, security, settings)
    resources: list[Resource] = [mongo, redis, *access.caches, users, bus, security, filling]
    routers = [missed.router, api.router, changes.router, audit.router]
    ages = {QUEUE_AGE: bus.queue_ages}
    ages[OPEN_CALLS] = OpenCalls(mongo.database, tenants, clock).count
    rules, lengths, readings = access.rules(), bus.queue_lengths, Readings(labelled_gauges=ages)
    return Service("calllog", routers, resources, rules, security, lengths, readings)


SERVICE = ServiceDefinition("calllog", CalllogSettings, build)
