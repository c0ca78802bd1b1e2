"""Builds ingest: the only place here that constructs things."""

from datetime import timedelta

import typer

from softphone_common.access.access import Access
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.contracts.events import CallMatched
from softphone_common.process.clock import Clock, utc_now
from softphone_common.process.metrics import QUEUE_AGE
from softphone_common.runtime.registry import ServiceDefinition
from softphone_common.runtime.service import Readings, Resource, Service
from softphone_common.stores.mongo import Mongo
from softphone_common.stores.rate_limit import KeyRateLimit, Rate, RateLimiter
from softphone_common.stores.redis import Redis
from softphone_common.stores.token_buckets import LocalTokenBuckets, RedisTokenBuckets
from softphone_ingest import metrics
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
from softphone_ingest.hit_log.recorder import HitLimits, Recorder
from softphone_ingest.hit_log.store import MongoHitStore
from softphone_ingest.hits.pipeline import HitPipeline
from softphone_ingest.hits.routes import HitApi
from softphone_ingest.hits.tenant_shares import TenantShares
from softphone_ingest.identity.redis_memory import RedisCallMemory
from softphone_ingest.identity.resolver import CallIdResolver, IdentityPolicy
from softphone_ingest.inspector.device_list import DeviceListApi
from softphone_ingest.inspector.inspector import Inspector
from softphone_ingest.inspector.routes import InspectorApi, InspectorLimits
from softphone_ingest.inspector.test_call_routes import TestCallApi
from softphone_ingest.inspector.test_calls import TestCallLimits, TestCalls
from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.reseal_cli import app as reseal_app
from softphone_ingest.settings import IngestSettings
from softphone_ingest.spool.folder import SpoolFolder
from softphone_ingest.spool.spool import Spool
from softphone_ingest.tenants.activation import ActivationCodes
from softphone_ingest.tenants.activation_cli import app as activation_app
from softphone_ingest.tenants.activation_ends import ActivationEnds
from softphone_ingest.tenants.choice_routes import ChoiceApi
from softphone_ingest.tenants.dial_targets import DialTargets
from softphone_ingest.tenants.list_routes import TenantListApi
from softphone_ingest.tenants.number_routes import NumberApi
from softphone_ingest.tenants.routes import TenantApi
from softphone_ingest.tenants.store import MongoTenantStore


async def build(settings: IngestSettings, clock: Clock = utc_now) -> Service:
    """Builds the service without starting it."""
    bus = Bus(settings, "ingest", essential=False)
    mongo = Mongo(settings, device_store.INDEXES | hit_store.INDEXES, essential=False)
    redis, spool = Redis(settings, essential=False), _spool(settings, bus, clock)
    limiter = RateLimiter(RedisTokenBuckets(redis), clock, settings)
    store, seal = MongoDeviceStore(mongo.database), Seal(settings.sealing_keys)
    devices = DeviceCache(store, bus, settings.mirror_seconds)
    access = Access(mongo.database, bus, clock, settings)
    tenants = access.tenants
    configs, links = DeviceConfigs(load_all()), MongoDialLinks(mongo.database)
    resolver = CallIdResolver(RedisCallMemory(redis), _identity_policy(settings))
    keep, hits = timedelta(days=settings.hits_keep_days), MongoHitStore(mongo.database)
    recorder = Recorder(hits, bus, keep, _hit_limits(settings))
    rates, shares = _key_rate_limit(limiter, settings), _tenant_shares(clock, settings)
    pipeline = HitPipeline(
        devices, tenants.require, configs.of, rates, shares, resolver, spool, recorder, seal, clock
    )
    inspector = Inspector(hits, recorder, resolver, configs, bus, clock, keep, seal)
    tests = TestCalls(pipeline, spool, configs, seal, clock, limiter, _rings(settings))
    batches = BatchPolicy(settings.batch_size, settings.batch_ms / 1000)
    bus.consume("ingest.match", CallMatched, inspector.on_call_matched, batches)
    idempotency = RedisIdempotencyKeys(redis, settings.dial_key_seconds)
    targets, security = _dial_targets(settings, configs), SecurityLog(bus, clock, settings)
    dialler = Dialler(devices, configs, links, idempotency, resolver, spool, clock, targets)
    limits, tries = _device_limits(settings), _inspector_limits(settings)
    public_url, tenant_store = settings.public_url, MongoTenantStore(mongo.database)
    routers = [
        HitApi(pipeline, public_url).router,
        DialApi(dialler, links, targets, tenants, clock).router,
        DeviceApi(
            store, devices, tenants, configs, seal, security, bus, limits, targets, public_url
        ).router,
        DeviceListApi(store, hits).router,
        InspectorApi(inspector, store, tenants, limiter, tries, public_url).router,
        TestCallApi(tests, store, tenants, security, public_url).router,
        TenantApi(tenant_store, tenants, _codes(settings), targets, security, bus, clock).router,
        TenantListApi(tenants, tenant_store, clock, settings.page_max).router,
        NumberApi(tenants, limiter, settings.tries_max).router,
        ChoiceApi().router,
    ]
    caches: list[Resource] = [devices, *access.caches]
    resources: list[Resource] = [mongo, redis, *caches, bus, security, spool, recorder, tests]
    readings = _readings(spool, bus, ActivationEnds(tenants, clock))
    return Service(
        "ingest", routers, resources, access.rules(), security, bus.queue_lengths, readings
    )


def _readings(spool: Spool, bus: Bus, ends: ActivationEnds) -> Readings:
    return Readings(
        figures={"spool_depth": spool.depth, "spool_age_seconds": spool.age},
        gauges={
            metrics.SPOOL_DEPTH: spool.depth,
            metrics.SPOOL_BYTES: spool.size,
            metrics.SPOOL_AGE: spool.age,
        },
        labelled_gauges={QUEUE_AGE: bus.queue_ages, metrics.ACTIVATION_ENDS: ends.first},
    )


def _codes(settings: IngestSettings) -> ActivationCodes:
    return ActivationCodes(settings.activation_public_key)


def _spool(settings: IngestSettings, bus: Bus, clock: Clock) -> Spool:
    folder = SpoolFolder(settings.spool_dir, settings.spool_max)
    return Spool(bus, clock, folder, settings.spool_after_seconds)


def _dial_targets(settings: IngestSettings, configs: DeviceConfigs) -> DialTargets:
    presets = configs.presets.values()
    return DialTargets(settings.dial_hosts, (p.dial.link for p in presets if p.dial))


def _hit_limits(settings: IngestSettings) -> HitLimits:
    return HitLimits(
        settings.hits_waiting_max,
        settings.hits_waiting_bytes,
        settings.hits_device_max,
        settings.hits_device_bytes,
    )


def _device_limits(settings: IngestSettings) -> DeviceLimits:
    return DeviceLimits(settings.devices_max, settings.device_mapping_max)


def _inspector_limits(settings: IngestSettings) -> InspectorLimits:
    return InspectorLimits(settings.tries_max, settings.page_max, settings.device_mapping_max)


def _rings(settings: IngestSettings) -> TestCallLimits:
    return TestCallLimits(settings.test_calls_max, settings.test_call_seconds)


def _key_rate_limit(limiter: RateLimiter, settings: IngestSettings) -> KeyRateLimit:
    seconds = settings.hits_burst_seconds
    hits = Rate("hits", settings.hits_rate * seconds, seconds)
    return KeyRateLimit(limiter, hits, Rate("wrong-keys", settings.wrong_keys_max, 60))


def _tenant_shares(clock: Clock, settings: IngestSettings) -> TenantShares:
    alone = RateLimiter(LocalTokenBuckets(settings.limits_max), clock, settings)
    seconds = settings.hits_burst_seconds
    rate = Rate("tenant-hits", settings.hits_tenant_rate * seconds, seconds)
    at_once, waiting_max = settings.hits_tenant_at_once, settings.hits_tenant_waiting_max
    return TenantShares(alone, rate, at_once, waiting_max)


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
commands.add_typer(reseal_app)

SERVICE = ServiceDefinition("ingest", IngestSettings, build, commands)
