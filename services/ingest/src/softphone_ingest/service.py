"""Builds ingest: the only place here that constructs things."""

from datetime import timedelta

import typer

from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.contracts.events import CallMatched
from softphone_common.http.token_versions import TokenVersions
from softphone_common.process.clock import Clock, utc_now
from softphone_common.runtime.registry import ServiceDefinition
from softphone_common.runtime.service import Resource, Service
from softphone_common.stores.mongo import Mongo
from softphone_common.stores.rate_limit import Rate, RateLimiter
from softphone_common.stores.redis import Redis
from softphone_common.stores.tenants import Tenants
from softphone_common.stores.token_buckets import RedisTokenBuckets
from softphone_ingest.click_to_call.dialler import Dialler
from softphone_ingest.click_to_call.idempotency import RedisIdempotencyKeys
from softphone_ingest.click_to_call.links import MongoDialLinks
from softphone_ingest.click_to_call.routes import DialApi
from softphone_ingest.devices import store as device_store
from softphone_ingest.devices.cache import DeviceCache
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.devices.routes import DeviceApi, DeviceLimits
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.devices.store import MongoDeviceStore
from softphone_ingest.hit_log import store as hit_store
from softphone_ingest.hit_log.recorder import Recorder
from softphone_ingest.hit_log.store import MongoHitStore
from softphone_ingest.hits.pipeline import HitPipeline, KeyRateLimit
from softphone_ingest.hits.routes import HitApi
from softphone_ingest.identity.redis_memory import RedisCallMemory
from softphone_ingest.identity.resolver import CallIdResolver, IdentityPolicy
from softphone_ingest.inspector.inspector import Inspector
from softphone_ingest.inspector.routes import InspectorApi, InspectorLimits
from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.settings import IngestSettings
from softphone_ingest.spool.folder import SpoolFolder
from softphone_ingest.spool.spool import Spool
from softphone_ingest.tenants.activation import ActivationCodes
from softphone_ingest.tenants.activation_cli import app as activation_app
from softphone_ingest.tenants.routes import TenantApi
from softphone_ingest.tenants.store import MongoTenantStore


async def build(settings: IngestSettings, clock: Clock = utc_now) -> Service:
    """Builds the service without starting it."""
    bus = Bus(settings, "ingest", essential=False)
    mongo = Mongo(settings, device_store.INDEXES | hit_store.INDEXES, essential=False)
    redis = Redis(settings, essential=False)
    spool_folder = SpoolFolder(settings.spool_dir, settings.spool_max)
    spool = Spool(bus, clock, spool_folder, settings.spool_after_seconds)
    limiter = RateLimiter(RedisTokenBuckets(redis), clock, settings)
    store = MongoDeviceStore(mongo.database)
    devices = DeviceCache(store, bus, settings.mirror_seconds)
    tenants = Tenants(mongo.database, bus, settings.mirror_seconds)
    configs = DeviceConfigs(load_all())
    seal = Seal(settings.auth_secret)
    resolver = CallIdResolver(RedisCallMemory(redis), _identity_policy(settings))
    keep, hits = timedelta(days=settings.hits_keep_days), MongoHitStore(mongo.database)
    recorder = Recorder(hits, bus, keep, settings.hits_waiting_max)
    rates = _key_rate_limit(limiter, settings)
    pipeline = HitPipeline(
        devices, tenants.require, configs.of, rates, resolver, spool, recorder, seal, clock
    )
    inspector = Inspector(hits, recorder, resolver, configs, bus, clock, keep)
    batches = BatchPolicy(settings.batch_size, settings.batch_ms / 1000)
    bus.consume("ingest.match", CallMatched, inspector.on_call_matched, batches)
    links = MongoDialLinks(mongo.database)
    idempotency = RedisIdempotencyKeys(redis, settings.dial_key_seconds)
    dialler = Dialler(devices, configs, links, idempotency, resolver, spool, clock)
    codes = ActivationCodes(settings.activation_public_key)
    device_limits = DeviceLimits(settings.devices_max, settings.device_mapping_max)
    public_url = settings.public_url
    routers = [
        HitApi(pipeline, public_url).router,
        DialApi(dialler, links, tenants, clock).router,
        DeviceApi(store, devices, tenants, configs, seal, bus, device_limits, public_url).router,
        InspectorApi(inspector, store, tenants, limiter, _inspector_limits(settings)).router,
        TenantApi(MongoTenantStore(mongo.database), tenants, codes, bus, clock).router,
    ]
    resources: list[Resource] = [mongo, redis, devices, tenants, bus, spool, recorder]
    return Service("ingest", routers, resources, TokenVersions(bus, settings.outdated_max))


def _inspector_limits(settings: IngestSettings) -> InspectorLimits:
    return InspectorLimits(settings.tries_max, settings.page_max, settings.device_mapping_max)


def _key_rate_limit(limiter: RateLimiter, settings: IngestSettings) -> KeyRateLimit:
    seconds = settings.hits_burst_seconds
    hits = Rate("hits", settings.hits_rate * seconds, seconds)
    return KeyRateLimit(limiter, hits, Rate("wrong-keys", settings.wrong_keys_max, 60))


def _identity_policy(settings: IngestSettings) -> IdentityPolicy:
    return IdentityPolicy(
        join_seconds=settings.dial_join_seconds,
        seconds=settings.identity_seconds,
        derived_seconds=settings.identity_derived_seconds,
        reuse_seconds=settings.identity_reuse_seconds,
        derived_reuse_seconds=settings.identity_derived_reuse_seconds,
        ring_seconds=settings.identity_ring_seconds,
        clock_skew_seconds=settings.hit_time_seconds,
    )


commands = typer.Typer()
commands.add_typer(activation_app)

SERVICE = ServiceDefinition("ingest", IngestSettings, build, commands)
