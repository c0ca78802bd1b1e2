"""Builds matcher from its settings; no other module of it constructs a resource."""

from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.contracts.events import CallObserved
from softphone_common.http.token_versions import TokenVersions
from softphone_common.process.clock import Clock, utc_now
from softphone_common.runtime.registry import ServiceDefinition
from softphone_common.runtime.service import Service
from softphone_common.stores.mongo import Mongo
from softphone_common.stores.tenants import Tenants
from softphone_matcher.directory import INDEXES, MongoDirectory
from softphone_matcher.handlers import MatchHandlers
from softphone_matcher.routes import DirectoryApi
from softphone_matcher.settings import MatcherSettings


async def build(settings: MatcherSettings, clock: Clock = utc_now) -> Service:
    """Returns the service, which `softphone_common.runtime` starts and stops."""
    bus = Bus(settings, "matcher")
    mongo = Mongo(settings, INDEXES)
    directory = MongoDirectory(mongo.database, settings.matches_max)
    tenants = Tenants(mongo.database, bus, settings.mirror_seconds)
    handlers = MatchHandlers(directory, bus, clock)
    # no waiting for a full batch: the popup shows a bare number until the match is there
    policy = BatchPolicy(settings.batch_size, batch_seconds=0)
    bus.consume("matcher.call", CallObserved, handlers.on_call_observed, policy)
    api = DirectoryApi(directory, tenants.require, settings)
    token_versions = TokenVersions(bus, settings.outdated_max)
    return Service("matcher", [api.router], [mongo, tenants, bus], token_versions)


SERVICE = ServiceDefinition("matcher", MatcherSettings, build)
