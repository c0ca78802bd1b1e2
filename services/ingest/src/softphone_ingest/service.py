"""Builds ingest: the only place here that constructs things."""

from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import Limits
from softphone_common.http.token_versions import Outdated
from softphone_common.process.clock import Clock, utc_now
from softphone_common.runtime.service import Resource, Service
from softphone_common.stores.mongo import Mongo
from softphone_common.stores.rate_limit import Limiter
from softphone_common.stores.redis import Redis
from softphone_common.stores.tenants import Tenants
from softphone_ingest.click_to_call.dialler import Dialler
from softphone_ingest.click_to_call.idempotency import Repeats
from softphone_ingest.click_to_call.links import DialLinks
from softphone_ingest.click_to_call.routes import DialApi
from softphone_ingest.devices import store as device_store
from softphone_ingest.devices.config import Dialects
from softphone_ingest.devices.routes import DeviceApi
from softphone_ingest.devices.sealing import Seal
from softphone_ingest.devices.store import DeviceMirror, DeviceStore
from softphone_ingest.hit_log import store as hit_store
from softphone_ingest.hit_log.recorder import Recorder
from softphone_ingest.hit_log.store import HitStore
from softphone_ingest.hits.key_rate_limit import Door
from softphone_ingest.hits.pipeline import Intake
from softphone_ingest.hits.routes import Api
from softphone_ingest.identity.resolver import Identities
from softphone_ingest.inspector.inspector import Inspector
from softphone_ingest.inspector.routes import HitApi
from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.settings import IngestSettings
from softphone_ingest.spool.spool import Spool
from softphone_ingest.tenants.activation import Codes
from softphone_ingest.tenants.routes import Administration
from softphone_ingest.tenants.store import TenantStore


async def build(settings: IngestSettings, clock: Clock = utc_now) -> Service:
    """The service, not started yet."""
    bus = Bus(settings, "ingest", essential=False)
    spool = Spool(bus, clock, settings)
    mongo = Mongo(settings, device_store.INDEXES | hit_store.INDEXES, essential=False)
    redis = Redis(settings, essential=False)
    store = DeviceStore(mongo.database)
    devices = DeviceMirror(store, bus, settings.mirror_seconds)
    known_tenants = Tenants(mongo.database, bus, settings.mirror_seconds)
    dialects = Dialects(load_all())
    seal = Seal(settings.auth_secret)
    codes = Codes(settings.activation_public_key)
    identities = Identities(redis, settings)
    hits = HitStore(mongo.database)
    recorder = Recorder(hits, bus, settings)
    intake = Intake(
        devices,
        known_tenants,
        dialects,
        identities,
        recorder,
        spool,
        seal,
        clock,
        settings.hit_time_seconds,
    )
    inspector = Inspector(hits, recorder, intake, dialects, bus, clock)
    batches = Limits(settings.batch_size, settings.batch_ms / 1000)
    bus.consume("ingest.match", inspector.on_matches, batches)
    links = DialLinks(mongo.database)
    repeats = Repeats(redis, settings.dial_key_seconds)
    dialler = Dialler(devices, dialects, links, repeats, identities, spool, clock)
    limiter = Limiter(redis, clock, settings)
    door = Door(intake, limiter, settings)
    routers = [
        Api(door, intake, settings.public_url).router,
        DialApi(dialler, links, known_tenants, clock).router,
        DeviceApi(store, devices, known_tenants, dialects, seal, bus, settings).router,
        HitApi(inspector, store, known_tenants, limiter, settings).router,
        Administration(TenantStore(mongo.database), known_tenants, codes, bus, clock).router,
    ]
    resources: list[Resource] = [mongo, redis, devices, known_tenants, bus, spool, recorder]
    return Service("ingest", routers, resources, Outdated(bus, settings.outdated_max))
