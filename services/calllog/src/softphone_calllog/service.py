"""Builds calllog from its settings; no other module of it constructs a resource."""

from softphone_calllog import calls, comments
from softphone_calllog.calls import MongoCallStore
from softphone_calllog.comments import MongoCommentStore
from softphone_calllog.handlers import CallHandlers
from softphone_calllog.routes import CallApi
from softphone_calllog.settings import CalllogSettings
from softphone_calllog.sweeper import Sweeper
from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.contracts.events import CallMatched, CallObserved
from softphone_common.http.token_versions import TokenVersions
from softphone_common.process.clock import Clock, utc_now
from softphone_common.runtime.registry import ServiceDefinition
from softphone_common.runtime.service import Service
from softphone_common.stores.mongo import Mongo
from softphone_common.stores.tenants import Tenants


async def build(settings: CalllogSettings, clock: Clock = utc_now) -> Service:
    """Returns the service, which `softphone_common.runtime` starts and stops."""
    bus = Bus(settings, "calllog")
    mongo = Mongo(settings, calls.INDEXES | comments.INDEXES)
    tenants = Tenants(mongo.database, bus, settings.mirror_seconds)
    call_store = MongoCallStore(mongo.database)
    handlers = CallHandlers(call_store, Sweeper(call_store, settings), bus, clock)
    batches = BatchPolicy(settings.batch_size, settings.batch_ms / 1000)
    bus.consume("calllog.call", (CallObserved, CallMatched), handlers.on_calls, batches)
    # a queue of its own: a long sweep must not hold up the calls
    bus.consume("calllog.clean-up", CleanUpRequested, handlers.on_clean_up_requested)
    comment_store = MongoCommentStore(mongo.database)
    api = CallApi(call_store, comment_store, tenants, bus, clock, settings)
    token_versions = TokenVersions(bus, settings.outdated_max)
    return Service("calllog", [api.router], [mongo, tenants, bus], token_versions)


SERVICE = ServiceDefinition("calllog", CalllogSettings, build)
