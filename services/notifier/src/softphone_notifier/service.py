"""Builds the notifier service from its settings."""

from datetime import timedelta

from softphone_common.bus.bus import Bus
from softphone_common.http.auth import Tokens
from softphone_common.process.clock import Clock, utc_now
from softphone_common.runtime.registry import ServiceDefinition
from softphone_common.runtime.service import Service
from softphone_common.stores.mongo import Mongo
from softphone_common.stores.rate_limit import RateLimiter
from softphone_common.stores.redis import Redis
from softphone_common.stores.tenants import MongoTenantReader
from softphone_common.stores.token_buckets import RedisTokenBuckets
from softphone_notifier.accounts import login_sessions, users
from softphone_notifier.accounts.first_operator import FirstOperator
from softphone_notifier.accounts.login_sessions import MongoLoginSessions
from softphone_notifier.accounts.login_throttle import LoginThrottle
from softphone_notifier.accounts.seats import Seats
from softphone_notifier.accounts.session_routes import SessionApi
from softphone_notifier.accounts.user_routes import UserApi
from softphone_notifier.accounts.users import MongoUserStore, UserCache
from softphone_notifier.live.handshake_limit import HandshakeLimit
from softphone_notifier.live.hit_subscriptions import HitSubscriptions
from softphone_notifier.live.hub import Hub
from softphone_notifier.live.websocket_route import WebsocketRoute
from softphone_notifier.origins import Origins
from softphone_notifier.page import Page
from softphone_notifier.settings import NotifierSettings


async def build(settings: NotifierSettings, clock: Clock = utc_now) -> Service:
    """The service, not started yet."""
    bus = Bus(settings, "notifier")
    mongo = Mongo(settings, users.INDEXES | login_sessions.INDEXES, essential=False)
    redis = Redis(settings, essential=False)
    throttle = LoginThrottle(RateLimiter(RedisTokenBuckets(redis), clock, settings), settings)
    origins = Origins(settings.origins)
    tokens = Tokens(settings.auth_secret, clock)
    user_store = MongoUserStore(mongo.database)
    user_cache = UserCache(user_store, bus, settings.mirror_seconds)
    seats = Seats(user_store, MongoTenantReader(mongo.database))
    sessions = MongoLoginSessions(mongo.database, timedelta(seconds=settings.session_seconds))
    hub = Hub(bus, user_cache, clock, settings)
    routers = [
        Page().router,
        SessionApi(user_store, sessions, throttle, origins, tokens, clock, settings).router,
        UserApi(user_store, seats, user_cache, sessions, bus, settings).router,
        WebsocketRoute(
            origins,
            HandshakeLimit(settings),
            hub,
            HitSubscriptions(bus),
            user_cache,
            tokens,
            clock,
            settings,
        ).router,
    ]
    operator = FirstOperator(user_store, settings.operator_password)
    return Service(
        "notifier",
        routers,
        [mongo, redis, user_cache, operator, bus, hub],
        user_cache.is_token_outdated,
    )


SERVICE = ServiceDefinition("notifier", NotifierSettings, build)
