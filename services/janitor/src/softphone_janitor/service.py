"""Builds janitor from its settings; no other module of it constructs a resource."""

from datetime import timedelta

import typer

from softphone_common.access.access import Access
from softphone_common.audit.security_log import SecurityLog
from softphone_common.bus.bus import Bus
from softphone_common.bus.consumer import BatchPolicy
from softphone_common.contracts.events import CleanUpFinished
from softphone_common.process.clock import Clock, utc_now
from softphone_common.process.metrics import QUEUE_AGE
from softphone_common.runtime.registry import ServiceDefinition
from softphone_common.runtime.service import Readings, Resource, Service
from softphone_common.stores.mongo import Mongo
from softphone_janitor import metrics
from softphone_janitor.clean_up import store as sweep_store
from softphone_janitor.clean_up.due import SWEEP_HOUR
from softphone_janitor.clean_up.handlers import SweepHandlers
from softphone_janitor.clean_up.routes import SweepApi
from softphone_janitor.clean_up.schedule import Schedule
from softphone_janitor.clean_up.store import MongoSweepStore
from softphone_janitor.dead_letters import store as dead_letters
from softphone_janitor.dead_letters.cli import app as dead_letters_app
from softphone_janitor.dead_letters.routes import DeadLetterApi
from softphone_janitor.dead_letters.service import DeadLetterService
from softphone_janitor.dead_letters.store import MongoDeadLetterStore
from softphone_janitor.settings import JanitorSettings


async def build(settings: JanitorSettings, clock: Clock = utc_now) -> Service:
    """Returns the service, which `softphone_common.runtime` starts and stops."""
    bus = Bus(settings, "janitor")
    mongo = Mongo(settings, sweep_store.INDEXES | dead_letters.INDEXES)
    access = Access(mongo.database, bus, clock, settings)
    tenants = access.tenants
    sweeps = MongoSweepStore(mongo.database)
    sweep_handlers = SweepHandlers(sweeps, tenants, bus, clock, SWEEP_HOUR)
    bus.consume("janitor.sweep", CleanUpFinished, sweep_handlers.on_clean_up_finished)
    redis_url = settings.redis_url.get_secret_value()
    schedule = Schedule(redis_url, sweep_handlers.sweep_all_due, settings.sweep_check_seconds)
    security = SecurityLog(bus, clock, settings)
    api = SweepApi(sweeps, sweep_handlers, tenants, security, settings.page_max)
    letters = MongoDeadLetterStore(mongo.database, timedelta(days=settings.dead_letters_keep_days))
    letter_service = DeadLetterService(letters, bus, clock)
    letter_service.consume(BatchPolicy(settings.batch_size, settings.batch_ms / 1000))
    letter_api = DeadLetterApi(letters, letter_service, security, settings.page_max)
    routers = [api.router, letter_api.router]
    resources: list[Resource] = [mongo, *access.caches, schedule, bus, security]
    readings = _readings(letters, sweep_handlers, bus)
    return Service(
        "janitor", routers, resources, access.rules(), security, bus.queue_lengths, readings
    )


def _readings(letters: MongoDeadLetterStore, sweeps: SweepHandlers, bus: Bus) -> Readings:
    return Readings(
        figures={"dead_letters": letters.count_waiting},
        gauges={
            metrics.DEAD_LETTERS: letters.count_waiting,
            metrics.LAST_SWEEP: sweeps.last_finished,
            metrics.SWEEPS_OVERDUE: sweeps.count_overdue,
        },
        labelled_gauges={QUEUE_AGE: bus.queue_ages},
    )


commands = typer.Typer()
commands.add_typer(dead_letters_app)

SERVICE = ServiceDefinition("janitor", JanitorSettings, build, commands)
