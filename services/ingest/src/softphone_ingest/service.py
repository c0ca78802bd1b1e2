"""Builds ingest: the only place here that constructs things."""

from softphone_common.bus.rabbit import Bus
from softphone_common.clock import Clock, utc_now
from softphone_common.mongo import Mongo
from softphone_common.redis import Redis
from softphone_common.service import Service
from softphone_common.tenants import Tenants
from softphone_ingest.administration import Administration
from softphone_ingest.api import Api
from softphone_ingest.devices import INDEXES, DeviceMirror, DeviceStore
from softphone_ingest.dial import Dialler
from softphone_ingest.identity import Identities
from softphone_ingest.intake import Intake
from softphone_ingest.settings import IngestSettings
from softphone_ingest.tenants import TenantStore


async def build(settings: IngestSettings, clock: Clock = utc_now) -> Service:
    """The service, not started yet."""
    bus = Bus(settings, "ingest")
    mongo = Mongo(settings, INDEXES, essential=False)
    redis = Redis(settings, essential=False)
    device_store = DeviceStore(mongo.database)
    devices = DeviceMirror(device_store, bus, settings.mirror_seconds)
    known_tenants = Tenants(mongo.database, bus, settings.mirror_seconds)
    identities = Identities(redis, settings)
    intake = Intake(devices, known_tenants, identities, bus, clock)
    administration = Administration(
        device_store,
        devices,
        TenantStore(mongo.database),
        known_tenants,
        bus,
        settings.devices_max,
    )
    routers = [
        Api(intake, Dialler(bus, identities, clock), known_tenants).router,
        administration.router,
    ]
    return Service("ingest", routers, [mongo, redis, devices, known_tenants, bus])
